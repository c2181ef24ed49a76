--- nn.Mul(): one learned factor for all elements; weight: [1], uniform in [-1, 1) at first.
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local layer = nn.Mul()
-- layer.weight:fill(3)
-- layer:forward(circlet.Tensor { 1, 2 })    --> {3, 6}
local circlet = require "circlet"
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local Mul, parent = class("nn.Mul", "nn.Module")

function Mul:__init()
  parent.__init(self)
  self.weight, self.gradWeight = circlet.Tensor(1), circlet.Tensor(1):zero()
  self:reset()
end

function Mul:reset(stdv)
  stdv = stdv and stdv * math.sqrt(3) or 1
  self.weight:uniform(-stdv, stdv)
  return self
end

function Mul:updateOutput(input)
  check.tensor(self, "input", input)
  self.output:resizeAs(input):mul(input, self.weight[1])
  return self.output
end

function Mul:updateGradInput(input, gradOutput)
  check.like(self, "gradOutput", gradOutput, input)
  self.gradInput:resizeAs(input):mul(gradOutput, self.weight[1])
  return self.gradInput
end

function Mul:accGradParameters(input, gradOutput, scale)
  check.like(self, "gradOutput", gradOutput, input)
  if input:nElement() > 0 then self.gradWeight:add((scale or 1) * input:dot(gradOutput)) end
end

return Mul
