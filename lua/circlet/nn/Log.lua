--- nn.Log(): the natural logarithm of every element.
local elementwise = require "circlet.nn.elementwise"

return (elementwise("nn.Log",
  function(_, y, x) y:log(x) end,
  function(_, gx, x, _, gy) gx:cdiv(gy, x) end))
