--- nn.Dropout([p][, v1][, inplace]): in training each element is 0 with probability p (default
-- 0.5) and otherwise scaled by 1/(1-p); in evaluation nothing happens. With v1 = true, as
-- Torch7's first version had it, training does not scale and evaluation multiplies by 1-p. The
-- mask stays in `noise`.
-- @param p? number 0.5 by default
-- @param v1? boolean false by default
-- @param inplace? boolean false by default
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local layer = nn.Dropout(0.5)
-- layer:evaluate()
-- layer:forward(circlet.ones(3))    --> {1, 1, 1}
local circlet = require "circlet"
local class = require "circlet.class"
local kernels = require("circlet.core").nn
require "circlet.nn.Module"

local Dropout, parent = class("nn.Dropout", "nn.Module")

function Dropout:__init(p, v1, inplace)
  parent.__init(self)
  self.p = p or 0.5
  self.v2, self.inplace = not v1, inplace or false
  self.noise = circlet.Tensor()
  if type(self.p) ~= "number" or not (self.p >= 0 and self.p < 1) then
    error(("nn.Dropout: the probability must be in [0, 1), got %s"):format(self.p), 2)
  end
end

--- Changes the probability; returns self.
-- @param p number in [0, 1)
-- @return nn.Dropout self
-- @example
-- nn.Dropout(0.5):setp(0.1).p    --> 0.1
function Dropout:setp(p)
  self.p = p
  return self
end

function Dropout:updateOutput(input)
  local active = self.train and self.p > 0
  if self.inplace then self.output:set(input) end
  if active then
    kernels.dropout(self.output, self.noise, input, self.p)
    if not self.v2 then
      self.noise:mul(1 - self.p)
      self.output:mul(1 - self.p)
    end
  else
    if not self.inplace then self.output:resizeAs(input):copy(input) end
    if not self.v2 and not self.train then self.output:mul(1 - self.p) end
  end
  return self.output
end

function Dropout:updateGradInput(input, gradOutput)
  if not gradOutput:isSameSizeAs(input) then
    error("nn.Dropout: gradOutput must have the size of the input", 2)
  end
  if self.inplace then
    self.gradInput:set(gradOutput)
  else
    self.gradInput:resizeAs(gradOutput):copy(gradOutput)
  end
  if self.train and self.p > 0 then
    self.gradInput:cmul(self.noise)
  elseif not self.v2 and not self.train then
    self.gradInput:mul(1 - self.p)
  end
  return self.gradInput
end

function Dropout:clearState()
  self:clear("noise")
  return parent.clearState(self)
end

function Dropout:__tostring() return ("%s(%f)"):format(class.type(self), self.p) end

return Dropout
