-- The losses of the family as the specs try them: options, and how sharp each is. One entry a loss.
local cases = {}

--- name: as in circlet.<name>_loss; parameters: above: greater than 0; options: each is tried
-- on every kind of data; sharp(opts): the largest slope of a logit by its similarity, to which
-- rounding errors of similarities are magnified.
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
}

--- The entry of one loss.
function cases.loss(name)
  for _, entry in ipairs(cases.losses) do
    if entry.name == name then return entry end
  end
  error("no such loss: " .. name)
end

return cases
