--- nn.Mean(dim[, nInputDims]): the mean along dimension `dim`, which goes; as nn.Sum with
-- sizeAverage = true.
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
