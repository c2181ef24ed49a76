--- nn.Exp(): e^x of every element.
local elementwise = require "circlet.nn.elementwise"

return (elementwise("nn.Exp",
  function(_, y, x) y:exp(x) end,
  function(_, gx, _, y, gy) gx:cmul(y, gy) end))
