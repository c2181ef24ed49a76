--- nn.ELU([alpha]): x where it is positive, alpha * (exp(x) - 1) elsewhere; alpha = 1. Clevert et
-- al., ICLR 2016.
-- @param alpha? number 1 by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.ELU():forward(circlet.Tensor { -1, 2 })    --> {-0.632, 2}
local check = require "circlet.nn.check"
local elementwise = require "circlet.nn.elementwise"

local ELU, parent = elementwise("nn.ELU",
  function(self, y, x)
    y:cmin(x, 0):exp():add(-1):mul(self.alpha):add(x:clone():cmax(0))
  end,
  function(self, gx, x, _, gy) -- alpha * exp(x) or 1
    local positive = x:gt(0):typeAs(x)
    gx:cmin(x, 0):exp():mul(self.alpha):addcmul(-1, gx, positive):add(positive):cmul(gy)
  end)

function ELU:__init(alpha)
  parent.__init(self)
  self.alpha = check.number(self, "alpha", alpha or 1)
end

return ELU
