--- Reductions and orderings: core/ops/reduce.c, measure.c, order.c. Nobody runs this file; it is the
-- manual.
-- @module circlet

---
-- Without a dimension the result is a number; with one a tensor that keeps the dimension with size
-- 1. `result:f(x, dim)` and `circlet.f(result, x, dim)` fill result. Real types sum in double,
-- integer types in 64 bits; the bits do not depend on the number of threads. NaN spreads.
-- @deffamily reduction
-- @return number|circlet.Tensor result of x's type
-- @error Raises for a dimension that x does not have, and for a result that Int or Byte cannot hold.
-- @method gives a new tensor or a number

---
-- Gives values and positions, both with the dimension kept; values:f(indices, x, ...) fills two
-- given ones. The dimension is the last one unless told. NaN counts as greater than every number.
-- @deffamily order
-- @return circlet.Tensor values of x's type
-- @return circlet.LongTensor indices positions along the dimension, from 1
-- @error Raises for a dimension that x does not have, and for a k outside of 1..size.
-- @method gives new tensors

--- The sum of all elements, or along a dimension. Of nothing: 0.
-- @param x circlet.Tensor of any type
-- @param dim? integer from 1
-- @family reduction
-- @example
-- local x = circlet.Tensor { { 1, 2 }, { 3, 4 } }
-- x:sum()      --> 10
-- x:sum(1)     --> {{4, 6}}
function circlet.sum(x, dim) end

--- The product of all elements, or along a dimension. Of nothing: 1.
-- @param x circlet.Tensor of any type
-- @param dim? integer from 1
-- @family reduction
-- @example
-- circlet.Tensor({ { 1, 2 }, { 3, 4 } }):prod(2)    --> {{2}, {12}}
function circlet.prod(x, dim) end

--- The mean of all elements, or along a dimension.
-- @param x circlet.Tensor Float or Double, not empty
-- @param dim? integer from 1
-- @family reduction
-- @example
-- circlet.Tensor({ { 1, 2 }, { 3, 4 } }):mean()    --> 2.5
function circlet.mean(x, dim) end

--- The variance, divided by n - 1, or by n when `biased`: `var(x [, dim] [, biased])`.
-- @param x circlet.Tensor Float or Double, not empty
-- @param dim? integer from 1
-- @param biased? boolean false by default
-- @family reduction
-- @example
-- circlet.Tensor({ 1, 2, 3 }):var()        --> 1
-- circlet.Tensor({ 1, 2, 3 }):var(true)    --> 0.667
function circlet.var(x, dim, biased) end

--- The standard deviation, the root of var: `std(x [, dim] [, biased])`.
-- @param x circlet.Tensor Float or Double, not empty
-- @param dim? integer from 1
-- @param biased? boolean false by default
-- @family reduction
-- @example
-- circlet.Tensor({ { 1, 2, 3 }, { 2, 4, 6 } }):std(2)    --> {{1}, {2}}
function circlet.std(x, dim, biased) end

--- The p-norm, (sum |x|^p)^(1/p): `norm(x [, p [, dim]])`. p = 0 counts what is not 0, math.huge gives
-- the greatest |x|.
-- @param x circlet.Tensor Float or Double
-- @param p? number 2 by default
-- @param dim? integer from 1
-- @family reduction
-- @example
-- circlet.Tensor({ 3, 4 }):norm()                    --> 5
-- circlet.Tensor({ { 3, 4 }, { 0, 1 } }):norm(1, 2)  --> {{7}, {1}}
function circlet.norm(x, p, dim) end

--- The greatest element; with a dimension, the greatest along it and where it is (the first of
-- equals). values:max(indices, x, dim) fills two given tensors.
-- @param x circlet.Tensor of any type, not empty
-- @param dim? integer from 1
-- @return number|circlet.Tensor values NaN beats every number
-- @return circlet.LongTensor indices with a dimension only
-- @error Raises for an empty tensor and a dimension that x does not have.
-- @method gives a number or new tensors
-- @example
-- local values, indices = circlet.Tensor({ { 1, 5 }, { 7, 2 } }):max(2)
-- values, indices                               --> {{5}, {7}}  {{2}, {1}}
-- circlet.max(circlet.Tensor { 1, 5 })          --> 5
function circlet.max(x, dim) end

--- The least element; with a dimension, the least along it and where it is (the first of equals).
-- @param x circlet.Tensor of any type, not empty
-- @param dim? integer from 1
-- @return number|circlet.Tensor values NaN beats every number
-- @return circlet.LongTensor indices with a dimension only
-- @error Raises for an empty tensor and a dimension that x does not have.
-- @method gives a number or new tensors
-- @example
-- circlet.min(circlet.Tensor { { 1, 5 }, { 7, 2 } }, 1)    --> {{1, 2}}  {{1, 2}}
function circlet.min(x, dim) end

