--- Compares a gradient with central differences:
-- `diff, dC, dC_est = optim.checkgrad(opfunc, x [, eps])`.
--
-- opfunc(x) returns f and df/dx. Returns |dC - dC_est| / |dC + dC_est| (Euclidean norms; 0 when the
-- two are equal), the gradient that opfunc gave, and the estimate. eps is the step, by default 1e-7
-- for Double and 1e-3 for Float, of which three digits can be expected. x is restored.
-- @param opfunc function
-- @param x circlet.Tensor
-- @param eps? number
-- @return number diff
-- @return circlet.Tensor dC
-- @return circlet.Tensor dC_est
-- @example
-- local x = circlet.DoubleTensor { 1, 2 }
-- local diff = optim.checkgrad(function(p) return p:dot(p), p * 2 end, x)
-- diff < 1e-6    --> true
local arguments = require "circlet.optim.arguments"

return function(opfunc, x, eps)
  local _, gradient = arguments.evaluate("checkgrad", opfunc, x)
  if gradient:nElement() ~= x:nElement() then
    error(("checkgrad: x has %d elements but the gradient has %d"):format(x:nElement(),
      gradient:nElement()), 2)
  end
  eps = eps or (x:type():find("Double") and 1e-7 or 1e-3)
  gradient = gradient:clone()
  local estimate = gradient:clone()
  if x:nElement() == 0 then return 0, gradient, estimate end
  local point, saved = x:clone():view(-1), x:clone():view(-1)
  local given, flat = gradient:view(-1), estimate:view(-1)
  local difference, sum = 0, 0
  for i = 1, point:nElement() do
    local function f(shift)
      point[i] = saved[i] + shift
      x:copy(point)
      return (opfunc(x)), point[i]
    end
    local above, right = f(eps)
    local below, left = f(-eps)
    point[i] = saved[i]
    flat[i] = (above - below) / (right - left)
    difference = difference + (given[i] - flat[i]) ^ 2
    sum = sum + (given[i] + flat[i]) ^ 2
  end
  x:copy(saved)
  return difference == 0 and 0 or math.sqrt(difference / sum), gradient, estimate
end
