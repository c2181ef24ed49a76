--- nn.Min(dim[, nInputDims]): the least element along dimension `dim`, which goes; dim and
-- nInputDims as in nn.JoinTable. The gradient goes to one of equal elements. Min of a vector is a
-- tensor of one element.
-- @param dimension integer from 1, or negative from the end
-- @param nInputDims? integer dimensions of one example; inputs with one more are batches
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Min(1):forward(circlet.Tensor { { 1, 5 }, { 3, 2 } })    --> {1, 2}
return require "circlet.nn.extremum"("nn.Min", "min")
