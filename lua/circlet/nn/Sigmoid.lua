--- nn.Sigmoid(): 1 / (1 + exp(-x)) of every element.
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Sigmoid():forward(circlet.Tensor { 0, 1 })    --> {0.5, 0.7311}
local elementwise = require "circlet.nn.elementwise"

return (elementwise("nn.Sigmoid",
  function(_, y, x) y:sigmoid(x) end,
  function(_, gx, _, y, gy) gx:cmul(y, gy):addcmul(-1, gx, y) end))
