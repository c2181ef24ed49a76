--- nn.Min(dim[, nInputDims]): the least element along dimension `dim`, which goes; dim and
-- nInputDims as in nn.JoinTable. The gradient goes to one of equal elements. Min of a vector is a
-- tensor of one element.
return require "circlet.nn.extremum"("nn.Min", "min")
