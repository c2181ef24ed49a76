--- Choosing, placing and joining elements: core/ops/indexing.c, mask.c, join.c. Nobody runs this file; it
-- is the manual.
-- @module circlet

---
-- `circlet.f(x, ...)` and `x:f(...)` make a new tensor, `result:f(x, ...)` fills result.
-- @deffamily chooser
-- @return circlet.Tensor result of x's type
-- @error Raises for a dimension or an index that x does not have; indices are LongTensors, masks ByteTensors.
-- @method gives a new tensor

---
-- The tensor itself changes, and comes back, for the function as well.
-- @deffamily placer
-- @return circlet.Tensor x
-- @error Raises for a dimension or an index that x does not have, for sizes and types that do not fit; then nothing has changed.
-- @method works in place

--- The slices of x along a dimension that indices name, in their order.
-- @param x circlet.Tensor of any type
-- @param dim integer from 1
-- @param indices circlet.LongTensor [K] from 1
-- @family chooser
-- @example
-- circlet.index(circlet.Tensor { { 1, 2 }, { 3, 4 } }, 1, circlet.LongTensor { 2, 2, 1 })    --> {{3, 4}, {3, 4}, {1, 2}}
function circlet.index(x, dim, indices) end

--- For each place the element of x whose index along `dim` stands there in indices.
-- @param x circlet.Tensor of any type
-- @param dim integer from 1
-- @param indices circlet.LongTensor sized as x but along dim
-- @family chooser
-- @example
-- circlet.gather(circlet.Tensor { { 1, 2 }, { 3, 4 } }, 2, circlet.LongTensor { { 2 }, { 1 } })    --> {{2}, {3}}
function circlet.gather(x, dim, indices) end

--- The elements of x where a mask is 1, row by row: a vector.
-- @param x circlet.Tensor of any type
-- @param mask circlet.ByteTensor with as many elements
-- @family chooser
-- @example
-- local x = circlet.Tensor { 1, 5, 3 }
-- circlet.maskedSelect(x, x:gt(2))    --> {5, 3}
function circlet.maskedSelect(x, mask) end

--- The indices of the elements that are not 0, one row each.
-- @param x circlet.Tensor of any type
-- @return circlet.LongTensor positions [K, dimensions]
-- @method gives a new tensor
-- @example
-- circlet.nonzero(circlet.Tensor { { 0, 1 }, { 2, 0 } })    --> {{1, 2}, {2, 1}}
function circlet.nonzero(x) end

--- Puts slices into x at the given indices along a dimension.
-- @param x circlet.Tensor of any type
-- @param dim integer from 1
-- @param indices circlet.LongTensor [K] from 1
-- @param values circlet.Tensor of x's type, sized as x but K along dim
-- @family placer
-- @example
-- circlet.zeros(3):indexCopy(1, circlet.LongTensor { 3, 1 }, circlet.Tensor { 5, 6 })    --> {6, 0, 5}
function circlet.indexCopy(x, dim, indices, values) end

--- Adds slices to x at the given indices along a dimension; an index that comes twice adds twice.
-- @param x circlet.Tensor of any type
-- @param dim integer from 1
-- @param indices circlet.LongTensor [K] from 1
-- @param values circlet.Tensor of x's type, sized as x but K along dim
-- @family placer
-- @example
-- circlet.zeros(2):indexAdd(1, circlet.LongTensor { 1, 1 }, circlet.Tensor { 5, 6 })    --> {11, 0}
function circlet.indexAdd(x, dim, indices, values) end

--- Puts a number into the slices at the given indices along a dimension.
-- @param x circlet.Tensor of any type
-- @param dim integer from 1
-- @param indices circlet.LongTensor [K] from 1
-- @param value number
-- @family placer
-- @example
-- circlet.zeros(3):indexFill(1, circlet.LongTensor { 2 }, 7)    --> {0, 7, 0}
function circlet.indexFill(x, dim, indices, value) end

--- Puts each value, or one number, where its index along `dim` says.
-- @param x circlet.Tensor of any type
-- @param dim integer from 1
-- @param indices circlet.LongTensor
-- @param values circlet.Tensor|number
-- @family placer
-- @example
-- circlet.zeros(2, 3):scatter(2, circlet.LongTensor { { 2 }, { 3 } }, 1)    --> {{0, 1, 0}, {0, 0, 1}}
function circlet.scatter(x, dim, indices, values) end

