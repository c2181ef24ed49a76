--- nn.Container: a module made of modules, in the list `modules`.
-- @param ...? nn.Module modules to begin with
-- @example
-- nn.Sequential(nn.Tanh(), nn.ReLU()):size()    --> 2
local class = require "circlet.class"
require "circlet.nn.Module"

local Container, parent = class("nn.Container", "nn.Module")

function Container:__init(...)
  parent.__init(self)
  self.modules = {}
  for _, module in ipairs { ... } do self:add(module) end
end

--- Appends a module; returns self.
-- @param module nn.Module
-- @return nn.Container self
-- @example
-- nn.Sequential():add(nn.Tanh()):size()    --> 1
function Container:add(module)
  if not class.is(module, "nn.Module") then
    error(("%s: add expects a module, got %s"):format(class.type(self), class.type(module)), 2)
  end
  self.modules[#self.modules + 1] = module
  return self
end

--- Module `index`; negative ones count from the end.
-- @param index integer
-- @return nn.Module module
-- @example
-- nn.Sequential(nn.Tanh(), nn.ReLU()):get(-1)    --> nn.ReLU
function Container:get(index)
  local at = index < 0 and #self.modules + 1 + index or index
  return self.modules[at]
    or error(("%s: index %s is out of range 1..%d"):format(class.type(self), index,
      #self.modules), 2)
end

--- How many modules it holds directly.
-- @return integer count
-- @example
-- nn.Sequential(nn.Tanh(), nn.ReLU()):size()    --> 2
function Container:size() return #self.modules end

--- Calls f on each module that it holds directly.
-- @param f function
-- @example
-- local count = 0
-- nn.Sequential(nn.Tanh(), nn.ReLU()):applyToModules(function() count = count + 1 end)
-- count    --> 2
function Container:applyToModules(f)
  for _, module in ipairs(self.modules) do f(module) end
end

function Container:zeroGradParameters()
  self:applyToModules(function(module) module:zeroGradParameters() end)
end

function Container:updateParameters(learningRate)
  self:applyToModules(function(module) module:updateParameters(learningRate) end)
end

function Container:training()
  self:applyToModules(function(module) module:training() end)
  parent.training(self)
end

function Container:evaluate()
  self:applyToModules(function(module) module:evaluate() end)
  parent.evaluate(self)
end

function Container:reset(stdv)
  self:applyToModules(function(module) module:reset(stdv) end)
end

function Container:parameters()
  local parameters, gradients = {}, {}
  self:applyToModules(function(module)
    local p, g = module:parameters()
    for i = 1, p and #p or 0 do
      parameters[#parameters + 1], gradients[#gradients + 1] = p[i], g[i]
    end
  end)
  return parameters, gradients
end

function Container:share(other, ...)
  for i, module in ipairs(self.modules) do module:share(other.modules[i], ...) end
  return self
end

--- Containers hand out their last module's output, so dropping state means forgetting it.
function Container:clearState()
  parent.clearState(self)
  self:applyToModules(function(module) module:clearState() end)
  return self
end

-- The text of an inner module, its further lines indented by `indent`.
local function inner(module, indent) return (tostring(module):gsub("\n", "\n" .. indent)) end

--- Modules side by side, as Torch7 draws them.
function Container:_parallel_text()
  local lines = { class.type(self) .. " {", "  input" }
  for i, module in ipairs(self.modules) do
    local last = i == #self.modules
    lines[#lines + 1] = (last and "     `-> " or "    |`-> ")
      .. ("(%d): %s"):format(i, inner(module, last and "         " or "    |    "))
  end
  lines[#lines + 1] = "     ... -> output"
  lines[#lines + 1] = "}"
  return table.concat(lines, "\n")
end

--- Modules one after another.
function Container:_sequence_text()
  local path, lines = { "input" }, {}
  for i, module in ipairs(self.modules) do
    path[#path + 1] = ("(%d)"):format(i)
    lines[i] = ("  (%d): %s"):format(i, inner(module, "  "))
  end
  path[#path + 1] = "output"
  table.insert(lines, 1, class.type(self) .. " {")
  table.insert(lines, 2, ("  [%s]"):format(table.concat(path, " -> ")))
  lines[#lines + 1] = "}"
  return table.concat(lines, "\n")
end

return Container
