--- nn.Sigmoid(): 1 / (1 + exp(-x)) of every element.
local elementwise = require "circlet.nn.elementwise"

return (elementwise("nn.Sigmoid",
  function(_, y, x) y:sigmoid(x) end,
  function(_, gx, _, y, gy) gx:cmul(y, gy):addcmul(-1, gx, y) end))
