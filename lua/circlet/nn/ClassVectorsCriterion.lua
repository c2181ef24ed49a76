--- nn.ClassVectorsCriterion(dim, vectors [, biases]): what criterions that hold class vectors have
-- in common; each class derived from it names its loss in the field `pair_loss` (circle.lua).
--
-- Input [B, dim] and target [B], classes from 1. `weight` [vectors, dim] and perhaps `bias`
-- [biases] are parameters: backward adds to `gradWeight` and `gradBias`; parameters(),
-- zeroGradParameters() and updateParameters() work as a module's. A class of several vectors
-- ("centres") has them in consecutive rows. backward belongs to the last forward, whose sums it
-- uses again.
local circlet = require "circlet"
local class = require "circlet.class"
local circle = require "circlet.nn.circle"
require "circlet.nn.Criterion"

local ClassVectorsCriterion, parent = class("nn.ClassVectorsCriterion", "nn.Criterion")

function ClassVectorsCriterion:__init(dim, vectors, biases)
  parent.__init(self)
  self.weight = circlet.Tensor(vectors, dim)
  self.gradWeight = circlet.Tensor(vectors, dim)
  if biases then
    self.bias = circlet.Tensor(biases)
    self.gradBias = circlet.Tensor(biases)
  end
  self:reset()
end

--- Class vectors point in uniformly random directions: rows of standard normals. Biases are 0.
function ClassVectorsCriterion:reset()
  self.weight:normal(0, 1)
  if self.bias then self.bias:zero() end
  return self
end

function ClassVectorsCriterion:updateOutput(input, target)
  return circle.forward(self, input, target, self.weight, nil, self.bias)
end

function ClassVectorsCriterion:updateGradInput(input)
  self.gradInput = circle.buffer(self.gradInput, input)
  circle.backward(self, self.gradInput)
  return self.gradInput
end

local function accumulate(self, gradInput, scale)
  local weight, bias = self.weight.new(), self.bias and self.bias.new()
  circle.backward(self, gradInput, weight, bias)
  self.gradWeight:add(scale or 1, weight)
  if bias then self.gradBias:add(scale or 1, bias) end
end

--- Adds scale times the gradients of the last forward to gradWeight and gradBias.
function ClassVectorsCriterion:accGradParameters(_, _, scale) accumulate(self, nil, scale) end

--- updateGradInput and accGradParameters in one pass over the similarities.
function ClassVectorsCriterion:backward(input, _, scale)
  self.gradInput = circle.buffer(self.gradInput, input)
  accumulate(self, self.gradInput, scale)
  return self.gradInput
end

function ClassVectorsCriterion:parameters()
  return { self.weight, self.bias }, { self.gradWeight, self.gradBias }
end

function ClassVectorsCriterion:zeroGradParameters()
  self.gradWeight:zero()
  if self.bias then self.gradBias:zero() end
end

function ClassVectorsCriterion:updateParameters(learningRate)
  self.weight:add(-learningRate, self.gradWeight)
  if self.bias then self.bias:add(-learningRate, self.gradBias) end
end

--- The options and how many classes there are.
function ClassVectorsCriterion:__tostring()
  local names, text = {}, {}
  for name in pairs(self.options) do names[#names + 1] = name end
  table.sort(names)
  for k, name in ipairs(names) do text[k] = (", %s=%s"):format(name, self.options[name]) end
  return ("%s(%d -> %d%s)"):format(self.__typename, self.weight:size(2),
    self.weight:size(1) // (self.options.centres or 1), table.concat(text))
end

return ClassVectorsCriterion
