-- What the specs of refinements share: losses with a parameter each, numbers that depend on their
-- count alone, several labels a row, and every refinement of a loss.
local assert = require "luassert"
local circlet = require "circlet"
local cases = require "spec.loss.family_cases"

local refine = {}

local circle = {
  name = "circle",
  options = { { gamma = 16 }, { gamma = 80, m = 0.4, through_alpha = true } },
  -- a logit's slope, and for the full gradient a slope of it, of values that cancel
  sharp = function(opts) return 4 * (opts.gamma or 256) end,
}

refine.losses = { circle, table.unpack(cases.losses) }

-- A parameter of a loss, and the values it is tried with.
refine.own = {
  circle = { "gamma", 4, 64 }, unified = { "gamma", 4, 64 }, multi_similarity = { "beta", 5, 40 },
  contrastive = { "neg_margin", 0.5, 1.5 }, triplet_hard = { "margin", 0, 0.5 },
  triplet_all = { "margin", 0, 0.5 }, generalized_lifted = { "neg_margin", 0.5, 1.5 },
  supcon = { "temperature", 0.1, 0.5 }, nt_xent = { "temperature", 0.1, 0.5 },
}

--- Facts that must be equal: counts alike, and sums in another order.
function refine.equal_facts(info, facts)
  for key, value in pairs(info) do
    if type(value) == "table" then
      assert.same(value, facts[key], key)
    else
      assert.near(value, facts[key], 1e-9 * (1 + math.abs(value)), key)
    end
  end
end

--- Numbers from `least` to `most` that depend on nothing but their count.
function refine.spread(count, least, most)
  local t = circlet.DoubleTensor(math.max(count, 1))
  for i = 1, count do t[i] = least + (most - least) * (i * 7 % 11) / 10 end
  return count > 0 and t or circlet.DoubleTensor()
end

--- [B, 3] labels of which the first is the given one, others are shared across, and some are none.
function refine.several(labels)
  local sets = circlet.LongTensor(labels:nElement(), 3)
  for i = 1, labels:nElement() do
    sets[i][1], sets[i][2] = labels[i], 100 + i % 5
    sets[i][3] = i % 3 == 0 and labels[i] or i % 3 == 1 and 0 or 200 + i % 7
    if i % 11 == 0 then sets[i]:zero() end -- no label at all
  end
  return sets
end

function refine.largest(labels) return labels:nElement() > 0 and labels:max() or 1 end

--- Every refinement of a loss: a function of B anchors, `partners` rows on the other side and C
-- labels that gives options; `sets`: with several labels a row.
function refine.refinements(entry)
  local list = {
    { options = function() return { hardest_negatives = 3 } end },
    { options = function() return { positives = "shared" } end, sets = true },
    { options = function() return { positives = "soft", hardest_negatives = 2 } end, sets = true },
  }
  if entry.unweighted then return list end
  local name, least, most = table.unpack(refine.own[entry.name])
  local function add(options, sets) list[#list + 1] = { options = options, sets = sets } end
  add(function(_, partners) return { pair_weights = refine.spread(partners, 0, 2) } end)
  add(function(_, _, C)
    local weights = refine.spread(C * C, 0, 2):view(C, C)
    return { pair_weights = weights, [name] = { by_label = refine.spread(C, least, most) } }
  end)
  add(function(B) return { [name] = refine.spread(B, least, most) } end)
  add(function(B, partners)
    return { [name] = refine.spread(B, least, most), pair_weights = refine.spread(partners, 0.5, 2),
      hardest_negatives = 4, positives = "soft" }
  end, true)
  return list
end

return refine
