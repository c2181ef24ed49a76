--- nn.Module: the contract of every layer, as in Torch7.
--
-- A module has `output` and `gradInput`, reused from call to call, and `train`. `forward(input)`
-- computes output; `backward(input, gradOutput, scale)` computes gradInput and adds scale times the
-- parameter gradients to theirs, until zeroGradParameters(). Setting `gradInput = nil` on a layer
-- whose input gradient nobody needs (the first one, and a View before it) saves computing it.
-- @example
-- local layer = nn.Linear(2, 1)
-- layer:forward(circlet.ones(3, 2)):size()                      --> {3, 1}
-- layer:backward(circlet.ones(3, 2), circlet.ones(3, 1)):size() --> {3, 2}
local circlet = require "circlet"
local class = require "circlet.class"
local graph = require "circlet.nn.graph"

local Module = class("nn.Module")

function Module:__init()
  self.output, self.gradInput = circlet.Tensor(), circlet.Tensor()
  self._type = self.output:type()
  self.train = true
end

--- What forward is made of; modules of your own define it.
-- @param input circlet.Tensor|table
-- @return circlet.Tensor|table output
-- @example
-- nn.Square():updateOutput(circlet.Tensor { 3 })    --> {9}
function Module:updateOutput(_) return self.output end
--- The gradient by the input; modules of your own define it.
-- @param input circlet.Tensor|table
-- @param gradOutput circlet.Tensor|table
-- @return circlet.Tensor|table gradInput
-- @example
-- local layer, x = nn.Square(), circlet.Tensor { 3 }
-- layer:forward(x)
-- layer:updateGradInput(x, circlet.Tensor { 1 })    --> {6}
function Module:updateGradInput(_, _) return self.gradInput end
--- Adds scale times the gradients of the parameters to theirs, layer:accGradParameters(input,
-- gradOutput, scale); modules of your own that have parameters define it.
-- @name circlet.nn.Module.accGradParameters
-- @example
-- local layer = nn.Linear(1, 1)
-- layer:zeroGradParameters()
-- layer:forward(circlet.ones(1, 1))
-- layer:accGradParameters(circlet.ones(1, 1), circlet.ones(1, 1), 2)
-- layer.gradWeight    --> {{2}}
function Module.accGradParameters(_, _, _, _) end

--- The output for an input.
-- @param input circlet.Tensor|table
-- @return circlet.Tensor|table output the same tensor from call to call
-- @example
-- nn.Square():forward(circlet.Tensor { 3 })    --> {9}
function Module:forward(input) return self:updateOutput(input) end

--- The gradient by the input; what it means for parameters is added to their gradients.
-- @param input circlet.Tensor|table that of the last forward
-- @param gradOutput circlet.Tensor|table
-- @param scale? number 1 by default: of the gradients of parameters
-- @return circlet.Tensor|table gradInput
-- @example
-- local layer, x = nn.Square(), circlet.Tensor { 3 }
-- layer:forward(x)
-- layer:backward(x, circlet.Tensor { 1 })    --> {6}
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
-- @return circlet.Tensor[]? parameters
-- @return circlet.Tensor[]? gradients
-- @example
-- #nn.Linear(2, 1):parameters(), (nn.Tanh():parameters())    --> 2  nil
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
-- @return circlet.Tensor parameters
-- @return circlet.Tensor gradients
-- @example
-- local net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
-- local weights, gradients = net:getParameters()
-- weights:size()    --> {13}
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

--- Sets the gradients of all parameters to 0.
-- @example
-- local layer = nn.Linear(2, 1)
-- layer:zeroGradParameters()
-- layer.gradWeight    --> {{0, 0}}
function Module:zeroGradParameters()
  local _, gradients = self:parameters()
  for _, g in ipairs(gradients or {}) do g:zero() end
end

--- A step of plain gradient descent.
-- @param learningRate number
-- @example
-- local layer = nn.Linear(1, 1)
-- layer.weight:fill(1)
-- layer.gradWeight:fill(2)
-- layer:updateParameters(0.1)
-- layer.weight    --> {{0.8}}
function Module:updateParameters(learningRate)
  local parameters, gradients = self:parameters()
  for i, p in ipairs(parameters or {}) do p:add(-learningRate, gradients[i]) end
end

--- Has layers such as Dropout act as in training.
-- @example
-- local layer = nn.Dropout()
-- layer:training()
-- layer.train    --> true
function Module:training() self.train = true end
--- Has layers such as Dropout act as in evaluation.
-- @example
-- local layer = nn.Dropout()
-- layer:evaluate()
-- layer.train    --> false
function Module:evaluate() self.train = false end

