--- nn.SoftSign(): x / (1 + |x|) of every element.
local elementwise = require "circlet.nn.elementwise"

return (elementwise("nn.SoftSign",
  function(_, y, x) y:abs(x):add(1):cinv():cmul(x) end,
  function(_, gx, x, _, gy) gx:abs(x):add(1):pow(-2):cmul(gy) end))
