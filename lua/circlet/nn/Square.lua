--- nn.Square(): x^2 of every element.
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Square():forward(circlet.Tensor { -2, 3 })    --> {4, 9}
local elementwise = require "circlet.nn.elementwise"

return (elementwise("nn.Square",
  function(_, y, x) y:cmul(x, x) end,
  function(_, gx, x, _, gy) gx:cmul(x, gy):mul(2) end))
