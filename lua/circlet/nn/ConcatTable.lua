--- nn.ConcatTable(): every module gets the same input; the output is the table of their outputs.
-- The gradients with respect to the input are summed; inputs are tensors or (nested) tables of
-- them.
-- @param ...? nn.Module modules to begin with
-- @example
-- local net = nn.ConcatTable(nn.Identity(), nn.MulConstant(2))
-- net:forward(circlet.ones(1))[2]    --> {2}
local circlet = require "circlet"
local class = require "circlet.class"
require "circlet.nn.Container"

local ConcatTable, parent = class("nn.ConcatTable", "nn.Container")

function ConcatTable:__init(...)
  parent.__init(self, ...)
  self.output = {}
end

function ConcatTable:updateOutput(input)
  self.output = {}
  for i, module in ipairs(self.modules) do self.output[i] = module:updateOutput(input) end
  return self.output
end

-- buffer becomes (first) or grows by value; tables are walked in parallel. Returns the buffer.
local function accumulate(buffer, value, first)
  if type(value) == "table" then
    if type(buffer) ~= "table" then buffer = {} end
    for i, item in ipairs(value) do buffer[i] = accumulate(buffer[i], item, first) end
    for i = #buffer, #value + 1, -1 do buffer[i] = nil end
    return buffer
  end
  if not circlet.isTensor(buffer) or buffer:type() ~= value:type() then buffer = value.new() end
  if first then return buffer:resizeAs(value):copy(value) end
  return buffer:add(value)
end

local function backwards(self, input, gradOutput, visit)
  if #gradOutput ~= #self.modules then
    error(("nn.ConcatTable: gradOutput must be a table of %d, got %d"):format(#self.modules,
      #gradOutput), 3)
  end
  for i, module in ipairs(self.modules) do
    self.gradInput = accumulate(self.gradInput, visit(module, input, gradOutput[i]), i == 1)
  end
  return self.gradInput
end

function ConcatTable:updateGradInput(input, gradOutput)
  return backwards(self, input, gradOutput, function(module, x, gy)
    return module:updateGradInput(x, gy)
  end)
end

function ConcatTable:backward(input, gradOutput, scale)
  return backwards(self, input, gradOutput, function(module, x, gy)
    return module:backward(x, gy, scale or 1)
  end)
end

function ConcatTable:accGradParameters(input, gradOutput, scale)
  for i, module in ipairs(self.modules) do
    module:accGradParameters(input, gradOutput[i], scale or 1)
  end
end

function ConcatTable:__tostring() return self:_parallel_text() end

return ConcatTable
