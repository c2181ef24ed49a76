--- nn.Abs(): |x| of every element; the gradient at 0 is 0.
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Abs():forward(circlet.Tensor { -1, 2 })    --> {1, 2}
local elementwise = require "circlet.nn.elementwise"

return (elementwise("nn.Abs",
  function(_, y, x) y:abs(x) end,
  function(_, gx, x, _, gy) gx:sign(x):cmul(gy) end))
