--- nn.SoftMax(): exp(x) over its sum, along the classes of x: [C], [B, C], [C, H, W] or [B, C, H,
-- W]. The greatest element is taken off first, so nothing overflows.
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.SoftMax():forward(circlet.Tensor { 0, 0 })    --> {0.5, 0.5}
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local SoftMax = class("nn.SoftMax", "nn.Module")

local function class_dim(x) return x:dim() % 2 == 0 and 2 or 1 end

function SoftMax:updateOutput(input)
  check.tensor(self, "input", input, 1, 4)
  local y, dim = self.output:resizeAs(input):copy(input), class_dim(input)
  if input:nElement() == 0 then return y end
  y:add(-1, (input:max(dim):expandAs(input))):exp()
  y:cdiv(y:sum(dim):expandAs(y))
  return y
end

function SoftMax:updateGradInput(input, gradOutput)
  check.like(self, "gradOutput", gradOutput, input)
  local y, dim = self.output, class_dim(input)
  local gx = self.gradInput:resizeAs(input):cmul(y, gradOutput)
  if input:nElement() == 0 then return gx end
  return gx:addcmul(-1, y, gx:sum(dim):expandAs(gx))
end

return SoftMax
