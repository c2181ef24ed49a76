--- nn.Concat(dim): every module gets the same input; their outputs stand side by side along
-- dimension `dim` of the output. The gradients with respect to the input are summed.
-- @param dim integer from 1
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local net = nn.Concat(2):add(nn.Identity()):add(nn.MulConstant(2))
-- net:forward(circlet.Tensor { { 1, 2 } })    --> {{1, 2, 2, 4}}
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Container"

local Concat, parent = class("nn.Concat", "nn.Container")

function Concat:__init(dim)
  parent.__init(self)
  self.dimension = check.integer(self, "the dimension", dim, 1)
end

function Concat:updateOutput(input)
  local parts, total = {}, 0
  for i, module in ipairs(self.modules) do
    local part = module:updateOutput(input)
    check.tensor(self, ("output of module %d"):format(i), part)
    if self.dimension > part:dim() then
      check.fail(self, "output of module %d is %s, which has no dimension %d", i,
        check.text(part), self.dimension)
    end
    for d = 1, i > 1 and part:dim() or 0 do
      local other = d ~= self.dimension and part:size(d) ~= parts[1]:size(d)
      if part:dim() ~= parts[1]:dim() or other then
        check.fail(self, "output of module %d is %s, that of module 1 %s", i, check.text(part),
          check.text(parts[1]))
      end
    end
    parts[i], total = part, total + part:size(self.dimension)
  end
  if #parts == 0 then check.fail(self, "there are no modules") end
  local size, at = parts[1]:size(), 1
  size[self.dimension] = total
  self.output:resize(size)
  for _, part in ipairs(parts) do
    self.output:narrow(self.dimension, at, part:size(self.dimension)):copy(part)
    at = at + part:size(self.dimension)
  end
  return self.output
end

-- Calls visit(module, its part of gradOutput, i) in order.
local function each(self, gradOutput, visit)
  check.like(self, "gradOutput", gradOutput, self.output)
  local at = 1
  for i, module in ipairs(self.modules) do
    local length = module.output:size(self.dimension)
    visit(module, gradOutput:narrow(self.dimension, at, length), i)
    at = at + length
  end
end

local function accumulate(self, gradient, first)
  if not gradient then return end
  if first then
    self.gradInput:resizeAs(gradient):copy(gradient)
  else
    self.gradInput:add(gradient)
  end
end

function Concat:updateGradInput(input, gradOutput)
  each(self, gradOutput, function(module, part, i)
    accumulate(self, module:updateGradInput(input, part), i == 1)
  end)
  return self.gradInput
end

function Concat:accGradParameters(input, gradOutput, scale)
  each(self, gradOutput, function(module, part)
    module:accGradParameters(input, part, scale or 1)
  end)
end

function Concat:backward(input, gradOutput, scale)
  each(self, gradOutput, function(module, part, i)
    accumulate(self, module:backward(input, part, scale or 1), i == 1)
  end)
  return self.gradInput
end

function Concat:__tostring() return self:_parallel_text() end

return Concat
