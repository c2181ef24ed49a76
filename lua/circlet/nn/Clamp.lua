--- nn.Clamp(low, high): nn.HardTanh with limits that must be given.
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
