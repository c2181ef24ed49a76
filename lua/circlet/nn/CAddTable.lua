--- nn.CAddTable([inplace]): the sum of a table of tensors of one size. With inplace = true it is
-- formed in the first of them.
-- @param inplace? boolean false by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.CAddTable():forward { circlet.ones(2), circlet.ones(2) }    --> {2, 2}
local class = require "circlet.class"
require "circlet.nn.Module"

local CAddTable, parent = class("nn.CAddTable", "nn.Module")

function CAddTable:__init(inplace)
  parent.__init(self)
  self.inplace = inplace or false
  self.gradInput = {}
end

function CAddTable:updateOutput(input)
  if type(input) ~= "table" or #input == 0 then
    error("nn.CAddTable: input must be a table of tensors", 2)
  end
  for i = 2, #input do
    if not input[i]:isSameSizeAs(input[1]) then
      error(("nn.CAddTable: tensor %d must be %s, got %s"):format(i,
        table.concat(input[1]:size():totable(), "x"), table.concat(input[i]:size():totable(), "x")),
        2)
    end
  end
  if self.inplace then
    self.output:set(input[1])
  else
    self.output:resizeAs(input[1]):copy(input[1])
  end
  for i = 2, #input do self.output:add(input[i]) end
  return self.output
end

function CAddTable:updateGradInput(input, gradOutput)
  if not gradOutput:isSameSizeAs(input[1]) then
    error("nn.CAddTable: gradOutput must have the size of the inputs", 2)
  end
  for i = 1, #input do
    self.gradInput[i] = self.gradInput[i] or gradOutput.new()
    if self.inplace then
      self.gradInput[i]:set(gradOutput)
    else
      self.gradInput[i]:resizeAs(gradOutput):copy(gradOutput)
    end
  end
  for i = #self.gradInput, #input + 1, -1 do self.gradInput[i] = nil end
  return self.gradInput
end

return CAddTable
