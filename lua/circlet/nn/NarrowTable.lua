--- nn.NarrowTable(offset[, length]): `length` (1) elements of a table from `offset` on, as a table.
-- The gradient of all other elements is 0.
-- @param offset integer from 1
-- @param length? integer 1 by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- #nn.NarrowTable(2, 2):forward { circlet.ones(1), circlet.ones(1), circlet.ones(1) }    --> 2
local class = require "circlet.class"
local check = require "circlet.nn.check"
local nest = require "circlet.nn.nest"
require "circlet.nn.Module"

local NarrowTable, parent = class("nn.NarrowTable", "nn.Module")

function NarrowTable:__init(offset, length)
  parent.__init(self)
  self.offset = check.integer(self, "the offset", offset, 1)
  self.length = check.integer(self, "the length", length or 1, 1)
  self.output, self.gradInput = {}, {}
end

function NarrowTable:updateOutput(input)
  if type(input) ~= "table" or #input < self.offset + self.length - 1 then
    check.fail(self, "elements %d to %d expected, got %s", self.offset,
      self.offset + self.length - 1, nest.text(input))
  end
  self.output = table.move(input, self.offset, self.offset + self.length - 1, 1, {})
  return self.output
end

function NarrowTable:updateGradInput(input, gradOutput)
  if type(gradOutput) ~= "table" or #gradOutput ~= self.length then
    check.fail(self, "gradOutput must be a table of %d, got %s", self.length,
      nest.text(gradOutput))
  end
  self.gradInput = nest.zeros({}, input)
  table.move(gradOutput, 1, self.length, self.offset, self.gradInput)
  return self.gradInput
end

return NarrowTable
