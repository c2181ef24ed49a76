--- nn.CMulTable(): the product, element by element, of a table of tensors of one size. The gradient
-- of each is gradOutput times the product of the others, which is right where one of them is 0.
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.CMulTable():forward { circlet.Tensor { 6 }, circlet.Tensor { 2 } }    --> {12}
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local CMulTable, parent = class("nn.CMulTable", "nn.Module")

function CMulTable:__init()
  parent.__init(self)
  self.gradInput = {}
end

function CMulTable:updateOutput(input)
  check.alike(self, "input", input)
  self.output:resizeAs(input[1]):copy(input[1])
  for i = 2, #input do self.output:cmul(input[i]) end
  return self.output
end

-- Two sweeps: products of what stands before each input, then of what stands behind.
function CMulTable:updateGradInput(input, gradOutput)
  check.like(self, "gradOutput", gradOutput, input[1])
  local product = gradOutput:clone()
  for i = 1, #input do
    self.gradInput[i] = (self.gradInput[i] or gradOutput.new()):resizeAs(product):copy(product)
    product:cmul(input[i])
  end
  product:fill(1)
  for i = #input, 1, -1 do
    self.gradInput[i]:cmul(product)
    product:cmul(input[i])
  end
  for i = #self.gradInput, #input + 1, -1 do self.gradInput[i] = nil end
  return self.gradInput
end

return CMulTable
