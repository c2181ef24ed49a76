--- nn.Module: the contract of every layer, as in Torch7.
--
-- A module has `output` and `gradInput`, reused from call to call, and `train`. `forward(input)`
-- computes output; `backward(input, gradOutput, scale)` computes gradInput and adds scale times the
-- parameter gradients to theirs, until zeroGradParameters(). Setting `gradInput = nil` on a layer
-- whose input gradient nobody needs (the first one, and a View before it) saves computing it.
local circlet = require "circlet"
local class = require "circlet.class"
local graph = require "circlet.nn.graph"

local Module = class("nn.Module")

function Module:__init()
  self.output, self.gradInput = circlet.Tensor(), circlet.Tensor()
  self._type = self.output:type()
  self.train = true
end

function Module:updateOutput(_) return self.output end
function Module:updateGradInput(_, _) return self.gradInput end
function Module.accGradParameters(_, _, _, _) end

function Module:forward(input) return self:updateOutput(input) end

function Module:backward(input, gradOutput, scale)
  self:updateGradInput(input, gradOutput)
  self:accGradParameters(input, gradOutput, scale or 1)
  return self.gradInput
end

--- module(input) is forward; module(input, gradOutput) is forward and backward.
function Module:__call(input, gradOutput)
  local output = self:forward(input)
  if gradOutput == nil then return output end
  return output, self:backward(input, gradOutput)
end

--- Two lists, parameters and their gradients, in the same order; nil when there are none.
function Module:parameters()
  if self.weight and self.bias then
    return { self.weight, self.bias }, { self.gradWeight, self.gradBias }
  elseif self.weight then
    return { self.weight }, { self.gradWeight }
  elseif self.bias then
    return { self.bias }, { self.gradBias }
  end
end

--- All parameters as one vector, all gradients as another; the modules' own tensors become views of
-- them. Call it once, after the last conversion of type. Parameters shared between modules stay
-- shared and count once.
function Module:getParameters()
  local parameters, gradients = self:parameters()
  local like = circlet[self:type():match("%.(%a+)$")]()
  local flat = graph.flatten(parameters or {}, like)
  local flat_gradients = graph.flatten(gradients or {}, like)
  if flat:nElement() ~= flat_gradients:nElement() then
    error(("getParameters: %d parameters but %d gradients: share both or neither"):format(
      flat:nElement(), flat_gradients:nElement()), 2)
  end
  return flat, flat_gradients
end

function Module:zeroGradParameters()
  local _, gradients = self:parameters()
  for _, g in ipairs(gradients or {}) do g:zero() end
end

--- A step of plain gradient descent.
function Module:updateParameters(learningRate)
  local parameters, gradients = self:parameters()
  for i, p in ipairs(parameters or {}) do p:add(-learningRate, gradients[i]) end
end

function Module:training() self.train = true end
function Module:evaluate() self.train = false end

--- Calls f on this module and on every module inside it, outer ones first.
function Module:apply(f)
  f(self)
  for _, module in ipairs(self.modules or {}) do module:apply(f) end
end

--- Replaces modules by what f returns for them, inner ones after their container.
function Module:replace(f)
  local new = f(self)
  for i, module in ipairs(new.modules or {}) do new.modules[i] = module:replace(f) end
  return new
end

--- The modules of class `name` (derived classes do not count), and the containers they are in.
function Module:findModules(name, container)
  local found, containers = {}, {}
  if class.type(self) == name then found[1], containers[1] = self, container or self end
  for _, module in ipairs(self.modules or {}) do
    local inner, inner_containers = module:findModules(name, self)
    for i, m in ipairs(inner) do
      found[#found + 1], containers[#containers + 1] = m, inner_containers[i]
    end
  end
  return found, containers
end

--- This module and every module inside it.
function Module:listModules()
  local list = {}
  self:apply(function(module) list[#list + 1] = module end)
  return list
end

local function empty(value)
  if circlet.isTensor(value) then return value:set() end
  if type(value) == "table" then return {} end
  return value
end

--- Empties the named fields (tensors in place, tables by new ones): what clearState is made of.
function Module:clear(...)
  for _, field in ipairs { ... } do
    if self[field] ~= nil then self[field] = empty(self[field]) end
  end
  return self
end

--- Drops everything that the next forward computes again, so that a saved model is small.
function Module:clearState() return self:clear("output", "gradInput") end

--- Makes the named tensor fields ("weight", "bias", ...) views of other's.
function Module:share(other, ...)
  for _, field in ipairs { ... } do
    if self[field] and other[field] then self[field]:set(other[field]) end
  end
  return self
end

--- A deep copy; the fields named are shared with the original instead.
function Module:clone(...)
  local copy = graph.copy(self)
  return select("#", ...) > 0 and copy:share(self, ...) or copy
end

--- Without arguments the type's name. With "circlet.FloatTensor", "circlet.DoubleTensor",
-- "circlet.CudaTensor" or "circlet.CudaDoubleTensor" (or Torch7's names) converts every real tensor
-- of the module; integer tensors stay. To a GPU means to the current one. Returns self.
function Module:type(name, memo)
  if not name then return self._type end
  graph.convert(self, graph.type_name(name), memo)
  return self
end

function Module:float() return self:type("circlet.FloatTensor") end
function Module:double() return self:type("circlet.DoubleTensor") end
function Module:cuda() return self:type("circlet.CudaTensor") end
function Module:cudaDouble() return self:type("circlet.CudaDoubleTensor") end

--- Called after the fields were read from a file: brings up to date what older versions and CUDA
-- left in them. Fields of a damaged file may be anything.
function Module:_upgrade() graph.upgrade_type(self) end

--- Fills the parameters anew; modules that have some override it.
function Module.reset(_) end

function Module:__tostring() return class.type(self) end

return Module