--- Puts a number where a mask is 1.
-- @param x circlet.Tensor of any type
-- @param mask circlet.ByteTensor with as many elements
-- @param value number
-- @family placer
-- @example
-- circlet.zeros(3):maskedFill(circlet.ByteTensor { 0, 1, 1 }, 5)    --> {0, 5, 5}
function circlet.maskedFill(x, mask, value) end

--- Puts the elements of values, one after another, where a mask is 1.
-- @param x circlet.Tensor of any type
-- @param mask circlet.ByteTensor with as many elements
-- @param values circlet.Tensor of x's type, with at least as many elements as the mask has ones
-- @family placer
-- @example
-- circlet.zeros(3):maskedCopy(circlet.ByteTensor { 1, 0, 1 }, circlet.Tensor { 5, 6 })    --> {5, 0, 6}
function circlet.maskedCopy(x, mask, values) end

--- Tensors one after another along a dimension: `cat(a, b [, dim])` or `cat({a, b, ...} [, dim])`.
-- @param a circlet.Tensor|circlet.Tensor[]
-- @param b? circlet.Tensor
-- @param dim? integer the last dimension by default
-- @return circlet.Tensor result
-- @error Raises for tensors that differ in type or in another size than that of dim.
-- @method makes a new tensor of x and what it is given; result:cat({a, b}, dim) fills result
-- @example
-- circlet.cat(circlet.Tensor { 1, 2 }, circlet.Tensor { 3 })                 --> {1, 2, 3}
-- circlet.cat({ circlet.ones(1, 2), circlet.zeros(1, 2) }, 1)                --> {{1, 1}, {0, 0}}
function circlet.cat(a, b, dim) end

--- x many times along each dimension; more numbers than dimensions put dimensions in front.
-- @param x circlet.Tensor of any type
-- @param ... integer|circlet.LongStorage times
-- @return circlet.Tensor result
-- @error Raises for fewer numbers than dimensions and for numbers below 0.
-- @method gives a new tensor
-- @example
-- circlet.repeatTensor(circlet.Tensor { 1, 2 }, 2, 2)    --> {{1, 2, 1, 2}, {1, 2, 1, 2}}
function circlet.repeatTensor(x, ...) end

--- Views of at most `size` slices each along a dimension.
-- @param x circlet.Tensor
-- @param size integer from 1
-- @param dim? integer 1 by default
-- @return circlet.Tensor[] views
-- @error Raises for a size below 1 and a dimension that x does not have.
-- @method
-- @example
-- circlet.split(circlet.range(1, 5), 2)    --> {{1, 2}, {3, 4}, {5}}
function circlet.split(x, size, dim) end

--- At most `count` views of equal size, the last perhaps smaller, along a dimension.
-- @param x circlet.Tensor
-- @param count integer from 1
-- @param dim? integer 1 by default
-- @return circlet.Tensor[] views
-- @error Raises for a count below 1 and a dimension that x does not have.
-- @method
-- @example
-- circlet.chunk(circlet.range(1, 5), 2)    --> {{1, 2, 3}, {4, 5}}
function circlet.chunk(x, count, dim) end

--- The diagonal of a matrix, or the matrix with a vector as its diagonal; k > 0 is above the main one.
-- @param x circlet.Tensor [n, m] or [n]
-- @param k? integer 0 by default
-- @return circlet.Tensor result
-- @error Raises for other dimensions.
-- @method gives a new tensor
-- @example
-- circlet.diag(circlet.Tensor { { 1, 2 }, { 3, 4 } })    --> {1, 4}
-- circlet.diag(circlet.Tensor { 1, 2 })                  --> {{1, 0}, {0, 2}}
function circlet.diag(x, k) end

--- A matrix with 0 above the k-th diagonal.
-- @param x circlet.Tensor [n, m]
-- @param k? integer 0 by default, the main diagonal
-- @return circlet.Tensor result
-- @error Raises for what is no matrix.
-- @method gives a new tensor
-- @example
-- circlet.tril(circlet.ones(2, 2))    --> {{1, 0}, {1, 1}}
function circlet.tril(x, k) end

--- A matrix with 0 below the k-th diagonal.
-- @param x circlet.Tensor [n, m]
-- @param k? integer 0 by default, the main diagonal
-- @return circlet.Tensor result
-- @error Raises for what is no matrix.
-- @method gives a new tensor
-- @example
-- circlet.triu(circlet.ones(2, 2))    --> {{1, 1}, {0, 1}}
function circlet.triu(x, k) end
