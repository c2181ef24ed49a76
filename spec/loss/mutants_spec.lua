-- What public implementations of Circle Loss get wrong, each as a mutant of the plain Lua version,
-- judged by the function that the true implementations pass: the oracle on chosen batches.
local circlet = require "circlet"
local core = require "circlet.core"
local cases = require "spec.loss.circle_cases"
local circle_lua = require "spec.loss.circle_lua"

local steps = circle_lua.steps

--- A batch and its options. `shows` names the mutants that it is here for.
local problems = {
  { shows = "every mistake in the formula", m = 0.25, gamma = 8,
    x = { { 2, 0 }, { 1.9, 0.7 }, { 1, -0.4 }, { 0.4, 2 }, { 1.2, 1 }, { -1, 0.3 } },
    labels = { 1, 1, 1, 2, 2, 2 } },
  { shows = "logits beyond what exp can hold", m = 0.25, gamma = 256,
    x = { { 1, 0.1 }, { -1, 0.2 }, { 0.5, -1 }, { 0.2, 1 } }, labels = { 1, 1, 2, 2 } },
  { shows = "anchors without a positive", m = 0.25, gamma = 8,
    x = { { 2, 0 }, { 1.9, 0.7 }, { 1, -0.4 }, { 0.4, 2 }, { 1.2, 1 } },
    labels = { 1, 1, 2, 3, 4 } },
  { shows = "anchors without a negative: nobody has one", m = 0.25, gamma = 8,
    x = { { 2, 0 }, { 1.9, 0.7 }, { 1, -0.4 } }, labels = { 5, 5, 5 } },
  { shows = "valid anchors whose loss underflows", m = 0.25, gamma = 2e4,
    x = { { 1, 0, 0 }, { 1, 0, 0 }, { -1, 0, 0 }, { -1, 0, 0 }, { 0, 1, 0.1 }, { 0, 1, 1 },
      { 0, 1, 0.5 } }, labels = { 1, 1, 2, 2, 3, 3, 4 } },
  { shows = "clamped weights: negatives below -m, and positives above 1+m", m = -0.2, gamma = 8,
    x = { { 2, 0 }, { 1.9, 0.3 }, { 1, -0.9 }, { -0.4, 2 }, { -1.2, 1 }, { -1, 0.3 } },
    labels = { 1, 1, 2, 2, 3, 3 } },
}

--- The one check: loss and gradient of every problem within the bars of Double, for
-- circle_loss(x, labels, opts) -> loss, grad. Returns what was wrong and where, or nil.
local function fault_of(circle_loss)
  for _, problem in ipairs(problems) do
    local x, labels = circlet.DoubleTensor(problem.x), circlet.LongTensor(problem.labels)
    local opts = { m = problem.m, gamma = problem.gamma }
    local loss, grad, facts = core.ref_circle_loss(x, labels, opts)
    local got_loss, got = circle_loss(x, labels, opts)
    local fault = cases.fault("Double", opts, { loss = got_loss, grads = { got } },
      { loss = loss, grads = { grad }, facts = facts })
    if fault then return fault, problem.shows end
  end
end

--- The plain Lua version as such a function, with some steps replaced.
local function implementation(replaced)
  return function(x, labels, opts)
    local loss, grad = circle_lua.loss({ x = x:totable(), labels = labels:totable() }, opts,
      replaced)
    return loss, circlet.DoubleTensor(grad)
  end
end

--- log(sum(exp(l))) as it stands.
local function plain_sum(list)
  local sum = 0
  for _, l in ipairs(list) do sum = sum + math.exp(l) end
  return math.log(sum)
end

--- Each mistake, and the problem that must show it when it is the only one given.
local mutants = {
  { name = "exp without a shift", shown_by = 2, steps = { log_sum_exp = plain_sum } },
  { name = "masked pairs left in the sums as exp(0)", shown_by = 1, steps = {
    log_sum_exp = function(list, masked)
      local all = { table.unpack(list) }
      for _ = 1, masked do all[#all + 1] = 0 end
      return steps.log_sum_exp(all)
    end } },
  { name = "log(1+P) + log(1+N) in place of softplus", shown_by = 1, steps = {
    combine = function(lse_p, lse_n)
      local p, share_p = steps.combine(lse_p, 0)
      local n, share_n = steps.combine(lse_n, 0)
      return p + n, share_p, share_n
    end } },
  { name = "O_p + s_p for the weight of a positive", shown_by = 1, steps = {
    alpha_p = function(s, m) return math.max(1 + m + s, 0) end } },
  { name = "no clamp of the weights in the backward pass", shown_by = 6, steps = {
    backward_alpha = function(_, s, m, positive) return positive and 1 + m - s or s + m end } },
  { name = "the mean over anchors that have no positive", shown_by = 3, steps = {
    is_counted = function() return true end } },
  { name = "underflowed anchors dropped from the mean", shown_by = 5, steps = {
    is_counted = function(_, loss) return loss > 0 end } },
  { name = "no clamp of the weights at all", shown_by = 6, steps = {
    alpha_p = function(s, m) return 1 + m - s end, alpha_n = function(s, m) return s + m end } },
  { name = "a loss for anchors without a positive", shown_by = 3, steps = {
    is_valid = function(_, negatives) return negatives > 0 end,
    log_sum_exp = function(list) return #list > 0 and steps.log_sum_exp(list) or 0 end } },
  { name = "a loss for anchors without a negative", shown_by = 4, steps = {
    is_valid = function(positives) return positives > 0 end,
    log_sum_exp = function(list) return #list > 0 and steps.log_sum_exp(list) or 0 end } },
  { name = "cos(m*theta) - gamma at the target, often copied under this name", shown_by = 1,
    steps = {
      alpha_p = function(s, m)
        return math.cos(m * math.acos(math.max(-1, math.min(1, s))))
      end } },
}

describe("the check of Circle Loss", function()
  it("accepts circlet's own", function()
    local fault, shows = fault_of(circlet.circle_loss)
    assert(not fault, ("%s on %s"):format(fault, shows))
  end)

  it("accepts the formula in plain Lua", function()
    local fault, shows = fault_of(implementation {})
    assert(not fault, ("%s on %s"):format(fault, shows))
  end)

  for _, mutant in ipairs(mutants) do
    it("catches " .. mutant.name, function()
      assert(fault_of(implementation(mutant.steps)), "the mutant passed")
      local all = problems
      problems = { all[mutant.shown_by] }
      local fault, shows = fault_of(implementation(mutant.steps))
      problems = all
      assert(fault, "not shown by the problem that is here for it")
      assert.equal(all[mutant.shown_by].shows, shows)
    end)
  end

  it("catches a gradient that went through the weights when they are to be held fixed", function()
    assert(fault_of(function(x, labels, opts)
      return circlet.circle_loss(x, labels,
        { m = opts.m, gamma = opts.gamma, through_alpha = true })
    end))
  end)
end)
