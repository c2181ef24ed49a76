--- nn.Log(): the natural logarithm of every element.
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Log():forward(circlet.Tensor { 1, 10 })    --> {0, 2.303}
local elementwise = require "circlet.nn.elementwise"

return (elementwise("nn.Log",
  function(_, y, x) y:log(x) end,
  function(_, gx, x, _, gy) gx:cdiv(gy, x) end))
