--- nn.LogSoftMax(): x minus the logarithm of the sum of its exponentials, along the classes of x:
-- [C], [B, C], [C, H, W] or [B, C, H, W].
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.LogSoftMax():forward(circlet.Tensor { 0, 0 })    --> {-0.693, -0.693}
local circlet = require "circlet"
local class = require "circlet.class"
local check = require "circlet.nn.check"
local kernels = require("circlet.core").nn
require "circlet.nn.Module"

local LogSoftMax = class("nn.LogSoftMax", "nn.Module")

local function is_image(x) return circlet.isTensor(x) and (x:dim() == 3 or x:dim() == 4) end

-- An image with its classes last, and its pixels as rows [pixels, C]. Both ways are the same turn.
local function turn(x) return x:transpose(x:dim() - 2, x:dim()) end

local function pixels(x)
  local turned = turn(x):contiguous()
  return turned:view(-1, x:size(x:dim() - 2)), turned:size()
end

function LogSoftMax:updateOutput(input)
  if not is_image(input) then
    kernels.log_softmax(self.output, input)
    return self.output
  end
  local rows, size = pixels(input)
  local y = input.new()
  kernels.log_softmax(y, rows)
  return self.output:resizeAs(input):copy(turn(y:view(size)))
end

function LogSoftMax:updateGradInput(_, gradOutput)
  if not is_image(self.output) then
    kernels.log_softmax_backward(self.gradInput, self.output, gradOutput)
    return self.gradInput
  end
  check.like(self, "gradOutput", gradOutput, self.output)
  local rows, size = pixels(self.output)
  local gx = rows.new()
  kernels.log_softmax_backward(gx, rows, (pixels(gradOutput)))
  return self.gradInput:resizeAs(self.output):copy(turn(gx:view(size)))
end

return LogSoftMax