--- Calls f on this module and on every module inside it, outer ones first.
-- @param f function
-- @example
-- local count = 0
-- nn.Sequential(nn.Tanh(), nn.ReLU()):apply(function() count = count + 1 end)
-- count    --> 3
function Module:apply(f)
  f(self)
  for _, module in ipairs(self.modules or {}) do module:apply(f) end
end

--- Replaces modules by what f returns for them, inner ones after their container.
-- @param f function gets a module, gives the one to stand in its place
-- @return nn.Module module
-- @example
-- local net = nn.Sequential(nn.Tanh(), nn.Linear(2, 2))
-- net:replace(function(m) return circlet.type(m) == "nn.Tanh" and nn.ReLU() or m end)
-- net:get(1)    --> nn.ReLU
function Module:replace(f)
  local new = f(self)
  for i, module in ipairs(new.modules or {}) do new.modules[i] = module:replace(f) end
  return new
end

--- The modules of class `name` (derived classes do not count), and the containers they are in.
-- @param name string "nn.Linear"
-- @param container? table
-- @return nn.Module[] modules
-- @return nn.Module[] containers
-- @example
-- #nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)):findModules "nn.Linear"    --> 2
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
-- @return nn.Module[] modules
-- @example
-- #nn.Sequential(nn.Linear(2, 2), nn.Tanh()):listModules()    --> 3
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
-- @param ... string names of fields
-- @return nn.Module self
-- @example
-- local layer = nn.Tanh()
-- layer:forward(circlet.ones(3))
-- layer:clear("output").output:nElement()    --> 0
function Module:clear(...)
  for _, field in ipairs { ... } do
    if self[field] ~= nil then self[field] = empty(self[field]) end
  end
  return self
end

--- Drops everything that the next forward computes again, so that a saved model is small.
-- @return nn.Module self
-- @example
-- local layer = nn.Tanh()
-- layer:forward(circlet.ones(3))
-- layer:clearState().output:nElement()    --> 0
function Module:clearState() return self:clear("output", "gradInput") end

--- Makes the named tensor fields ("weight", "bias", ...) views of other's.
-- @param other nn.Module
-- @param ... string names of fields
-- @return nn.Module self
-- @example
-- local a, b = nn.Linear(2, 1), nn.Linear(2, 1)
-- a:share(b, "weight")
-- b.weight:fill(7)
-- a.weight    --> {{7, 7}}
function Module:share(other, ...)
  for _, field in ipairs { ... } do
    if self[field] and other[field] then self[field]:set(other[field]) end
  end
  return self
end

--- A deep copy; the fields named are shared with the original instead.
-- @param ...? string names of fields to share
-- @return nn.Module copy
-- @example
-- local a = nn.Linear(2, 1)
-- local b = a:clone("weight")
-- a.weight:fill(7)
-- b.weight    --> {{7, 7}}
function Module:clone(...)
  local copy = graph.copy(self)
  return select("#", ...) > 0 and copy:share(self, ...) or copy
end

--- Without arguments the type's name. With "circlet.FloatTensor", "circlet.DoubleTensor",
-- "circlet.CudaTensor" or "circlet.CudaDoubleTensor" (or Torch7's names) converts every real tensor
-- of the module; integer tensors stay. To a GPU means to the current one. Returns self.
-- @param name? string "circlet.DoubleTensor"
-- @param memo? table tensors that are converted already
-- @return string|nn.Module result
-- @example
-- nn.Linear(2, 1):type("circlet.DoubleTensor").weight:type()    --> circlet.DoubleTensor
function Module:type(name, memo)
  if not name then return self._type end
  graph.convert(self, graph.type_name(name), memo)
  return self
end

--- Converts tensors to one type, parameters and buffers alike; the names say which.
-- @name circlet.nn.Module:float, circlet.nn.Module:double, circlet.nn.Module:cuda,
--   circlet.nn.Module:cudaDouble
-- @return nn.Module self
-- @error cuda and cudaDouble raise where there is no GPU.
-- @example
-- nn.Linear(2, 1):double().weight:type()    --> circlet.DoubleTensor
function Module:float() return self:type("circlet.FloatTensor") end
function Module:double() return self:type("circlet.DoubleTensor") end
function Module:cuda() return self:type("circlet.CudaTensor") end
function Module:cudaDouble() return self:type("circlet.CudaDoubleTensor") end

--- Called after the fields were read from a file: brings up to date what older versions and CUDA
-- left in them. Fields of a damaged file may be anything.
function Module:_upgrade() graph.upgrade_type(self) end

--- Fills the parameters anew; modules that have some override it.
-- @example
-- local layer = nn.Linear(2, 1)
-- layer.weight:fill(7)
-- layer:reset()
-- layer.weight:max() < 1    --> true
function Module.reset(_) end

function Module:__tostring() return class.type(self) end

return Module