--- Sums up to each element, along a dimension.
-- @param x circlet.Tensor of any type
-- @param dim? integer 1 by default
-- @return circlet.Tensor result of x's type and size
-- @error Raises for a dimension that x does not have.
-- @method gives a new tensor
-- @example
-- circlet.cumsum(circlet.Tensor { 1, 2, 3 })    --> {1, 3, 6}
function circlet.cumsum(x, dim) end

--- Products up to each element, along a dimension.
-- @param x circlet.Tensor of any type
-- @param dim? integer 1 by default
-- @return circlet.Tensor result of x's type and size
-- @error Raises for a dimension that x does not have.
-- @method gives a new tensor
-- @example
-- circlet.cumprod(circlet.Tensor { 1, 2, 3 })    --> {1, 2, 6}
function circlet.cumprod(x, dim) end

--- The p-norm of x - y.
-- @param x circlet.Tensor Float or Double
-- @param y circlet.Tensor of x's size and type
-- @param p? number 2 by default
-- @return number distance
-- @error Raises for tensors of different sizes or types.
-- @method
-- @example
-- circlet.dist(circlet.Tensor { 1, 1 }, circlet.Tensor { 4, 5 })    --> 5
function circlet.dist(x, y, p) end

--- The sum of a matrix's diagonal.
-- @param x circlet.Tensor [n, m]
-- @return number sum
-- @error Raises for what is no matrix.
-- @method
-- @example
-- circlet.trace(circlet.Tensor { { 1, 2 }, { 3, 4 } })    --> 5
function circlet.trace(x) end

--- Slices along `dim` whose p-norm is above maxnorm, shortened to it.
-- @param x circlet.Tensor Float or Double
-- @param p number
-- @param dim integer from 1: slices are x:select(dim, i)
-- @param maxnorm number
-- @return circlet.Tensor result of x's size
-- @error Raises for a dimension that x does not have, and for p and maxnorm out of range.
-- @method works in place
-- @example
-- circlet.renorm(circlet.Tensor { { 3, 4 }, { 0, 1 } }, 2, 1, 1)    --> {{0.6, 0.8}, {0, 1}}
function circlet.renorm(x, p, dim, maxnorm) end

--- Whether two tensors of one type have the same size and elements.
-- @param x circlet.Tensor
-- @param y circlet.Tensor of x's type
-- @return boolean same
-- @error Raises for tensors of different types.
-- @method
-- @example
-- circlet.equal(circlet.Tensor { 1, 2 }, circlet.Tensor { 1, 2 })    --> true
function circlet.equal(x, y) end

--- Whether any element of a mask is not 0.
-- @param x circlet.ByteTensor
-- @return boolean any
-- @error Raises for other types.
-- @method
-- @example
-- circlet.any(circlet.Tensor({ 1, 2 }):gt(1))    --> true
function circlet.any(x) end

--- Whether all elements of a mask are not 0; true of none.
-- @param x circlet.ByteTensor
-- @return boolean all
-- @error Raises for other types.
-- @method
-- @example
-- circlet.all(circlet.Tensor({ 1, 2 }):gt(1))    --> false
function circlet.all(x) end

--- Sorted along a dimension, with where each element was: `sort(x [, dim] [, descending])`. Equal
-- elements keep their order. Ctrl-C stops a long sort.
-- @param x circlet.Tensor of any type
-- @param dim? integer the last one by default
-- @param descending? boolean false by default
-- @family order
-- @example
-- circlet.sort(circlet.Tensor { 3, 1, 2 })              --> {1, 2, 3}  {2, 3, 1}
-- circlet.sort(circlet.Tensor { 3, 1, 2 }, 1, true)     --> {3, 2, 1}  {1, 3, 2}
function circlet.sort(x, dim, descending) end

--- The k least elements along a dimension, or the k greatest, sorted.
-- @param x circlet.Tensor of any type
-- @param k integer from 1
-- @param dim? integer the last one by default
-- @param largest? boolean false by default
-- @param sorted? boolean accepted as in Torch7; they always are
-- @family order
-- @example
-- circlet.topk(circlet.Tensor { 3, 1, 2 }, 2, 1, true)    --> {3, 2}  {1, 3}
function circlet.topk(x, k, dim, largest, sorted) end

--- The k-th least element along a dimension.
-- @param x circlet.Tensor of any type
-- @param k integer from 1
-- @param dim? integer the last one by default
-- @family order
-- @example
-- circlet.kthvalue(circlet.Tensor { 3, 1, 2 }, 2)    --> {2}  {3}
function circlet.kthvalue(x, k, dim) end

--- The middle element along a dimension; of an even number the lesser of the two.
-- @param x circlet.Tensor of any type
-- @param dim? integer the last one by default
-- @family order
-- @example
-- circlet.median(circlet.Tensor { 3, 1, 2 })    --> {2}  {3}
function circlet.median(x, dim) end

--- The most frequent element along a dimension, the least of several, and its first place.
-- @param x circlet.Tensor of any type
-- @param dim? integer the last one by default
-- @family order
-- @example
-- circlet.mode(circlet.Tensor { 3, 1, 3 })    --> {3}  {1}
function circlet.mode(x, dim) end
