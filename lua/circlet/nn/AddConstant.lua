--- nn.AddConstant(c): x + c.
local check = require "circlet.nn.check"
local elementwise = require "circlet.nn.elementwise"

local AddConstant, parent = elementwise("nn.AddConstant",
  function(self, y, x) y:add(x, self.constant_scalar) end,
  function(_, gx, _, _, gy) gx:copy(gy) end)

function AddConstant:__init(c)
  parent.__init(self)
  self.constant_scalar = check.number(self, "the constant", c)
end

return AddConstant
