--- nn.Power(p): x^p of every element.
-- @param p number
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Power(2):forward(circlet.Tensor { 2, 3 })    --> {4, 9}
local check = require "circlet.nn.check"
local elementwise = require "circlet.nn.elementwise"

local Power, parent = elementwise("nn.Power",
  function(self, y, x) y:pow(x, self.pow) end,
  function(self, gx, x, _, gy) gx:pow(x, self.pow - 1):mul(self.pow):cmul(gy) end)

function Power:__init(p)
  parent.__init(self)
  self.pow = check.number(self, "p", p)
end

return Power
