--- Adam: `x, { fx } = optim.adam(opfunc, x, config [, state])`.
--
-- config   learningRate       1e-3
--          learningRateDecay  0       the rate of call n (from 0) is learningRate / (1 + n * decay)
--          beta1, beta2       0.9, 0.999
--          epsilon            1e-8
--          weightDecay        0       added to the gradient: d = df/dx + weightDecay * x
-- state    t (steps so far), m and v (running means of d and of d^2)
--
--     m = beta1 * m + (1 - beta1) * d,   v = beta2 * v + (1 - beta2) * d^2
--     x = x - rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
--
-- as in Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015 (Algorithm 1), and
-- in PyTorch. Torch7 adds epsilon to sqrt(v) before it corrects v, which makes epsilon larger in
-- the first steps. Raises for a missing opfunc or gradient, settings out of range, and tensors that
-- differ from x in type or size.
-- @param opfunc function gets x, gives f(x) and df/dx
-- @param x circlet.Tensor Float or Double, updated in place
-- @param config? table settings, as above
-- @param state? table what is remembered; config by default
-- @return circlet.Tensor x
-- @return number[] fx the values of f seen
-- @example
-- local x, config = circlet.DoubleTensor { 3 }, { learningRate = 0.1 }
-- local function square(p) return p[1] ^ 2, p * 2 end
-- for _ = 1, 50 do optim.adam(square, x, config) end
-- math.abs(x[1]) < 3    --> true
local moments = require "circlet.optim.moments"

return function(opfunc, x, config, state)
  return moments("adam", false, opfunc, x, config, state)
end
