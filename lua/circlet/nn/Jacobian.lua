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
-- @param module nn.Module Double
-- @param input circlet.DoubleTensor
-- @param param? circlet.Tensor
-- @param gradient? circlet.Tensor
-- @return circlet.DoubleTensor jacobian
-- @example
-- local module, x = nn.Tanh():double(), circlet.DoubleTensor(3, 4):uniform(-1, 1)
-- nn.Jacobian.backward(module, x):size()    --> {12, 12}
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
-- @param module nn.Module Double
-- @param input circlet.DoubleTensor
-- @param param? circlet.Tensor
-- @param perturbation? number 1e-6 by default
-- @return circlet.DoubleTensor jacobian
-- @example
-- local module, x = nn.Tanh():double(), circlet.DoubleTensor(3, 4):uniform(-1, 1)
-- nn.Jacobian.forward(module, x):dist(nn.Jacobian.backward(module, x)) < 1e-6    --> true
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
-- @param module nn.Module Double
-- @param input circlet.DoubleTensor
-- @param minval? number -2 by default
-- @param maxval? number 2 by default
-- @param perturbation? number 1e-6 by default
-- @return number error
-- @example
-- local module, x = nn.Tanh():double(), circlet.DoubleTensor(3, 4):uniform(-1, 1)
-- nn.Jacobian.testJacobian(module, x) < 1e-6    --> true
function Jacobian.testJacobian(module, input, minval, maxval, perturbation)
  fill(input, minval, maxval)
  return difference(Jacobian.forward(module, input, nil, perturbation),
    Jacobian.backward(module, input))
end

--- The greatest error of the gradient of one parameter, param, whose gradient stands in dparam.
-- @param module nn.Module Double
-- @param input circlet.DoubleTensor
-- @param param circlet.DoubleTensor
-- @param dparam circlet.DoubleTensor
-- @param minval? number -2 by default
-- @param maxval? number 2 by default
-- @param perturbation? number 1e-6 by default
-- @return number error
-- @example
-- local module, x = nn.Linear(4, 2):double(), circlet.DoubleTensor(3, 4):uniform(-1, 1)
-- nn.Jacobian.testJacobianParameters(module, x, module.weight, module.gradWeight) < 1e-6  --> true
function Jacobian.testJacobianParameters(module, input, param, dparam, minval, maxval, perturbation)
  fill(input, minval, maxval)
  fill(param, minval, maxval)
  return difference(Jacobian.forward(module, input, param, perturbation),
    Jacobian.backward(module, input, param, dparam))
end

--- The greatest error of a criterion's gradInput.
-- @param criterion nn.Criterion Double
-- @param input circlet.DoubleTensor
-- @param target circlet.Tensor|number
-- @param perturbation? number 1e-6 by default
-- @return number error
-- @example
-- local x, y = circlet.DoubleTensor { 1, 2 }, circlet.DoubleTensor { 3, 5 }
-- nn.Jacobian.testCriterion(nn.MSECriterion():double(), x, y) < 1e-6    --> true
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
-- @param module nn.Module
-- @param input circlet.Tensor
-- @param minval? number -2 by default
-- @param maxval? number 2 by default
-- @return number forward_error
-- @return number backward_error
-- @example
-- local module, x = nn.Tanh():double(), circlet.DoubleTensor(3, 4):uniform(-1, 1)
-- nn.Jacobian.testIO(module, x)    --> 0  0
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
