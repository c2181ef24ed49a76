--- nn.Max(dim[, nInputDims]): the greatest element along dimension `dim`, which goes; dim and
-- nInputDims as in nn.JoinTable. The gradient goes to one of equal elements. Max of a vector is a
-- tensor of one element.
return require "circlet.nn.extremum"("nn.Max", "max")
