--- Adagrad: `x, { fx } = optim.adagrad(opfunc, x, config [, state])`.
--
-- config   learningRate       1e-3
--          learningRateDecay  0       the rate of call n (from 0) is learningRate / (1 + n * decay)
--          weightDecay        0       d = df/dx + weightDecay * x
-- state    evalCounter (calls so far), paramVariance (the sum of d^2), and room: paramStd, decayed
--
--     s = s + d^2,   x = x - rate * d / (sqrt(s) + 1e-10)
--
-- Duchi, Hazan and Singer, JMLR 12, 2011; names and defaults are Torch7's. Raises as the other
-- optimisers do.
-- @param opfunc function gets x, gives f(x) and df/dx
-- @param x circlet.Tensor Float or Double, updated in place
-- @param config? table settings, as above
-- @param state? table what is remembered; config by default
-- @return circlet.Tensor x
-- @return number[] fx the values of f seen
-- @example
-- local x, config = circlet.DoubleTensor { 3 }, { learningRate = 0.1 }
-- local function square(p) return p[1] ^ 2, p * 2 end
-- for _ = 1, 50 do optim.adagrad(square, x, config) end
-- math.abs(x[1]) < 3    --> true
local arguments = require "circlet.optim.arguments"
local number = arguments.number

return function(opfunc, x, config, state)
  config, state = arguments.tables("adagrad", config, state)
  local calls = number("adagrad", state, "evalCounter", 0)
  local rate = number("adagrad", config, "learningRate", 1e-3)
    / (1 + calls * number("adagrad", config, "learningRateDecay", 0))
  local decay = number("adagrad", config, "weightDecay", 0)

  local fx, gradient = arguments.evaluate("adagrad", opfunc, x)
  arguments.check_gradient("adagrad", x, gradient)
  -- Everything is there before anything changes: a call that runs out of memory has done nothing.
  local sum = arguments.moments(state, "paramVariance", x)
  local room = arguments.moments(state, "paramStd", x)
  local d = gradient
  if decay ~= 0 then
    d = arguments.moments(state, "decayed", x)
    d:mul(x, decay):add(gradient)
    state.decayed = d
  end
  state.paramVariance, state.paramStd, state.evalCounter = sum, room, calls + 1
  sum:addcmul(1, d, d)
  x:addcdiv(-rate, d, room:sqrt(sum):add(1e-10))
  return x, { fx }
end
