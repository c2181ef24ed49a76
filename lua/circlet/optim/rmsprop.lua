--- RMSprop: `x, { fx } = optim.rmsprop(opfunc, x, config [, state])`.
--
-- config   learningRate  1e-2
--          alpha         0.99    how slowly the mean square m follows
--          epsilon       1e-8
--          weightDecay   0       d = df/dx + weightDecay * x
--          initialMean   0       m before the first call
-- state    m (running mean of d^2), and room: tmp, decayed
--
--     m = alpha * m + (1 - alpha) * d^2,   x = x - learningRate * d / (sqrt(m) + epsilon)
--
-- Tieleman and Hinton, Coursera "Neural Networks for Machine Learning", lecture 6.5, 2012; names
-- and defaults are Torch7's. Raises as the other optimisers do.
-- @param opfunc function gets x, gives f(x) and df/dx
-- @param x circlet.Tensor Float or Double, updated in place
-- @param config? table settings, as above
-- @param state? table what is remembered; config by default
-- @return circlet.Tensor x
-- @return number[] fx the values of f seen
-- @example
-- local x, config = circlet.DoubleTensor { 3 }, { learningRate = 0.1 }
-- local function square(p) return p[1] ^ 2, p * 2 end
-- for _ = 1, 50 do optim.rmsprop(square, x, config) end
-- math.abs(x[1]) < 3    --> true
local arguments = require "circlet.optim.arguments"
local number = arguments.number

return function(opfunc, x, config, state)
  config, state = arguments.tables("rmsprop", config, state)
  local rate = number("rmsprop", config, "learningRate", 1e-2)
  local alpha = number("rmsprop", config, "alpha", 0.99, 0, 1)
  local epsilon = number("rmsprop", config, "epsilon", 1e-8)
  local decay = number("rmsprop", config, "weightDecay", 0)
  local initial = number("rmsprop", config, "initialMean", 0)

  local fx, gradient = arguments.evaluate("rmsprop", opfunc, x)
  arguments.check_gradient("rmsprop", x, gradient)
  -- Everything is there before anything changes: a call that runs out of memory has done nothing.
  local m, room = state.m or x:clone():fill(initial), arguments.moments(state, "tmp", x)
  local d = gradient
  if decay ~= 0 then
    d = arguments.moments(state, "decayed", x)
    d:mul(x, decay):add(gradient)
    state.decayed = d
  end
  state.m, state.tmp = m, room
  m:mul(alpha):addcmul(1 - alpha, d, d)
  x:addcdiv(-rate, d, room:sqrt(m):add(epsilon))
  return x, { fx }
end
