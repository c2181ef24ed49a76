--- nn.Clamp(low, high): nn.HardTanh with limits that must be given.
-- @param low number
-- @param high number
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Clamp(0, 1):forward(circlet.Tensor { -1, 0.5, 2 })    --> {0, 0.5, 1}
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.HardTanh"

local Clamp, parent = class("nn.Clamp", "nn.HardTanh")

function Clamp:__init(low, high)
  check.number(self, "the lower limit", low)
  check.number(self, "the upper limit", high)
  parent.__init(self, low, high)
end

return Clamp
