--- nn.Add(n[, scalar]): x + bias on x: [n] or [B, n], bias: [n], or one number for all (scalar =
-- true). Uniform in +-1/sqrt(n) at first.
-- @param n integer
-- @param scalar? boolean false by default: one number for all
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local layer = nn.Add(2)
-- layer.bias:fill(5)
-- layer:forward(circlet.Tensor { 1, 2 })    --> {6, 7}
local circlet = require "circlet"
local class = require "circlet.class"
local check = require "circlet.nn.check"
local expanded = require "circlet.nn.expanded"
require "circlet.nn.Module"

local Add, parent = class("nn.Add", "nn.Module")

function Add:__init(n, scalar)
  parent.__init(self)
  self.scalar = scalar or false
  local size = scalar and 1 or check.integer(self, "the size", n, 1)
  self.bias, self.gradBias = circlet.Tensor(size), circlet.Tensor(size):zero()
  self:reset()
end

function Add:reset(stdv)
  stdv = stdv and stdv * math.sqrt(3) or 1 / math.sqrt(self.bias:size(1))
  self.bias:uniform(-stdv, stdv)
  return self
end

function Add:updateOutput(input)
  check.tensor(self, "input", input)
  self.output:resizeAs(input)
  if self.scalar then return self.output:add(input, self.bias[1]) end
  local bias = expanded.to(self.bias, input)
  if not bias then
    check.fail(self, "input must be [%d] or a batch of it, got %s", self.bias:size(1),
      check.text(input))
  end
  return self.output:add(input, 1, bias)
end

function Add:updateGradInput(input, gradOutput)
  check.like(self, "gradOutput", gradOutput, input)
  self.gradInput:resizeAs(gradOutput):copy(gradOutput)
  return self.gradInput
end

function Add:accGradParameters(input, gradOutput, scale)
  check.like(self, "gradOutput", gradOutput, input)
  if input:nElement() == 0 then return end
  if self.scalar then
    self.gradBias:add((scale or 1) * gradOutput:sum())
  else
    expanded.accumulate(self.gradBias, gradOutput, scale or 1)
  end
end

return Add
