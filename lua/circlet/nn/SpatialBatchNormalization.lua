--- nn.SpatialBatchNormalization(C[, eps][, momentum][, affine]) on x: [B, C, H, W]: as
-- nn.BatchNormalization, each channel over the batch and all positions.
local class = require "circlet.class"
require "circlet.nn.BatchNormalization"

local SpatialBatchNormalization = class("nn.SpatialBatchNormalization", "nn.BatchNormalization")

SpatialBatchNormalization.nDim = 4

return SpatialBatchNormalization
