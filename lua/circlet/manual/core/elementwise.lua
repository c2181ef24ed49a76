--- Maths element by element: core/ops/elementwise.c. Nobody runs this file; it is the manual.
-- @module circlet

---
-- `circlet.f(x)` makes a new tensor, `circlet.f(result, x)` fills the given one, x:f() changes x and
-- `result:f(x)` fills result. A result is resized, and may overlap x in any way.
-- @deffamily unary
-- @param x circlet.Tensor of any size and type; a result tensor may stand in front of it
-- @return circlet.Tensor result of x's type and size
-- @error Raises where the operation has no meaning for integer types (those compute in integers; the functions of real numbers take Float and Double), and for what is no tensor.
-- @method works in place

---
-- `circlet.f(x, ...)` makes a new tensor, `circlet.f(result, x, ...)` fills the given one, `x:f(...)`
-- changes x. Sizes must be equal: there is no broadcasting, `expand` first. Integer types wrap
-- around.
-- @deffamily elementwise
-- @return circlet.Tensor result of x's type and size
-- @error Raises for tensors of different sizes or types, naming both; for a number with a fraction beside an integer tensor; for an integer division by zero (nothing has been written then).
-- @method works in place

---
-- The result holds 1 where it is true and 0 elsewhere: a new ByteTensor, for the method too, or a
-- result tensor given in front (Byte, or of x's type). Numbers are compared exactly with integers.
-- @deffamily comparison
-- @param x circlet.Tensor of any type
-- @param y circlet.Tensor|number of x's size and type, or a number
-- @return circlet.ByteTensor mask of x's size
-- @error Raises for tensors of different sizes or types.
-- @method gives a new ByteTensor

--- The absolute value.
-- @family unary
-- @example
-- circlet.abs(circlet.Tensor { -1.5, 2 })    --> {1.5, 2}
function circlet.abs(x) end

--- Minus each element.
-- @family unary
-- @example
-- circlet.neg(circlet.Tensor { -1.5, 2 })    --> {1.5, -2}
function circlet.neg(x) end

--- -1, 0 or 1 by the sign of each element.
-- @family unary
-- @example
-- circlet.sign(circlet.Tensor { -1.5, 0, 2 })    --> {-1, 0, 1}
function circlet.sign(x) end

--- The least whole number that is not below each element.
-- @family unary
-- @example
-- circlet.ceil(circlet.Tensor { -1.5, 1.2 })    --> {-1, 2}
function circlet.ceil(x) end

--- The greatest whole number that is not above each element.
-- @family unary
-- @example
-- circlet.floor(circlet.Tensor { -1.5, 1.2 })    --> {-2, 1}
function circlet.floor(x) end

--- The nearest whole number.
-- @family unary
-- @example
-- circlet.round(circlet.Tensor { -1.4, 1.6 })    --> {-1, 2}
function circlet.round(x) end

--- Each element without its fraction, towards zero.
-- @family unary
-- @example
-- circlet.trunc(circlet.Tensor { -1.5, 1.2 })    --> {-1, 1}
function circlet.trunc(x) end

--- The fraction of each element, with its sign.
-- @family unary
-- @example
-- circlet.frac(circlet.Tensor { -1.5, 1.25 })    --> {-0.5, 0.25}
function circlet.frac(x) end

--- The square root; NaN for what is negative.
-- @family unary
-- @example
-- circlet.sqrt(circlet.Tensor { 4, 9 })    --> {2, 3}
function circlet.sqrt(x) end

--- One over the square root.
-- @family unary
-- @example
-- circlet.rsqrt(circlet.Tensor { 4, 16 })    --> {0.5, 0.25}
function circlet.rsqrt(x) end

--- One over each element.
-- @family unary
-- @example
-- circlet.cinv(circlet.Tensor { 4, -2 })    --> {0.25, -0.5}
function circlet.cinv(x) end

--- e to the power of each element.
-- @family unary
-- @example
-- circlet.exp(circlet.Tensor { 0, 1 })    --> {1, 2.718}
function circlet.exp(x) end

--- The natural logarithm; -inf for 0, NaN below.
-- @family unary
-- @example
-- circlet.log(circlet.Tensor { 1, 10 })    --> {0, 2.303}
function circlet.log(x) end

--- log(1 + x), without losing the digits of a small x.
-- @family unary
-- @example
-- circlet.log1p(circlet.DoubleTensor { 0, 1e-9 })    --> {0, 1e-9}
function circlet.log1p(x) end

--- The sine of an angle in radians.
-- @family unary
-- @example
-- circlet.sin(circlet.Tensor { 0, math.pi / 2 })    --> {0, 1}
function circlet.sin(x) end

--- The cosine of an angle in radians.
-- @family unary
-- @example
-- circlet.cos(circlet.Tensor { 0, math.pi })    --> {1, -1}
function circlet.cos(x) end

--- The tangent of an angle in radians.
-- @family unary
-- @example
-- circlet.tan(circlet.Tensor { 0, math.pi / 4 })    --> {0, 1.0}
function circlet.tan(x) end

--- The angle in [-pi/2, pi/2] whose sine each element is; NaN outside of [-1, 1].
-- @family unary
-- @example
-- circlet.asin(circlet.Tensor { 0, 1 })    --> {0, 1.571}
function circlet.asin(x) end

--- The angle in [0, pi] whose cosine each element is; NaN outside of [-1, 1].
-- @family unary
-- @example
-- circlet.acos(circlet.Tensor { 1, -1 })    --> {0, 3.142}
function circlet.acos(x) end

--- The angle in (-pi/2, pi/2) whose tangent each element is.
-- @family unary
-- @example
-- circlet.atan(circlet.Tensor { 0, 1 })    --> {0, 0.785}
function circlet.atan(x) end

--- The hyperbolic sine.
-- @family unary
-- @example
-- circlet.sinh(circlet.Tensor { 0, 1 })    --> {0, 1.175}
function circlet.sinh(x) end

--- The hyperbolic cosine.
-- @family unary
-- @example
-- circlet.cosh(circlet.Tensor { 0, 1 })    --> {1, 1.543}
function circlet.cosh(x) end

--- The hyperbolic tangent.
-- @family unary
-- @example
-- circlet.tanh(circlet.Tensor { 0, 1 })    --> {0, 0.7616}
function circlet.tanh(x) end

--- 1 / (1 + exp(-x)).
-- @family unary
-- @example
-- circlet.sigmoid(circlet.Tensor { 0, 1 })    --> {0.5, 0.7311}
function circlet.sigmoid(x) end

--- x plus a number, x plus y, or x plus a factor times y: `add(x, 2)`, `add(x, y)`, `add(x, 2, y)`.
-- @param x circlet.Tensor of any type
-- @param value number|circlet.Tensor what is added; a factor when y follows
-- @param y? circlet.Tensor of x's size and type
-- @family elementwise
-- @example
-- local x, y = circlet.Tensor { 1, 2 }, circlet.Tensor { 10, 20 }
-- circlet.add(x, 0.5)       --> {1.5, 2.5}
-- x:add(2, y)               --> {21, 42}
function circlet.add(x, value, y) end

--- x minus a number, x minus y, or x minus a factor times y.
-- @param x circlet.Tensor of any type
-- @param value number|circlet.Tensor what is taken off; a factor when y follows
-- @param y? circlet.Tensor of x's size and type
-- @family elementwise
-- @example
-- circlet.csub(circlet.Tensor { 5, 6 }, 2, circlet.Tensor { 1, 2 })    --> {3, 2}
function circlet.csub(x, value, y) end

--- x times a number. (Tensor times tensor, element by element: cmul.)
-- @param x circlet.Tensor of any type
-- @param factor number
-- @family elementwise
-- @example
-- circlet.mul(circlet.Tensor { 1, 2 }, 3)    --> {3, 6}
function circlet.mul(x, factor) end

--- x over a number; integer types cut the fraction off.
-- @param x circlet.Tensor of any type
-- @param divisor number
-- @family elementwise
-- @example
-- circlet.div(circlet.Tensor { 3, 5 }, 2)        --> {1.5, 2.5}
-- circlet.div(circlet.LongTensor { 3, -5 }, 2)   --> {1, -2}
function circlet.div(x, divisor) end

--- What a division leaves, with the sign of x.
-- @param x circlet.Tensor of any type
-- @param divisor number
-- @family elementwise
-- @example
-- circlet.fmod(circlet.Tensor { 5, -5 }, 3)    --> {2, -2}
function circlet.fmod(x, divisor) end

--- What a division leaves, with the sign of the divisor, as Lua's %.
-- @param x circlet.Tensor of any type
-- @param divisor number
-- @family elementwise
-- @example
-- circlet.remainder(circlet.Tensor { 5, -5 }, 3)    --> {2, 1}
function circlet.remainder(x, divisor) end

--- x to the power of a number, `pow(x, 2)`, or a number to the power of x, `pow(2, x)`.
-- @param x circlet.Tensor|number
-- @param exponent number|circlet.Tensor
-- @family elementwise
-- @example
-- circlet.pow(circlet.Tensor { 2, 3 }, 2)    --> {4, 9}
-- circlet.pow(2, circlet.Tensor { 2, 3 })    --> {4, 8}
function circlet.pow(x, exponent) end

--- x times y, element by element.
-- @param x circlet.Tensor of any type
-- @param y circlet.Tensor of x's size and type
-- @family elementwise
-- @example
-- circlet.cmul(circlet.Tensor { 2, 3 }, circlet.Tensor { 4, 5 })    --> {8, 15}
function circlet.cmul(x, y) end

--- x over y, element by element.
-- @param x circlet.Tensor of any type
-- @param y circlet.Tensor of x's size and type
-- @family elementwise
-- @example
-- circlet.cdiv(circlet.Tensor { 8, 3 }, circlet.Tensor { 4, 2 })    --> {2, 1.5}
function circlet.cdiv(x, y) end

--- fmod, element by element: the sign is x's.
-- @param x circlet.Tensor of any type
-- @param y circlet.Tensor of x's size and type
-- @family elementwise
-- @example
-- circlet.cfmod(circlet.Tensor { 5, -5 }, circlet.Tensor { 3, 3 })    --> {2, -2}
function circlet.cfmod(x, y) end

--- remainder, element by element: the sign is y's.
-- @param x circlet.Tensor of any type
-- @param y circlet.Tensor of x's size and type
-- @family elementwise
-- @example
-- circlet.cremainder(circlet.Tensor { 5, -5 }, circlet.Tensor { 3, 3 })    --> {2, 1}
function circlet.cremainder(x, y) end

--- x to the power of y, element by element.
-- @param x circlet.Tensor of any type
-- @param y circlet.Tensor of x's size and type
-- @family elementwise
-- @example
-- circlet.cpow(circlet.Tensor { 2, 3 }, circlet.Tensor { 3, 2 })    --> {8, 9}
function circlet.cpow(x, y) end

--- The angle of the point (y, x), in (-pi, pi]: `atan2(y, x)`.
-- @param y circlet.Tensor Float or Double
-- @param x circlet.Tensor of y's size and type
-- @family elementwise
-- @example
-- circlet.atan2(circlet.Tensor { 1, 0 }, circlet.Tensor { 0, -1 })    --> {1.571, 3.142}
function circlet.atan2(y, x) end

--- The greater of x and y, element by element; y may be a number.
-- @param x circlet.Tensor of any type
-- @param y circlet.Tensor|number
-- @family elementwise
-- @example
-- circlet.cmax(circlet.Tensor { 1, -2 }, 0)    --> {1, 0}
function circlet.cmax(x, y) end

--- The lesser of x and y, element by element; y may be a number.
-- @param x circlet.Tensor of any type
-- @param y circlet.Tensor|number
-- @family elementwise
-- @example
-- circlet.cmin(circlet.Tensor { 1, -2 }, 0)    --> {0, -2}
function circlet.cmin(x, y) end

--- x + factor * y * z: `addcmul(x, [factor,] y, z)`.
-- @param x circlet.Tensor of any type
-- @param factor? number 1 by default; it may be left out from the middle
-- @param y circlet.Tensor of x's size and type
-- @param z circlet.Tensor of x's size and type
-- @family elementwise
-- @example
-- local x, y = circlet.Tensor { 1, 1 }, circlet.Tensor { 2, 3 }
-- circlet.addcmul(x, y, y)       --> {5, 10}
-- circlet.addcmul(x, 2, y, y)    --> {9, 19}
function circlet.addcmul(x, factor, y, z) end

--- x + factor * y / z: `addcdiv(x, [factor,] y, z)`.
-- @param x circlet.Tensor of any type
-- @param factor? number 1 by default; it may be left out from the middle
-- @param y circlet.Tensor of x's size and type
-- @param z circlet.Tensor of x's size and type
-- @family elementwise
-- @example
-- circlet.addcdiv(circlet.Tensor { 1 }, 2, circlet.Tensor { 3 }, circlet.Tensor { 4 })    --> {2.5}
function circlet.addcdiv(x, factor, y, z) end

--- x + weight * (y - x).
-- @param x circlet.Tensor Float or Double
-- @param y circlet.Tensor of x's size and type
-- @param weight number 0 gives x, 1 gives y
-- @family elementwise
-- @example
-- circlet.lerp(circlet.Tensor { 0, 10 }, circlet.Tensor { 4, 20 }, 0.25)    --> {1, 12.5}
function circlet.lerp(x, y, weight) end

--- Each element held within [low, high].
-- @param x circlet.Tensor of any type
-- @param low number
-- @param high number
-- @family elementwise
-- @example
-- circlet.clamp(circlet.Tensor { -3, 0.5, 3 }, -1, 1)    --> {-1, 0.5, 1}
function circlet.clamp(x, low, high) end

--- Where x is less than y.
-- @family comparison
-- @example
-- circlet.lt(circlet.Tensor { 1, 2, 3 }, 2)    --> {1, 0, 0}
function circlet.lt(x, y) end

--- Where x is at most y.
-- @family comparison
-- @example
-- circlet.le(circlet.Tensor { 1, 2, 3 }, 2)    --> {1, 1, 0}
function circlet.le(x, y) end

--- Where x is greater than y.
-- @family comparison
-- @example
-- circlet.gt(circlet.Tensor { 1, 2, 3 }, 2)    --> {0, 0, 1}
function circlet.gt(x, y) end

--- Where x is at least y.
-- @family comparison
-- @example
-- circlet.ge(circlet.Tensor { 1, 2, 3 }, 2)    --> {0, 1, 1}
function circlet.ge(x, y) end

--- Where x equals y.
-- @family comparison
-- @example
-- circlet.eq(circlet.Tensor { 1, 2, 3 }, 2)    --> {0, 1, 0}
function circlet.eq(x, y) end

--- Where x differs from y.
-- @family comparison
-- @example
-- circlet.ne(circlet.Tensor { 1, 2, 3 }, 2)    --> {1, 0, 1}
function circlet.ne(x, y) end

--- Lua functions over elements: x:apply(f) puts f(element) in place of each element, in row order.
-- @param f function gets an element, gives the new one; nil leaves it as it is
-- @return circlet.Tensor self
-- @error Raises what f raises, and for what f returns that is neither number nor nil.
-- @example
-- circlet.Tensor { 1, 2, 3 }:apply(function(v) return v > 1 and v * 10 or nil end)    --> {1, 20, 30}
function Tensor:apply(f) end

--- Puts f(element of x, element of y) in place of each element of x.
-- @param y circlet.Tensor of x's size, of any type
-- @param f function
-- @return circlet.Tensor self
-- @error Raises for tensors of different sizes, and what f raises.
-- @example
-- circlet.Tensor { 1, 2 }:map(circlet.Tensor { 3, 4 }, function(a, b) return a * b end)    --> {3, 8}
function Tensor:map(y, f) end

--- Puts f(element of x, of y, of z) in place of each element of x.
-- @param y circlet.Tensor of x's size, of any type
-- @param z circlet.Tensor of x's size, of any type
-- @param f function
-- @return circlet.Tensor self
-- @error Raises for tensors of different sizes, and what f raises.
-- @example
-- local x = circlet.Tensor { 1, 2 }
-- x:map2(x, x, function(a, b, c) return a + b + c end)    --> {3, 6}
function Tensor:map2(y, z, f) end
