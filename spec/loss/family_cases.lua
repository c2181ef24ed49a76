-- The losses of the family as the specs try them: options, and how sharp each is. One entry a loss.
local assert = require "luassert"
local circlet = require "circlet"
local core = require "circlet.core"
local support = require "spec.support"

local cases = {}

--- name: as in circlet.<name>_loss; parameters: above: greater than 0; options: each is tried
-- on every kind of data; sharp(opts): the largest slope of a logit by its similarity, to which
-- rounding errors of similarities are magnified; measured: has the option measure; unweighted: it
-- takes no weights; floor: by what part of `sharp` a similarity's error changes a loss, whatever
-- the weights.
-- A distance d = sqrt(2 - 2s) errs by e/d and its slope by e/d^2 of itself where s errs by e; d is
-- above a tenth in the data tried, or 0.
local function by_distance(opts) return opts.measure == "similarity" and 1 or 100 end

cases.losses = {
  {
    name = "unified", criterion = "UnifiedCriterion", batch = true,
    parameters = { { "m" }, { "gamma", above = true } },
    options = { { gamma = 1, m = 0 }, { gamma = 64 }, { gamma = 256, m = 0.4 }, {} },
    sharp = function(opts) return opts.gamma or 256 end,
  },
  {
    name = "multi_similarity", criterion = "MultiSimilarityCriterion",
    parameters = { { "alpha", above = true }, { "beta", above = true }, { "base" } },
    options = { {}, { alpha = 1, beta = 1, base = 0 }, { alpha = 20, beta = 200, base = 0.8 } },
    sharp = function(opts) return math.max(opts.alpha or 2, opts.beta or 50) end,
  },
  {
    name = "contrastive", criterion = "ContrastiveCriterion", measured = true,
    parameters = { { "pos_margin" }, { "neg_margin" } },
    options = { {}, { pos_margin = 0.3, neg_margin = 1.2 },
      { measure = "similarity", pos_margin = 0.9, neg_margin = 0.1 } },
    sharp = by_distance,
  },
  {
    name = "triplet_hard", criterion = "TripletHardCriterion", measured = true,
    parameters = { { "margin" } },
    options = { {}, { margin = 0.7, measure = "similarity" }, { soft = true, margin = 0 },
      { soft = true, margin = 0.2, measure = "similarity" } },
    sharp = by_distance,
  },
  {
    name = "triplet_all", criterion = "TripletAllCriterion", measured = true,
    parameters = { { "margin" } },
    options = { {}, { margin = 0.7, measure = "similarity" }, { soft = true, margin = 0 },
      { soft = true, margin = 0.2, measure = "similarity" } },
    sharp = by_distance,
  },
  {
    name = "lifted", criterion = "LiftedCriterion", measured = true, unweighted = true,
    parameters = { { "pos_margin" }, { "neg_margin" } },
    options = { {}, { pos_margin = 0.2, neg_margin = 0.5 },
      { measure = "similarity", pos_margin = 1, neg_margin = 0 } },
    sharp = by_distance,
  },
  {
    name = "generalized_lifted", criterion = "GeneralizedLiftedCriterion", measured = true,
    parameters = { { "pos_margin" }, { "neg_margin" } },
    options = { {}, { pos_margin = 0.5, neg_margin = 0.7 },
      { measure = "similarity", pos_margin = 1, neg_margin = 0 } },
    sharp = by_distance,
  },
  {
    name = "supcon", criterion = "SupConCriterion",
    parameters = { { "temperature", above = true } },
    options = { {}, { temperature = 0.02 }, { temperature = 2 } },
    sharp = function(opts) return 1 / (opts.temperature or 0.1) end,
    floor = 1, -- its loss is the difference of two numbers of the size of its logits
  },
  {
    name = "nt_xent", criterion = "NTXentCriterion",
    parameters = { { "temperature", above = true } },
    options = { {}, { temperature = 0.02 }, { temperature = 2 } },
    sharp = function(opts) return 1 / (opts.temperature or 0.07) end,
  },
}

