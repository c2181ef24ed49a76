--- Stochastic gradient descent with momentum: `x, { fx } = optim.sgd(opfunc, x, config [, state])`.
--
-- config   learningRate       1e-3
--          learningRateDecay  0       the rate of call n (from 0) is learningRate / (1 + n * decay)
--          weightDecay        0       d = df/dx + weightDecay * x
--          weightDecays       nil     a tensor like x instead of the number, which goes first
--          momentum           0       v = momentum * v + (1 - dampening) * d; v = d the first time
--          dampening          momentum
--          nesterov           false   d = d + momentum * v instead of v; needs dampening = 0
--          learningRates      nil     a tensor like x: a factor of the rate for each element
-- state    evalCounter (calls so far), dfdx (the velocity v)
--
-- Names and formulas are Torch7's; PyTorch's SGD computes the same, with dampening 0 by default.
-- Raises for a missing opfunc or gradient and for tensors that differ from x in type or size.
-- @param opfunc function gets x, gives f(x) and df/dx
-- @param x circlet.Tensor Float or Double, updated in place
-- @param config? table settings, as above
-- @param state? table what is remembered; config by default
-- @return circlet.Tensor x
-- @return number[] fx the values of f seen
-- @example
-- local x, config = circlet.DoubleTensor { 3 }, { learningRate = 0.1 }
-- local function square(p) return p[1] ^ 2, p * 2 end
-- for _ = 1, 50 do optim.sgd(square, x, config) end
-- math.abs(x[1]) < 3    --> true
local arguments = require "circlet.optim.arguments"
local step = require("circlet.core").optim.sgd
local number = arguments.number

return function(opfunc, x, config, state)
  config, state = arguments.tables("sgd", config, state)
  local calls = number("sgd", state, "evalCounter", 0)
  local rate = number("sgd", config, "learningRate", 1e-3)
    / (1 + calls * number("sgd", config, "learningRateDecay", 0))
  local decay = number("sgd", config, "weightDecay", 0)
  local momentum = number("sgd", config, "momentum", 0)
  local dampening = number("sgd", config, "dampening", momentum)
  local nesterov = config.nesterov or false
  if nesterov and (momentum <= 0 or dampening ~= 0) then
    error("sgd: nesterov needs a momentum above 0 and dampening = 0", 2)
  end

  local fx, gradient = arguments.evaluate("sgd", opfunc, x)
  local velocity = momentum ~= 0 and arguments.moments(state, "dfdx", x) or nil
  local decays = decay == 0 and config.weightDecays or nil
  step(x, gradient, velocity, config.learningRates, decays, rate, decay, momentum, dampening,
    nesterov, not state.dfdx)
  state.dfdx = velocity or state.dfdx
  state.evalCounter = calls + 1
  return x, { fx }
end
