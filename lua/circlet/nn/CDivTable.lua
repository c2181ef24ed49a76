--- nn.CDivTable(): x / y of a table {x, y} of tensors of one size.
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.CDivTable():forward { circlet.Tensor { 6 }, circlet.Tensor { 2 } }    --> {3}
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local CDivTable, parent = class("nn.CDivTable", "nn.Module")

function CDivTable:__init()
  parent.__init(self)
  self.gradInput = {}
end

function CDivTable:updateOutput(input)
  check.alike(self, "input", input, 2)
  self.output:resizeAs(input[1]):cdiv(input[1], input[2])
  return self.output
end

function CDivTable:updateGradInput(input, gradOutput)
  check.like(self, "gradOutput", gradOutput, input[1])
  for i = 1, 2 do
    self.gradInput[i] = (self.gradInput[i] or gradOutput.new()):resizeAs(gradOutput)
  end
  self.gradInput[1]:cdiv(gradOutput, input[2])
  self.gradInput[2]:cmul(self.gradInput[1], self.output):mul(-1)
  return self.gradInput
end

return CDivTable
