--- nn.SoftSign(): x / (1 + |x|) of every element.
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.SoftSign():forward(circlet.Tensor { -1, 3 })    --> {-0.5, 0.75}
local elementwise = require "circlet.nn.elementwise"

return (elementwise("nn.SoftSign",
  function(_, y, x) y:abs(x):add(1):cinv():cmul(x) end,
  function(_, gx, x, _, gy) gx:abs(x):add(1):pow(-2):cmul(gy) end))
