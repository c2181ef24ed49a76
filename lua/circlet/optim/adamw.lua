--- AdamW: `x, { fx } = optim.adamw(opfunc, x, config [, state])`.
--
-- Adam (settings, state and formulas as in optim.adam) with decoupled weight decay: x shrinks by
-- the factor 1 - rate * weightDecay before the step, and the decay stays out of m and v. By default
-- weightDecay is 1e-2. Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019;
-- the decay is scaled by the rate, as in PyTorch.
local moments = require "circlet.optim.moments"

return function(opfunc, x, config, state)
  return moments("adamw", true, opfunc, x, config, state)
end
