--- nn.Square(): x^2 of every element.
local elementwise = require "circlet.nn.elementwise"

return (elementwise("nn.Square",
  function(_, y, x) y:cmul(x, x) end,
  function(_, gx, x, _, gy) gx:cmul(x, gy):mul(2) end))
