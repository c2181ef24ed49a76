--- nn.SpatialBatchNormalization(C[, eps][, momentum][, affine]) on x: [B, C, H, W]: as
-- nn.BatchNormalization, each channel over the batch and all positions.
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.SpatialBatchNormalization(3):forward(circlet.randn(2, 3, 4, 4)):size()    --> {2, 3, 4, 4}
local class = require "circlet.class"
require "circlet.nn.BatchNormalization"

local SpatialBatchNormalization = class("nn.SpatialBatchNormalization", "nn.BatchNormalization")

SpatialBatchNormalization.nDim = 4

return SpatialBatchNormalization
