--- nn.PairwiseDistance(p): the p-norms of x - y for the rows of {x, y}: [B, D] or [D] each gives
-- [B]. p >= 1. Where the rows are equal the gradient is 0.
-- @param p number at least 1
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.PairwiseDistance(2):forward { circlet.Tensor { 1, 1 }, circlet.Tensor { 4, 5 } }    --> {5}
local class = require "circlet.class"
local check = require "circlet.nn.check"
local rows = require "circlet.nn.rows"
require "circlet.nn.Module"

local PairwiseDistance, parent = class("nn.PairwiseDistance", "nn.Module")

function PairwiseDistance:__init(p)
  parent.__init(self)
  self.norm = check.number(self, "the norm", p)
  if self.norm < 1 then check.fail(self, "the norm must be at least 1, got %g", self.norm) end
  self.gradInput = {}
end

function PairwiseDistance:updateOutput(input)
  local x, y = rows.of(self, input)
  local difference = x - y
  self.output:resize(x:size(1)):copy(difference:norm(self.norm, 2):view(-1))
  return self.output
end

-- d |z|_p / dz = sign(z) |z|^(p-1) / |z|_p^(p-1), as a product of quotients that are at most 1
function PairwiseDistance:updateGradInput(input, gradOutput)
  local x, y = rows.of(self, input)
  local g = rows.column(self, gradOutput, x)
  local z = x - y
  local norm = z:norm(self.norm, 2)
  norm[norm:eq(0)] = 1
  local gradient = z:clone():abs():cdiv(norm:expandAs(z)):pow(self.norm - 1)
  gradient:cmul(z:sign()):cmul(g:expandAs(z))
  rows.put(self, 1, gradient, input)
  rows.put(self, 2, gradient:mul(-1), input)
  return self.gradInput
end

return PairwiseDistance
