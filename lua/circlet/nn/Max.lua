--- nn.Max(dim[, nInputDims]): the greatest element along dimension `dim`, which goes; dim and
-- nInputDims as in nn.JoinTable. The gradient goes to one of equal elements. Max of a vector is a
-- tensor of one element.
-- @param dimension integer from 1, or negative from the end
-- @param nInputDims? integer dimensions of one example; inputs with one more are batches
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Max(1):forward(circlet.Tensor { { 1, 5 }, { 3, 2 } })    --> {3, 5}
return require "circlet.nn.extremum"("nn.Max", "max")
