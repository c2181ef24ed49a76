--- nn.Criterion: the contract of every loss, as in Torch7.
--
-- `output` starts as 0 and `gradInput` as an empty tensor. forward(input, target) returns a Lua
-- number and keeps it in `output`; backward(input, target) returns `gradInput`, the same tensor
-- from call to call. criterion(input, target) returns both.
local circlet = require "circlet"
local class = require "circlet.class"
local graph = require "circlet.nn.graph"

local Criterion = class("nn.Criterion")

function Criterion:__init()
  self.gradInput = circlet.Tensor()
  self.output = 0
  self._type = self.gradInput:type()
end

-- What each of `count` terms counts for in their mean or, without sizeAverage, in their sum.
function Criterion:_share(count) return self.sizeAverage and 1 / math.max(1, count) or 1 end

function Criterion:updateOutput(_, _) return self.output end
function Criterion:updateGradInput(_, _) return self.gradInput end

function Criterion:forward(input, target) return self:updateOutput(input, target) end
function Criterion:backward(input, target) return self:updateGradInput(input, target) end

function Criterion:__call(input, target)
  self.output = self:forward(input, target)
  self.gradInput = self:backward(input, target)
  return self.output, self.gradInput
end

--- A deep copy.
function Criterion:clone() return graph.copy(self) end

--- Without arguments the type's name; otherwise converts every real tensor field, returns self.
function Criterion:type(name, memo)
  if not name then return self._type end
  graph.convert(self, graph.type_name(name), memo)
  return self
end

function Criterion:float() return self:type("circlet.FloatTensor") end
function Criterion:double() return self:type("circlet.DoubleTensor") end
function Criterion:cuda() return self:type("circlet.CudaTensor") end
function Criterion:cudaDouble() return self:type("circlet.CudaDoubleTensor") end

--- Called after the fields were read from a file (see Module).
function Criterion:_upgrade() graph.upgrade_type(self) end

function Criterion:__tostring() return class.type(self) end

return Criterion
