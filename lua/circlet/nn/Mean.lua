--- nn.Mean(dim[, nInputDims]): the mean along dimension `dim`, which goes; as nn.Sum with
-- sizeAverage = true.
-- @param dimension integer from 1, or negative from the end
-- @param nInputDims? integer dimensions of one example; inputs with one more are batches
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Mean(1):forward(circlet.Tensor { { 1, 5 }, { 3, 2 } })    --> {2, 3.5}
local class = require "circlet.class"
require "circlet.nn.Sum"

local Mean, parent = class("nn.Mean", "nn.Sum")

function Mean:__init(dimension, nInputDims) parent.__init(self, dimension, nInputDims, true) end

-- Old files lack sizeAverage: nn.Mean was a class of its own.
function Mean:_upgrade()
  parent._upgrade(self)
  self.sizeAverage = true
end

return Mean
