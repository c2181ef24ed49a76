--- nn.SpatialConvolutionMM: nn.SpatialConvolution under the name that old models use.
local class = require "circlet.class"
require "circlet.nn.SpatialConvolution"

return (class("nn.SpatialConvolutionMM", "nn.SpatialConvolution"))
