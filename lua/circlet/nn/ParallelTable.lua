--- nn.ParallelTable(): module i gets input[i]; output and gradInput are tables.
-- @param ...? nn.Module modules to begin with
-- @example
-- local net = nn.ParallelTable(nn.Identity(), nn.MulConstant(2))
-- net:forward({ circlet.ones(1), circlet.ones(1) })[2]
-- --> {2}
local class = require "circlet.class"
require "circlet.nn.Container"

local ParallelTable, parent = class("nn.ParallelTable", "nn.Container")

function ParallelTable:__init(...)
  parent.__init(self, ...)
  self.output, self.gradInput = {}, {}
end

local function check(self, what, value)
  if type(value) ~= "table" or #value ~= #self.modules then
    error(("nn.ParallelTable: %s must be a table of %d"):format(what, #self.modules), 3)
  end
end

function ParallelTable:updateOutput(input)
  check(self, "input", input)
  self.output = {}
  for i, module in ipairs(self.modules) do self.output[i] = module:updateOutput(input[i]) end
  return self.output
end

function ParallelTable:updateGradInput(input, gradOutput)
  check(self, "gradOutput", gradOutput)
  self.gradInput = {}
  for i, module in ipairs(self.modules) do
    self.gradInput[i] = module:updateGradInput(input[i], gradOutput[i])
  end
  return self.gradInput
end

function ParallelTable:accGradParameters(input, gradOutput, scale)
  for i, module in ipairs(self.modules) do
    module:accGradParameters(input[i], gradOutput[i], scale or 1)
  end
end

function ParallelTable:backward(input, gradOutput, scale)
  check(self, "gradOutput", gradOutput)
  self.gradInput = {}
  for i, module in ipairs(self.modules) do
    self.gradInput[i] = module:backward(input[i], gradOutput[i], scale or 1)
  end
  return self.gradInput
end

function ParallelTable:__tostring() return self:_parallel_text() end

return ParallelTable
