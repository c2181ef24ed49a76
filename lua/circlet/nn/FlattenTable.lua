--- nn.FlattenTable(): the tensors of nested tables as one flat table, in order.
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- #nn.FlattenTable():forward { circlet.ones(1), { circlet.ones(1), circlet.ones(1) } }    --> 3
local circlet = require "circlet"
local class = require "circlet.class"
local check = require "circlet.nn.check"
local nest = require "circlet.nn.nest"
require "circlet.nn.Module"

local FlattenTable, parent = class("nn.FlattenTable", "nn.Module")

function FlattenTable:__init()
  parent.__init(self)
  self.output, self.gradInput = {}, {}
end

local function flatten(value, into)
  if circlet.isTensor(value) then
    into[#into + 1] = value
  else
    for _, item in ipairs(value) do flatten(item, into) end
  end
  return into
end

function FlattenTable:updateOutput(input)
  if type(input) ~= "table" then
    check.fail(self, "input must be a table, got %s", nest.text(input))
  end
  self.output = flatten(input, {})
  return self.output
end

function FlattenTable:updateGradInput(input, gradOutput)
  if type(gradOutput) ~= "table" or #gradOutput ~= #flatten(input, {}) then
    check.fail(self, "gradOutput must be a table of %d, got %s", #flatten(input, {}),
      nest.text(gradOutput))
  end
  local at = 0
  local function unflatten(value)
    if circlet.isTensor(value) then
      at = at + 1
      return gradOutput[at]
    end
    local part = {}
    for i, item in ipairs(value) do part[i] = unflatten(item) end
    return part
  end
  self.gradInput = unflatten(input)
  return self.gradInput
end

return FlattenTable
