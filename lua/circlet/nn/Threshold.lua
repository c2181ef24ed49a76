--- nn.Threshold([threshold, value]): x where it is above the threshold (1e-6, as in Torch7), value
-- (0) elsewhere.
-- @param threshold? number 1e-6 by default
-- @param value? number 0 by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Threshold(1, -5):forward(circlet.Tensor { 0.5, 2 })    --> {-5, 2}
local check = require "circlet.nn.check"
local elementwise = require "circlet.nn.elementwise"

local Threshold, parent = elementwise("nn.Threshold",
  function(self, y, x) y:copy(x)[x:le(self.threshold)] = self.val end,
  function(self, gx, x, _, gy) gx:copy(gy)[x:le(self.threshold)] = 0 end)

function Threshold:__init(threshold, value)
  parent.__init(self)
  self.threshold = check.number(self, "the threshold", threshold or 1e-6)
  self.val = check.number(self, "the value", value or 0)
end

return Threshold
