--- nn.CSubTable(): x - y of a table {x, y} of tensors of one size.
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.CSubTable():forward { circlet.Tensor { 6 }, circlet.Tensor { 2 } }    --> {4}
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local CSubTable, parent = class("nn.CSubTable", "nn.Module")

function CSubTable:__init()
  parent.__init(self)
  self.gradInput = {}
end

function CSubTable:updateOutput(input)
  check.alike(self, "input", input, 2)
  self.output:resizeAs(input[1]):add(input[1], -1, input[2])
  return self.output
end

function CSubTable:updateGradInput(input, gradOutput)
  check.like(self, "gradOutput", gradOutput, input[1])
  for i = 1, 2 do
    self.gradInput[i] = (self.gradInput[i] or gradOutput.new()):resizeAs(gradOutput)
  end
  self.gradInput[1]:copy(gradOutput)
  self.gradInput[2]:neg(gradOutput)
  return self.gradInput
end

return CSubTable
