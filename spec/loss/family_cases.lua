-- The losses of the family as the specs try them: options, and how sharp each is. One entry a loss.
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

return cases
