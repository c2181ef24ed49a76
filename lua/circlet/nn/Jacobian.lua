--- nn.Jacobian: gradients of modules and criterions compared with central differences, under
-- Torch7's names. The tests return the greatest absolute difference found; at Double precision and
-- values of order 1, 1e-6 and less is right.
--
--     local jac = nn.Jacobian
--     local module, input = nn.Tanh():double(), circlet.DoubleTensor(3, 4)
--     print(jac.testJacobian(module, input) < 1e-6)                       -- true
--
-- Inputs are filled with numbers uniform in [minval, maxval) (default -2, 2). Modules and inputs
-- must be Double: of Float only three digits can be expected. Raises for an input that is no
-- tensor.
local circlet = require "circlet"

local Jacobian = {}

local function fill(t, minval, maxval)
  if not circlet.isTensor(t) then
    error("nn.Jacobian: a tensor expected, got " .. circlet.type(t), 3)
  end
  return t:uniform(minval or -2, maxval or 2)
end

--- The Jacobian by back-propagation, d output / d input (or d output / d `param`, whose gradient
-- stands in `gradient`): [elements of input, elements of output].
function Jacobian.backward(module, input, param, gradient)
  local output = module:forward(input):clone()
  local one = output:clone():zero()
  local flat = one:view(-1)
  local jacobian = output:new((param or input):nElement(), flat:nElement())
  for i = 1, flat:nElement() do
    flat:zero()
    flat[i] = 1
    if gradient then module:zeroGradParameters() end
    module:forward(input)
    local gradInput = module:updateGradInput(input, one)
    if gradient then module:accGradParameters(input, one, 1) end
    jacobian:select(2, i):copy((gradient or gradInput):contiguous():view(-1))
  end
  return jacobian
end

--- The same by central differences of step `perturbation` (1e-6).
function Jacobian.forward(module, input, param, perturbation)
  local step = perturbation or 1e-6
  local t = param or input
  local flat, jacobian = t:view(-1), nil
  for i = 1, flat:nElement() do
    local kept = flat[i]
    flat[i] = kept + step
    local above = module:forward(input):clone()
    flat[i] = kept - step
    local below = module:forward(input)
    flat[i] = kept
    jacobian = jacobian or above:new(flat:nElement(), above:nElement())
    jacobian[i]:copy(above:add(-1, below):div(2 * step):view(-1))
  end
  return jacobian
end

local function difference(a, b)
  return a:nElement() == 0 and 0 or (a - b):abs():max()
end

--- The greatest error of gradInput.
function Jacobian.testJacobian(module, input, minval, maxval, perturbation)
  fill(input, minval, maxval)
  return difference(Jacobian.forward(module, input, nil, perturbation),
    Jacobian.backward(module, input))
end

--- The greatest error of the gradient of one parameter, param, whose gradient stands in dparam.
function Jacobian.testJacobianParameters(module, input, param, dparam, minval, maxval, perturbation)
  fill(input, minval, maxval)
  fill(param, minval, maxval)
  return difference(Jacobian.forward(module, input, param, perturbation),
    Jacobian.backward(module, input, param, dparam))
end

--- The greatest error of a criterion's gradInput.
function Jacobian.testCriterion(criterion, input, target, perturbation)
  local step, flat, worst = perturbation or 1e-6, input:view(-1), 0
  criterion:forward(input, target)
  local gradient = criterion:backward(input, target):clone():view(-1)
  for i = 1, flat:nElement() do
    local kept = flat[i]
    flat[i] = kept + step
    local above = criterion:forward(input, target)
    flat[i] = kept - step
    local below = criterion:forward(input, target)
    flat[i] = kept
    worst = math.max(worst, math.abs((above - below) / (2 * step) - gradient[i]))
  end
  return worst
end

--- What is lost when a module is saved and read again: the greatest differences of output and of
-- gradInput, 0 and 0 for a sound module.
function Jacobian.testIO(module, input, minval, maxval)
  fill(input, minval, maxval)
  local output = module:forward(input):clone()
  local gradOutput = output:clone():uniform(-1, 1)
  module:zeroGradParameters()
  local gradInput = module:backward(input, gradOutput):clone()
  local read = circlet.deserialize(circlet.serialize(module))
  local again = read:forward(input):clone()
  read:zeroGradParameters()
  return difference(output, again), difference(gradInput, read:backward(input, gradOutput))
end

return Jacobian
