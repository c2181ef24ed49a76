--- AdamW: `x, { fx } = optim.adamw(opfunc, x, config [, state])`.
--
-- Adam (settings, state and formulas as in optim.adam) with decoupled weight decay: x shrinks by
-- the factor 1 - rate * weightDecay before the step, and the decay stays out of m and v. By default
-- weightDecay is 1e-2. Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019;
-- the decay is scaled by the rate, as in PyTorch.
-- @param opfunc function gets x, gives f(x) and df/dx
-- @param x circlet.Tensor Float or Double, updated in place
-- @param config? table settings, as above
-- @param state? table what is remembered; config by default
-- @return circlet.Tensor x
-- @return number[] fx the values of f seen
-- @example
-- local x, config = circlet.DoubleTensor { 3 }, { learningRate = 0.1 }
-- local function square(p) return p[1] ^ 2, p * 2 end
-- for _ = 1, 50 do optim.adamw(square, x, config) end
-- math.abs(x[1]) < 3    --> true
local moments = require "circlet.optim.moments"

return function(opfunc, x, config, state)
  return moments("adamw", true, opfunc, x, config, state)
end