--- The entry of one loss.
function cases.loss(name)
  for _, entry in ipairs(cases.losses) do
    if entry.name == name then return entry end
  end
  error("no such loss: " .. name)
end

--- Two tables of options as one; the second may be nil.
function cases.with(options, more)
  local all = {}
  for _, from in ipairs { options, more or {} } do
    for key, value in pairs(from) do all[key] = value end
  end
  return all
end

local function describe_options(options)
  local list = {}
  for key, value in pairs(options) do
    local text = circlet.isTensor(value) and value:type() or tostring(value)
    list[#list + 1] = key .. "=" .. text
  end
  table.sort(list)
  return table.concat(list, " ")
end

--- Gradients as a list.
function cases.list_of(grads) return type(grads) == "table" and grads or { grads } end

--- |a-b| over all elements, Euclidean.
function cases.distance(a, b)
  local x, y, sum = support.flat(a:double()), support.flat(b:double()), 0
  assert.equal(#y, #x)
  for i = 1, #x do sum = sum + (x[i] - y[i]) ^ 2 end
  return math.sqrt(sum)
end

local function number_of(loss) return type(loss) == "number" and loss or loss:double():sum() end

-- An error of e in every similarity changes the loss by e * loss_scale at most, a weight by the
-- sharpness times e of itself, and a gradient by that part of the length its terms have without
-- their signs. In Float, rows and product err by 4 * 2^-24 together where rows have length 1 (over
-- 64 rows; fewer are computed in double, and only the result is rounded); in Double by 2^-52 each.
-- Lengths beyond 1 magnify, as `size` says. Sums and logarithms in double add some
-- last bits. 2 for the factors and their sums. A gradient whose terms cancel in every weight keeps
-- what rounding left (8: rows as short as an eighth).
local function bars(dtype, entry, opts, size, facts, loss)
  local sharp, floor = entry.sharp(opts), entry.floor or 0
  local e = (dtype == "Float" and 2 ^ -22 or 2 ^ -50) * size
  return e * (facts.loss_scale + floor * sharp) + 16 * support.epsilon.Double * math.abs(loss),
    2 * e * (1 + sharp), 8 * e * floor * sharp
end

--- Compares a loss of every type with the oracle of core/ref. size: of the rows, for the bars.
function cases.compare(entry, x, labels, opts, size, types)
  local what = entry.name .. ": " .. describe_options(opts)
  local loss, grads, facts = core.ref_pair_loss(entry.name, x, labels, opts)
  local truth = { number_of(loss), cases.list_of(grads) }
  for _, dtype in ipairs(types or support.real_types) do
    local as = dtype:lower()
    local input = type(x) == "table" and { x[1][as](x[1]), x[2][as](x[2]) } or x[as](x)
    local got, got_grads, info = circlet[entry.name .. "_loss"](input, labels, opts)
    local loss_bar, grad_bar, least = bars(dtype, entry, opts, size, facts, truth[1])
    local err = math.abs(number_of(got) - truth[1])
    assert(err <= loss_bar, ("%s %s: loss %.17g, not %.17g: error %.3g, allowed %.3g"):format(what,
      dtype, number_of(got), truth[1], err, loss_bar))
    assert.equal(facts.n_valid, info.n_valid, what)
    for k, grad in ipairs(cases.list_of(got_grads)) do
      assert.equal("circlet." .. dtype .. "Tensor", grad:type())
      local scale = k == 1 and facts.scale_x or facts.scale_refs
      local off = cases.distance(grad, truth[2][k])
      -- weights below the normal range of Float may be lost
      local bar = grad_bar * scale + least + (dtype == "Float" and grad:nElement() * 2 ^ -126 or 0)
      assert(off <= bar, ("%s %s: gradient %d of %.3g: error %.3g, allowed %.3g"):format(what,
        dtype, k, scale, off, bar))
    end
  end
end

return cases
