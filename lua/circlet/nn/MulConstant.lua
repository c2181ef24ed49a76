--- nn.MulConstant(c): c * x.
-- @param c number
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.MulConstant(3):forward(circlet.Tensor { 1, 2 })    --> {3, 6}
local check = require "circlet.nn.check"
local elementwise = require "circlet.nn.elementwise"

local MulConstant, parent = elementwise("nn.MulConstant",
  function(self, y, x) y:mul(x, self.constant_scalar) end,
  function(self, gx, _, _, gy) gx:mul(gy, self.constant_scalar) end)

function MulConstant:__init(c)
  parent.__init(self)
  self.constant_scalar = check.number(self, "the constant", c)
end

return MulConstant
