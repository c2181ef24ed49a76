--- nn.Criterion: the contract of every loss, as in Torch7.
--
-- `output` starts as 0 and `gradInput` as an empty tensor. forward(input, target) returns a Lua
-- number and keeps it in `output`; backward(input, target) returns `gradInput`, the same tensor
-- from call to call. criterion(input, target) returns both.
-- @example
-- nn.MSECriterion():forward(circlet.Tensor { 1 }, circlet.Tensor { 3 })    --> 4
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

--- What forward is made of; criterions of your own define it.
-- @param input circlet.Tensor|table
-- @param target circlet.Tensor|table|number
-- @return number loss
-- @example
-- nn.MSECriterion():updateOutput(circlet.Tensor { 1 }, circlet.Tensor { 3 })    --> 4
function Criterion:updateOutput(_, _) return self.output end
--- What backward is made of; criterions of your own define it.
-- @param input circlet.Tensor|table
-- @param target circlet.Tensor|table|number
-- @return circlet.Tensor|table gradInput
-- @example
-- local criterion, x, y = nn.MSECriterion(), circlet.Tensor { 1 }, circlet.Tensor { 3 }
-- criterion:forward(x, y)
-- criterion:updateGradInput(x, y)    --> {-4}
function Criterion:updateGradInput(_, _) return self.gradInput end

--- The loss of an input against a target.
-- @param input circlet.Tensor|table
-- @param target circlet.Tensor|table|number
-- @return number loss also kept in `output`
-- @example
-- nn.MSECriterion():forward(circlet.Tensor { 1 }, circlet.Tensor { 3 })    --> 4
function Criterion:forward(input, target) return self:updateOutput(input, target) end
--- The gradient of the loss by the input.
-- @param input circlet.Tensor|table that of the last forward
-- @param target circlet.Tensor|table|number
-- @return circlet.Tensor|table gradInput the same tensor from call to call
-- @example
-- local criterion, x, y = nn.MSECriterion(), circlet.Tensor { 1 }, circlet.Tensor { 3 }
-- criterion:forward(x, y)
-- criterion:backward(x, y)    --> {-4}
function Criterion:backward(input, target) return self:updateGradInput(input, target) end

function Criterion:__call(input, target)
  self.output = self:forward(input, target)
  self.gradInput = self:backward(input, target)
  return self.output, self.gradInput
end

--- A deep copy.
-- @return nn.Criterion copy
-- @example
-- nn.CircleCriterion(0.1, 8):clone().gamma    --> 8
function Criterion:clone() return graph.copy(self) end

--- Without arguments the type's name; otherwise converts every real tensor field, returns self.
-- @param name? string "circlet.DoubleTensor"
-- @param memo? table
-- @return string|nn.Criterion result
-- @example
-- nn.MSECriterion():type("circlet.DoubleTensor"):type()    --> circlet.DoubleTensor
function Criterion:type(name, memo)
  if not name then return self._type end
  graph.convert(self, graph.type_name(name), memo)
  return self
end

--- Converts tensors to one type, parameters and buffers alike; the names say which.
-- @name circlet.nn.Criterion:float, circlet.nn.Criterion:double, circlet.nn.Criterion:cuda,
--   circlet.nn.Criterion:cudaDouble
-- @return nn.Criterion self
-- @error cuda and cudaDouble raise where there is no GPU.
-- @example
-- nn.MSECriterion():double():type()    --> circlet.DoubleTensor
function Criterion:float() return self:type("circlet.FloatTensor") end
function Criterion:double() return self:type("circlet.DoubleTensor") end
function Criterion:cuda() return self:type("circlet.CudaTensor") end
function Criterion:cudaDouble() return self:type("circlet.CudaDoubleTensor") end

--- Called after the fields were read from a file (see Module).
function Criterion:_upgrade() graph.upgrade_type(self) end

function Criterion:__tostring() return class.type(self) end

return Criterion
