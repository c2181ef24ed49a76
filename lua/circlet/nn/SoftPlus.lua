--- nn.SoftPlus([beta]): log(1 + exp(beta x)) / beta of every element, beta = 1, computed as
-- max(x, 0) + log(1 + exp(-beta |x|)) / beta, which never overflows.
-- @param beta? number 1 by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.SoftPlus():forward(circlet.Tensor { 0, 100 })    --> {0.693, 100}
local check = require "circlet.nn.check"
local elementwise = require "circlet.nn.elementwise"

local SoftPlus, parent = elementwise("nn.SoftPlus",
  function(self, y, x)
    y:abs(x):mul(-self.beta):exp():log1p():div(self.beta):add(x:clone():cmax(0))
  end,
  function(self, gx, x, _, gy) gx:mul(x, self.beta):sigmoid():cmul(gy) end)

function SoftPlus:__init(beta)
  parent.__init(self)
  self.beta = check.number(self, "beta", beta or 1)
  if self.beta <= 0 then check.fail(self, "beta must be above 0, got %g", self.beta) end
end

return SoftPlus
