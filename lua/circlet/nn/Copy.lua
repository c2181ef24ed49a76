--- nn.Copy([from][, to][, forceCopy][, dontCast]): the input, of type `from`, as a tensor of type
-- `to` ("circlet.FloatTensor", Torch7's names, the default type); gradients go the other way. One
-- type on both sides hands the tensors through unless forceCopy. With dontCast the types stay when
-- the model's type is changed.
-- @param from? string a type's name
-- @param to? string a type's name
-- @param forceCopy? boolean
-- @param dontCast? boolean
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.Copy("circlet.FloatTensor", "circlet.DoubleTensor"):forward(circlet.ones(1)):type()
-- --> circlet.DoubleTensor
local circlet = require "circlet"
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local Copy, parent = class("nn.Copy", "nn.Module")

local function tensor_of(self, name)
  local make = circlet[tostring(name):match "^%a+%.(%a+Tensor)$"]
  if not make then check.fail(self, "there is no type of tensor %s", name) end
  return make()
end

function Copy:__init(from, to, forceCopy, dontCast)
  parent.__init(self)
  local default = circlet.getdefaulttensortype()
  self.gradInput = tensor_of(self, from or default)
  self.output = tensor_of(self, to or default)
  self.forceCopy, self.dontCast = forceCopy or false, dontCast or false
end

local function pass(self, field, value)
  if value:type() == self[field]:type() and not self.forceCopy then
    self[field]:set(value)
  else
    self[field]:resize(value:size()):copy(value)
  end
  return self[field]
end

function Copy:updateOutput(input)
  check.tensor(self, "input", input)
  return pass(self, "output", input)
end

function Copy:updateGradInput(input, gradOutput)
  if not gradOutput:isSameSizeAs(input) then
    check.fail(self, "gradOutput must be %s, got %s", check.text(input), check.text(gradOutput))
  end
  return pass(self, "gradInput", gradOutput)
end

function Copy:type(name, memo)
  if name and self.dontCast then return self end
  return parent.type(self, name, memo)
end

return Copy
