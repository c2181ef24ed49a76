--- nn.Exp(): e^x of every element.
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Exp():forward(circlet.Tensor { 0, 1 })    --> {1, 2.718}
local elementwise = require "circlet.nn.elementwise"

return (elementwise("nn.Exp",
  function(_, y, x) y:exp(x) end,
  function(_, gx, _, y, gy) gx:cmul(y, gy) end))
