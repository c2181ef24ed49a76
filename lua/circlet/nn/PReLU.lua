--- nn.PReLU([n]): x where it is positive, w * x elsewhere, with a learned slope w, 0.25 at first:
-- one for all elements (n = 0, the default), or one for each of n channels of x: [C], [B, C], [C,
-- H, W] or [B, C, H, W]. He et al., "Delving Deep into Rectifiers", ICCV 2015.
-- @param nOutputPlane? integer 0 by default: one slope for all
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.PReLU():forward(circlet.Tensor { -4, 2 })    --> {-1, 2}
local circlet = require "circlet"
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local PReLU, parent = class("nn.PReLU", "nn.Module")

function PReLU:__init(nOutputPlane)
  parent.__init(self)
  self.nOutputPlane = check.integer(self, "the number of channels", nOutputPlane or 0, 0)
  self.weight = circlet.Tensor(math.max(1, self.nOutputPlane)):fill(0.25)
  self.gradWeight = self.weight:clone():zero()
end

-- The dimension of the channels; nil when all share one slope.
local function channels(self, input)
  if self.nOutputPlane == 0 then return nil end
  local dim = input:dim() % 2 == 0 and 2 or 1
  if input:dim() < 1 or input:dim() > 4 or input:size(dim) ~= self.nOutputPlane then
    check.fail(self, "input must have %d channels, got %s", self.nOutputPlane, check.text(input))
  end
  return dim
end

-- The slopes, expanded to the input's size.
local function slopes(self, input, dim)
  local size = input:size():fill(1)
  if dim then size[dim] = self.nOutputPlane end
  return self.weight:view(size):expandAs(input)
end

function PReLU:updateOutput(input)
  check.tensor(self, "input", input)
  local dim = channels(self, input)
  self.output:resizeAs(input):cmin(input, 0)
  if input:nElement() == 0 then return self.output end
  self.output:cmul(slopes(self, input, dim)):add(input:clone():cmax(0))
  return self.output
end

function PReLU:updateGradInput(input, gradOutput)
  check.like(self, "gradOutput", gradOutput, input)
  local dim = channels(self, input)
  self.gradInput:resizeAs(input):copy(gradOutput)
  if input:nElement() == 0 then return self.gradInput end
  local positive = input:gt(0):typeAs(input)
  local factor = slopes(self, input, dim):clone()
  factor:addcmul(-1, factor, positive):add(positive)
  self.gradInput:cmul(factor)
  return self.gradInput
end

function PReLU:accGradParameters(input, gradOutput, scale)
  check.like(self, "gradOutput", gradOutput, input)
  local dim = channels(self, input)
  if input:nElement() == 0 then return end
  local each = input:clone():cmin(0):cmul(gradOutput)
  if not dim then
    self.gradWeight:add((scale or 1) * each:sum())
    return
  end
  for d = 1, input:dim() do
    if d ~= dim then each = each:sum(d) end
  end
  self.gradWeight:add(scale or 1, each:view(-1))
end

return PReLU
