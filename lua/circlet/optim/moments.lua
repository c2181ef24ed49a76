-- The step that Adam and AdamW share; they differ in where weightDecay goes.
local arguments = require "circlet.optim.arguments"
local step = require("circlet.core").optim.adam
local number = arguments.number

--- For tail calls from the optimiser `name`, so that errors point at its caller.
return function(name, decoupled, opfunc, x, config, state)
  config, state = arguments.tables(name, config, state)
  local steps = number(name, state, "t", 0)
  local rate = number(name, config, "learningRate", 1e-3)
    / (1 + steps * number(name, config, "learningRateDecay", 0))
  local beta1 = number(name, config, "beta1", 0.9, 0, 1)
  local beta2 = number(name, config, "beta2", 0.999, 0, 1)
  local epsilon = number(name, config, "epsilon", 1e-8)
  local decay = number(name, config, "weightDecay", decoupled and 1e-2 or 0)

  local fx, gradient = arguments.evaluate(name, opfunc, x)
  local m, v = arguments.moments(state, "m", x), arguments.moments(state, "v", x)
  step(x, gradient, m, v, steps + 1, rate, beta1, beta2, epsilon, decay, decoupled)
  state.m, state.v, state.t = m, v, steps + 1
  return x, { fx }
end
