--- nn.HardTanh([low, high]): x limited to [low, high], by default [-1, 1]; the gradient is 0 where
-- it is limited.
-- @param low? number -1 by default
-- @param high? number 1 by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.HardTanh():forward(circlet.Tensor { -3, 0.5 })    --> {-1, 0.5}
local check = require "circlet.nn.check"
local elementwise = require "circlet.nn.elementwise"

local HardTanh, parent = elementwise("nn.HardTanh",
  function(self, y, x) y:clamp(x, self.min_val, self.max_val) end,
  function(self, gx, x, _, gy)
    gx:copy(gy)
    gx[x:le(self.min_val)] = 0
    gx[x:ge(self.max_val)] = 0
  end)

function HardTanh:__init(low, high)
  parent.__init(self)
  self.min_val = check.number(self, "the lower limit", low or -1)
  self.max_val = check.number(self, "the upper limit", high or 1)
  if self.min_val >= self.max_val then
    check.fail(self, "the limits must differ, got %g and %g", self.min_val, self.max_val)
  end
end

return HardTanh
