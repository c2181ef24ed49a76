--- nn.Sequential: modules one after another. nn.Sequential():add(a):add(b), or nn.Sequential(a, b).
-- @example
-- nn.Sequential(nn.Linear(4, 3), nn.ReLU()):forward(circlet.ones(2, 4)):size()    --> {2, 3}
local class = require "circlet.class"
require "circlet.nn.Container"

local Sequential = class("nn.Sequential", "nn.Container")

--- Inserts a module before position `index` (at the end without one); returns self.
-- @param module nn.Module
-- @param index? integer the end by default
-- @return nn.Sequential self
-- @error Raises for an index beyond the end.
-- @example
-- nn.Sequential(nn.Tanh()):insert(nn.ReLU(), 1):get(1)    --> nn.ReLU
function Sequential:insert(module, index)
  index = index or #self.modules + 1
  if index < 1 or index > #self.modules + 1 then
    error(("nn.Sequential: insert at %s is out of range 1..%d"):format(index, #self.modules + 1), 2)
  end
  table.insert(self.modules, index, module)
  return self
end

--- Removes the module at `index` (the last without one); returns self.
-- @param index? integer the end by default
-- @return nn.Sequential self
-- @error Raises for an index that it does not have.
-- @example
-- nn.Sequential(nn.Tanh(), nn.ReLU()):remove(1):get(1)    --> nn.ReLU
function Sequential:remove(index)
  index = index or #self.modules
  if not self.modules[index] then
    error(("nn.Sequential: remove at %s is out of range 1..%d"):format(index, #self.modules), 2)
  end
  table.remove(self.modules, index)
  return self
end

function Sequential:updateOutput(input)
  for _, module in ipairs(self.modules) do input = module:updateOutput(input) end
  self.output = input
  return input
end

-- Calls visit(module, its input, its gradOutput) from the last module to the first.
local function backwards(self, input, gradOutput, visit)
  for i = #self.modules, 1, -1 do
    local before = i > 1 and self.modules[i - 1].output or input
    gradOutput = visit(self.modules[i], before, gradOutput)
  end
  return gradOutput
end

function Sequential:updateGradInput(input, gradOutput)
  self.gradInput = backwards(self, input, gradOutput, function(module, x, gy)
    return module:updateGradInput(x, gy)
  end)
  return self.gradInput
end

function Sequential:accGradParameters(input, gradOutput, scale)
  backwards(self, input, gradOutput, function(module, x, gy)
    module:accGradParameters(x, gy, scale or 1)
    return module.gradInput
  end)
end

function Sequential:backward(input, gradOutput, scale)
  self.gradInput = backwards(self, input, gradOutput, function(module, x, gy)
    return module:backward(x, gy, scale or 1)
  end)
  return self.gradInput
end

function Sequential:clearState()
  self.output, self.gradInput = self.output.new(), self.output.new()
  self:applyToModules(function(module) module:clearState() end)
  return self
end

function Sequential:__tostring() return self:_sequence_text() end

return Sequential
