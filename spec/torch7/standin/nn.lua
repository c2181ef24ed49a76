-- A stand-in for Torch7's package nn where that is not installed: nn.Criterion with the contract
-- that criterions rely on, in our own words. It needs the real torch, or the stand-in beside it.
local torch = require "torch"
local nn = {}
_G.nn = nn

local Criterion = torch.class "nn.Criterion"

function Criterion:__init()
  self.gradInput, self.output = torch.Tensor(), 0
end

function Criterion:forward(input, target) return self:updateOutput(input, target) end

function Criterion:backward(input, target) return self:updateGradInput(input, target) end

function Criterion:__call__(input, target)
  self.output = self:forward(input, target)
  self.gradInput = self:backward(input, target)
  return self.output, self.gradInput
end

--- Through a file in memory, as in nn.
function Criterion:clone()
  local file = torch.MemoryFile("rw"):binary()
  file:writeObject(self)
  file:seek(1)
  local copy = file:readObject()
  file:close()
  return copy
end

local function converted(value, name)
  if type(value) == "table" and not torch.typename(value) then
    for key, field in pairs(value) do value[key] = converted(field, name) end
  elseif (torch.typename(value) or ""):find "^torch%.%a+Tensor$" then
    return value:type(name)
  end
  return value
end

function Criterion:type(name)
  for key, field in pairs(self) do self[key] = converted(field, name) end
  return self
end

function Criterion:float() return self:type "torch.FloatTensor" end

function Criterion:double() return self:type "torch.DoubleTensor" end

return nn
