--- nn.LeakyReLU([slope][, inplace]): x where it is positive, slope * x elsewhere; slope = 0.01.
-- With inplace = true the input is overwritten, and gradOutput by gradInput; the slope must then be
-- above 0, for the signs of the output tell where the input was positive.
-- @param slope? number 0.01 by default
-- @param inplace? boolean false by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- nn.LeakyReLU(0.1):forward(circlet.Tensor { -1, 2 })    --> {-0.1, 2}
local class = require "circlet.class"
local check = require "circlet.nn.check"
require "circlet.nn.Module"

local LeakyReLU, parent = class("nn.LeakyReLU", "nn.Module")

function LeakyReLU:__init(slope, inplace)
  parent.__init(self)
  if type(slope) == "boolean" then slope, inplace = nil, slope end
  self.negval = check.number(self, "the slope", slope or 0.01)
  self.inplace = inplace or false
  if self.inplace and self.negval <= 0 then
    check.fail(self, "in place the slope must be above 0, got %g", self.negval)
  end
end

-- t, an element at a time, times the slope where x is not positive.
local function slant(self, t, x)
  return t:cmul(x:le(0):typeAs(t):mul(self.negval - 1):add(1))
end

function LeakyReLU:updateOutput(input)
  check.tensor(self, "input", input)
  if self.inplace then
    self.output:set(slant(self, input, input))
  else
    slant(self, self.output:resizeAs(input):copy(input), input)
  end
  return self.output
end

function LeakyReLU:updateGradInput(input, gradOutput)
  check.like(self, "gradOutput", gradOutput, input)
  if self.inplace then
    self.gradInput:set(slant(self, gradOutput, self.output))
  else
    slant(self, self.gradInput:resizeAs(gradOutput):copy(gradOutput), input)
  end
  return self.gradInput
end

function LeakyReLU:__tostring() return ("%s(%g)"):format(class.type(self), self.negval) end

return LeakyReLU
