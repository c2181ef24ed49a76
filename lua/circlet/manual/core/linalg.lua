--- Products of vectors and matrices: core/ops/linalg.c. Nobody runs this file; it is the manual.
-- @module circlet

---
-- `circlet.f(a, b)` makes a new tensor; `circlet.f(result, a, b)` and `result:f(a, b)` fill result, which may be,
-- or overlap, any of them. Float and Double go to OpenBLAS, integer types wrap around in 64 bits; the bits do
-- not depend on the number of threads. Ctrl-C stops long ones.
-- @deffamily product
-- @return circlet.Tensor result
-- @error Raises for sizes that do not fit, naming both, and for different types.
-- @method fills its tensor, or with one argument less makes a new one

---
-- As a function `f([result,] [beta,] M, [alpha,] a, b)` gives beta M + alpha a b, a new tensor without
-- result. As a method `x:f([beta,] M, [alpha,] a, b)` fills x, and `x:f([[beta,] alpha,] a, b)` adds to x
-- itself. beta = 0 does not read M.
-- @deffamily added_product
-- @param beta? number 1 by default
-- @param M circlet.Tensor what is added to
-- @param alpha? number 1 by default
-- @return circlet.Tensor result
-- @error Raises for sizes that do not fit, naming both, and for different types.
-- @method works in place

--- The product of two matrices: a [n, k], b [k, m].
-- @param a circlet.Tensor [n, k]
-- @param b circlet.Tensor [k, m]
-- @family product
-- @example
-- circlet.mm(circlet.Tensor { { 1, 2 } }, circlet.Tensor { { 3 }, { 4 } })    --> {{11}}
function circlet.mm(a, b) end

--- The product of a matrix and a vector: a [n, k], b [k].
-- @param a circlet.Tensor [n, k]
-- @param b circlet.Tensor [k]
-- @family product
-- @example
-- circlet.mv(circlet.Tensor { { 1, 2 }, { 3, 4 } }, circlet.Tensor { 1, 1 })    --> {3, 7}
function circlet.mv(a, b) end

--- The outer product of two vectors: [n] and [m] give [n, m].
-- @param a circlet.Tensor [n]
-- @param b circlet.Tensor [m]
-- @family product
-- @example
-- circlet.ger(circlet.Tensor { 1, 2 }, circlet.Tensor { 3, 4 })    --> {{3, 4}, {6, 8}}
function circlet.ger(a, b) end

--- Products of matrices, batch by batch: a [B, n, k], b [B, k, m].
-- @param a circlet.Tensor [B, n, k]
-- @param b circlet.Tensor [B, k, m]
-- @family product
-- @example
-- circlet.bmm(circlet.ones(2, 1, 3), circlet.ones(2, 3, 1))    --> {{{3}}, {{3}}}
function circlet.bmm(a, b) end

--- The sum of the products of elements of two vectors, or of two tensors with as many elements.
-- @param x circlet.Tensor
-- @param y circlet.Tensor of x's type
-- @return number sum
-- @error Raises for different types or numbers of elements.
-- @method
-- @example
-- circlet.dot(circlet.Tensor { 1, 2 }, circlet.Tensor { 3, 4 })    --> 11
function circlet.dot(x, y) end

--- beta M + alpha a b of matrices.
-- @family added_product
-- @param beta? number 1 by default
-- @param M circlet.Tensor [n, m]
-- @param alpha? number 1 by default
-- @param a circlet.Tensor [n, k]
-- @param b circlet.Tensor [k, m]
-- @example
-- local M, a = circlet.eye(2), circlet.Tensor { { 1, 2 }, { 3, 4 } }
-- circlet.addmm(M, 2, a, a)    --> {{15, 20}, {30, 45}}
-- M:addmm(0, 1, a, a)          --> {{7, 10}, {15, 22}}
function circlet.addmm(beta, M, alpha, a, b) end

--- beta M + alpha a b of a matrix and a vector.
-- @family added_product
-- @param beta? number 1 by default
-- @param M circlet.Tensor [n]
-- @param alpha? number 1 by default
-- @param a circlet.Tensor [n, k]
-- @param b circlet.Tensor [k]
-- @example
-- circlet.addmv(circlet.ones(1), circlet.Tensor { { 1, 2 } }, circlet.Tensor { 3, 4 })    --> {12}
function circlet.addmv(beta, M, alpha, a, b) end

--- beta M + alpha times the outer product of two vectors.
-- @family added_product
-- @param beta? number 1 by default
-- @param M circlet.Tensor [n, m]
-- @param alpha? number 1 by default
-- @param a circlet.Tensor [n]
-- @param b circlet.Tensor [m]
-- @example
-- circlet.addr(circlet.ones(1, 2), circlet.Tensor { 2 }, circlet.Tensor { 3, 4 })    --> {{7, 9}}
function circlet.addr(beta, M, alpha, a, b) end

--- beta M + alpha a b, batch by batch.
-- @family added_product
-- @param beta? number 1 by default
-- @param M circlet.Tensor [B, n, m]
-- @param alpha? number 1 by default
-- @param a circlet.Tensor [B, n, k]
-- @param b circlet.Tensor [B, k, m]
-- @example
-- circlet.baddbmm(circlet.ones(1, 1, 1), circlet.ones(1, 1, 3), circlet.ones(1, 3, 1))    --> {{{4}}}
function circlet.baddbmm(beta, M, alpha, a, b) end

--- beta M + alpha times the sum of the products of all batches.
-- @family added_product
-- @param beta? number 1 by default
-- @param M circlet.Tensor [n, m]
-- @param alpha? number 1 by default
-- @param a circlet.Tensor [B, n, k]
-- @param b circlet.Tensor [B, k, m]
-- @example
-- circlet.addbmm(circlet.ones(1, 1), circlet.ones(2, 1, 3), circlet.ones(2, 3, 1))    --> {{7}}
function circlet.addbmm(beta, M, alpha, a, b) end
