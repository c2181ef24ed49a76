--- nn.CMul(sizes...): x times a learned weight of the given size, element by element; x has that
-- size, or a batch in front of it. A size of 1 shares the weight along that dimension. Uniform in
-- +-1/sqrt(elements) at first.
-- @param ... integer|circlet.LongStorage sizes of the weight
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local layer = nn.CMul(2)
-- layer.weight:copy(circlet.Tensor { 2, 3 })
-- layer:forward(circlet.Tensor { { 1, 1 }, { 2, 2 } })    --> {{2, 3}, {4, 6}}
local circlet = require "circlet"
local class = require "circlet.class"
local check = require "circlet.nn.check"
local expanded = require "circlet.nn.expanded"
require "circlet.nn.Module"

local CMul, parent = class("nn.CMul", "nn.Module")

function CMul:__init(...)
  parent.__init(self)
  local sizes = ...
  if circlet.isStorage(sizes) then
    sizes = sizes:totable()
  elseif type(sizes) ~= "table" then
    sizes = { ... }
  end
  if #sizes == 0 then check.fail(self, "sizes expected") end
  for _, n in ipairs(sizes) do check.integer(self, "a size", n, 1) end
  self.size = circlet.LongStorage(sizes)
  self.weight, self.gradWeight = circlet.Tensor(self.size), circlet.Tensor(self.size):zero()
  self:reset()
end

function CMul:reset(stdv)
  stdv = stdv and stdv * math.sqrt(3) or 1 / math.sqrt(self.weight:nElement())
  self.weight:uniform(-stdv, stdv)
  return self
end

local function weight_for(self, input)
  local weight = expanded.to(self.weight, input)
  if not weight then
    check.fail(self, "input must be %s or a batch of it, got %s", check.text(self.weight),
      check.text(input))
  end
  return weight
end

function CMul:updateOutput(input)
  check.tensor(self, "input", input)
  self.output:resizeAs(input):cmul(input, weight_for(self, input))
  return self.output
end

function CMul:updateGradInput(input, gradOutput)
  check.like(self, "gradOutput", gradOutput, input)
  self.gradInput:resizeAs(input):cmul(gradOutput, weight_for(self, input))
  return self.gradInput
end

function CMul:accGradParameters(input, gradOutput, scale)
  check.like(self, "gradOutput", gradOutput, input)
  if input:nElement() == 0 then return end
  expanded.accumulate(self.gradWeight, circlet.cmul(input, gradOutput), scale or 1)
end

return CMul
