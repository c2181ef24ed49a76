--- nn.LogSigmoid(): log(1 / (1 + exp(-x))) of every element, min(x, 0) - log(1 + exp(-|x|)), which
-- neither overflows nor loses digits.
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.LogSigmoid():forward(circlet.Tensor { 0, -100 })    --> {-0.693, -100}
local elementwise = require "circlet.nn.elementwise"

return (elementwise("nn.LogSigmoid",
  function(_, y, x) y:abs(x):neg():exp():log1p():neg():add(x:clone():cmin(0)) end,
  function(_, gx, x, _, gy) gx:neg(x):sigmoid():cmul(gy) end))
