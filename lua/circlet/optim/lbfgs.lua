--- L-BFGS: `x, { f1, f2, ... }, evaluations = optim.lbfgs(opfunc, x, config [, state])`.
--
-- One call makes up to maxIter steps, each along minus H times the gradient, where H, an estimate
-- of the inverse Hessian, is held as the last nCorrection pairs of step and change of the gradient
-- (Nocedal, "Updating Quasi-Newton Matrices with Limited Storage", 1980). A further call with the
-- same state goes on with the same estimate.
--
-- config   maxIter            20      steps a call
--          maxEval            1.25 * maxIter    evaluations a call
--          tolFun             1e-5    ends when the gradient's absolute values sum to no more
--          tolX               1e-9    ends when those of a step do, or f changes by less
--          nCorrection        100     pairs kept
--          learningRate       1       factor of each step without a line search
--          lineSearch         nil     a function such as optim.lswolfe, highly advisable where
--                                     opfunc always gives the same f for the same x
--          lineSearchOptions  nil     its options
-- state    funcEval, nIter (counts over all calls) and the estimate
--
-- The list holds f before the first step and after each evaluation that a step ended with; the last
-- but for maxIter reached without a line search, where f at the final x is not computed. Raises as
-- the other optimisers do.
-- @param opfunc function gets x, gives f(x) and df/dx
-- @param x circlet.Tensor Float or Double, updated in place
-- @param config? table settings, as above
-- @param state? table what is remembered; config by default
-- @return circlet.Tensor x
-- @return number[] fx the values of f seen
-- @example
-- local x, config = circlet.DoubleTensor { 3 }, { maxIter = 5 }
-- local function square(p) return p[1] ^ 2, p * 2 end
-- for _ = 1, 50 do optim.lbfgs(square, x, config) end
-- math.abs(x[1]) < 3    --> true
local arguments = require "circlet.optim.arguments"
local number = arguments.number

local function magnitude(t) return t:nElement() > 0 and t:clone():abs():sum() or 0 end

-- Takes in the pair (step, change of the gradient) when its curvature is positive.
local function learn(state, gradient, corrections)
  local change = gradient:clone():add(-1, state.prev_g)
  local step = state.d:clone():mul(state.t)
  local curvature = change:dot(step)
  if curvature <= 1e-10 then return end
  if #state.old_dirs == corrections then
    table.remove(state.old_dirs, 1)
    table.remove(state.old_stps, 1)
  end
  table.insert(state.old_dirs, step)
  table.insert(state.old_stps, change)
  state.Hdiag = curvature / change:dot(change)
end

-- Minus H times the gradient, by the two loops over the pairs.
local function direction(state, gradient)
  local steps, changes, inverse, share = state.old_dirs, state.old_stps, {}, {}
  local q = -gradient
  for i = #steps, 1, -1 do
    inverse[i] = 1 / changes[i]:dot(steps[i])
    share[i] = steps[i]:dot(q) * inverse[i]
    q:add(-share[i], changes[i])
  end
  q:mul(state.Hdiag)
  for i = 1, #steps do
    q:add(share[i] - changes[i]:dot(q) * inverse[i], steps[i])
  end
  return q
end

-- A step along state.d: f and the gradient after it, the step's length and the evaluations. Without
-- a line search the last step of a call is not evaluated.
local function move(opfunc, x, config, state, f, gradient, slope, last)
  if config.lineSearch then
    local found, new_gradient, _, t, evaluations = config.lineSearch(opfunc, x, state.t, state.d, f,
      gradient, slope, config.lineSearchOptions)
    state.t = t
    return found, new_gradient, evaluations
  end
  x:add(state.t, state.d)
  if last then return f, gradient, 0 end
  f, gradient = arguments.evaluate("lbfgs", opfunc, x)
  return f, gradient, 1
end

return function(opfunc, x, config, state)
  config, state = arguments.tables("lbfgs", config, state)
  local max_iter = number("lbfgs", config, "maxIter", 20)
  local max_eval = number("lbfgs", config, "maxEval", max_iter * 1.25)
  local tol_fun = number("lbfgs", config, "tolFun", 1e-5)
  local tol_x = number("lbfgs", config, "tolX", 1e-9)
  local corrections = number("lbfgs", config, "nCorrection", 100, 1, math.huge)
  local rate = number("lbfgs", config, "learningRate", 1)
  if config.lineSearch ~= nil and type(config.lineSearch) ~= "function" then
    error("lbfgs: lineSearch must be a function, got " .. type(config.lineSearch), 2)
  end

  local f, gradient = arguments.evaluate("lbfgs", opfunc, x)
  arguments.check_gradient("lbfgs", x, gradient)
  local history, evaluations = { f }, 1
  state.funcEval = (state.funcEval or 0) + 1
  state.nIter = state.nIter or 0

  for iteration = 1, magnitude(gradient) <= tol_fun and 0 or max_iter do
    state.nIter = state.nIter + 1
    if not state.prev_g then
      state.old_dirs, state.old_stps, state.Hdiag = {}, {}, 1
    else
      learn(state, gradient, corrections)
    end
    local first = #state.old_dirs == 0
    state.d = direction(state, gradient)
    state.prev_g = gradient:clone() -- opfunc may use one tensor for all its gradients
    local slope, before = gradient:dot(state.d), f
    if slope > -tol_x then break end
    state.t = first and math.min(1, 1 / magnitude(gradient)) * rate or rate

    local spent
    f, gradient, spent = move(opfunc, x, config, state, f, gradient, slope, iteration == max_iter)
    if spent > 0 then history[#history + 1] = f end
    evaluations, state.funcEval = evaluations + spent, state.funcEval + spent

    local done = evaluations >= max_eval or magnitude(gradient) <= tol_fun
      or magnitude(state.d) * state.t <= tol_x
    if done or spent > 0 and math.abs(f - before) < tol_x then break end
  end
  return x, history, evaluations
end
