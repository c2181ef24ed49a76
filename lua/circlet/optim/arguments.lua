-- What the optimisers check alike. Errors point at the caller of the optimiser.
local core = require "circlet.core"

local arguments = {}

--- Calls opfunc(x) and returns f and df/dx.
function arguments.evaluate(name, opfunc, x)
  local metatable = getmetatable(opfunc)
  if type(opfunc) ~= "function" and not (type(metatable) == "table" and metatable.__call) then
    error(("%s: opfunc must be a function that returns f and df/dx, got %s"):format(name,
      type(opfunc)), 3)
  end
  if not core.isTensor(x) then
    error(("%s: x must be a tensor, got %s"):format(name, type(x)), 3)
  end
  local fx, gradient = opfunc(x)
  if not core.isTensor(gradient) then
    error(("%s: opfunc must return f and df/dx, a tensor; got %s and %s"):format(name, type(fx),
      type(gradient)), 3)
  end
  return fx, gradient
end

--- Raises unless the gradient has the type and size of x.
function arguments.check_gradient(name, x, gradient)
  if gradient:type() ~= x:type() or not gradient:isSameSizeAs(x) then
    local function text(t) return table.concat(t:size():totable(), "x") .. " of " .. t:type() end
    error(("%s: df/dx must be %s, got %s"):format(name, text(x), text(gradient)), 3)
  end
end

--- The tables of settings and of state.
function arguments.tables(name, config, state)
  if config == nil then config = {} end
  if state == nil then state = config end
  if type(config) ~= "table" or type(state) ~= "table" then
    error(("%s: config and state must be tables, got %s and %s"):format(name, type(config),
      type(state)), 3)
  end
  return config, state
end

--- config[key], a number within [low, high), or the default.
function arguments.number(name, config, key, default, low, high)
  local value = config[key]
  if value == nil then return default end
  if type(value) ~= "number" then
    error(("%s: %s must be a number, got %s"):format(name, key, type(value)), 3)
  end
  if low and not (value >= low and value < high) then
    error(("%s: %s must be at least %g and below %g, got %g"):format(name, key, low, high,
      value), 3)
  end
  return value
end

--- The state tensor `key`, or a new one of zeros like x.
function arguments.moments(state, key, x)
  return state[key] or x.new():resizeAs(x):zero()
end

return arguments
