--- nn.SelectTable(index): element `index` of a table, a tensor or a table itself; negative indices
-- count from the end, other keys name a field. The gradient of all other elements is 0.
-- @param index integer|string
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.SelectTable(2):forward { circlet.zeros(1), circlet.ones(1) }    --> {1}
local class = require "circlet.class"
local check = require "circlet.nn.check"
local nest = require "circlet.nn.nest"
require "circlet.nn.Module"

local SelectTable, parent = class("nn.SelectTable", "nn.Module")

function SelectTable:__init(index)
  parent.__init(self)
  if index == nil then check.fail(self, "an index expected") end
  self.index = index
  self.gradInput = {}
end

local function key_of(self, input)
  local key = self.index
  if type(input) == "table" and type(key) == "number" and key < 0 then key = #input + key + 1 end
  if type(input) ~= "table" or input[key] == nil then
    check.fail(self, "there is no element %s in %s", self.index, nest.text(input))
  end
  return key
end

function SelectTable:updateOutput(input)
  self.output = input[key_of(self, input)]
  return self.output
end

function SelectTable:updateGradInput(input, gradOutput)
  local key = key_of(self, input)
  if self._given then self.gradInput[self._given] = nil end -- it was not ours to zero
  self.gradInput = nest.zeros(self.gradInput, input)
  self.gradInput[key], self._given = gradOutput, key
  return self.gradInput
end

function SelectTable:clearState()
  self.output, self.gradInput, self._given = nil, {}, nil
  return self
end

function SelectTable:__tostring() return ("%s(%s)"):format(class.type(self), self.index) end

return SelectTable
