--- nn.SpatialConvolutionMM: nn.SpatialConvolution under the name that old models use.
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.SpatialConvolutionMM(1, 2, 3, 3):forward(circlet.randn(1, 5, 5)):size()    --> {2, 3, 3}
local class = require "circlet.class"
require "circlet.nn.SpatialConvolution"

return (class("nn.SpatialConvolutionMM", "nn.SpatialConvolution"))
