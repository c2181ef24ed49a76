--- nn.Linear(D, N[, bias]): y = x W' + b on x: [B, D] or [D]. weight: [N, D], bias: [N].
-- @param inputSize integer D
-- @param outputSize integer N
-- @param bias? boolean true by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Linear(4, 2):forward(circlet.ones(3, 4)):size()    --> {3, 2}
local circlet = require "circlet"
local class = require "circlet.class"
local kernels = require("circlet.core").nn
require "circlet.nn.Module"

local Linear, parent = class("nn.Linear", "nn.Module")

function Linear:__init(inputSize, outputSize, bias)
  parent.__init(self)
  self.weight = circlet.Tensor(outputSize, inputSize)
  self.gradWeight = circlet.Tensor(outputSize, inputSize)
  if bias ~= false then
    self.bias, self.gradBias = circlet.Tensor(outputSize), circlet.Tensor(outputSize)
  end
  self:reset()
end

--- Uniform in +-stdv*sqrt(3), by default +-1/sqrt(D); returns self.
function Linear:reset(stdv)
  stdv = stdv and stdv * math.sqrt(3) or 1 / math.sqrt(math.max(1, self.weight:size(2)))
  self.weight:uniform(-stdv, stdv)
  if self.bias then self.bias:uniform(-stdv, stdv) end
  return self
end

--- Does without the bias from now on; returns self.
-- @return nn.Linear self
-- @example
-- nn.Linear(2, 1):noBias().bias    --> nil
function Linear:noBias()
  self.bias, self.gradBias = nil, nil
  return self
end

function Linear:updateOutput(input)
  kernels.linear(self, input)
  return self.output
end

function Linear:updateGradInput(input, gradOutput)
  if self.gradInput then kernels.linear_backward(self, input, gradOutput) end
  return self.gradInput
end

function Linear:accGradParameters(input, gradOutput, scale)
  kernels.linear_accumulate(self, input, gradOutput, scale)
end

function Linear:__tostring()
  return ("%s(%d -> %d)%s"):format(class.type(self), self.weight:size(2), self.weight:size(1),
    self.bias and "" or " without bias")
end

return Linear
