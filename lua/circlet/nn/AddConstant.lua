--- nn.AddConstant(c): x + c.
-- @param c number
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.AddConstant(3):forward(circlet.Tensor { 1, 2 })    --> {4, 5}
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
