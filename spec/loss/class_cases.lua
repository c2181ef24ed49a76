-- The losses of class vectors as the specs try them: named settings, data, and the comparison with
-- the oracle of core/ref.
local circlet = require "circlet"
local core = require "circlet.core"
local data = require "spec.loss.circle_cases"
local support = require "spec.support"

local cases = {}

--- What each preset stands for in the oracle's terms: written again here, from the papers.
cases.presets = {
  softmax = { scale = 1, similarity = "dot" },
  normface = { scale = 20 },
  cosface = { scale = 64, m3 = 0.35 },
  am_softmax = { scale = 30, m3 = 0.35 },
  arcface = { scale = 64, m2 = 0.5, monotone = true },
  sphereface = { scale = 30, m1 = 4, monotone = true },
}

--- Settings of margin_loss: each is tried on every kind of data.
cases.margins = {
  {}, { scale = 16, m2 = 0.5 }, { scale = 16, m2 = 1.2, easy_margin = true },
  { scale = 30, m1 = 4 }, { scale = 8, m1 = 1.35, m2 = 0.2, m3 = 0.1, label_smoothing = 0.1 },
  { scale = 64, m3 = 0.35, label_smoothing = 1 }, { scale = 4, m2 = 2.5, monotone = false },
  { scale = 10, m2 = -0.3, m3 = -0.2, label_smoothing = 0.3 },
}

--- The options of the oracle for those of margin_loss without a preset.
function cases.reference(opts)
  local all = { monotone = true }
  for key, value in pairs(opts) do all[key] = value end
  all.memory_budget, all.filter_eps = nil, nil
  return all
end

--- Rows [B,D] of a kind of data, class vectors [C*centres,D] and labels 1..C.
function cases.make(kind, B, C, D, centres, seed)
  local x = data.make(kind, B, D, seed or 21)
  local w = data.make(kind == "zero" and "zero" or "random", C * (centres or 1), D, 22)
  local labels = circlet.LongTensor(B)
  for i = 1, B do labels[i] = (i * i) % C + 1 end
  return x, w, labels
end

local function distance(a, b)
  local x, y, sum = support.flat(a:double()), support.flat(b:double()), 0
  assert(#x == #y, "sizes differ")
  for i = 1, #x do sum = sum + (x[i] - y[i]) ^ 2 end
  return math.sqrt(sum)
end

cases.distance = distance

local function number_of(loss) return type(loss) == "number" and loss or loss:double():sum() end

--- Compares what a call gives with the oracle: got = { loss, grads, facts } of type `dtype`, truth
-- likewise in Double.
--
-- An error of e in every similarity changes the loss by e * loss_scale at most, a weight by scale
-- * e of itself, and a gradient by that part of the length that its terms have without their signs.
-- In Float, rows and product err by 4 * 2^-24 together where rows have length 1 (over 64 anchors;
-- fewer are computed in double, and only the result is rounded); in Double by 2^-52 each. `size`:
-- how much larger similarities are. An own class's pair is computed in double, its weight with the
-- slope at its angle. Logarithms and sums in double add some last bits.
function cases.compare(what, dtype, scale, size, got, truth)
  local e = (dtype == "Float" and 2 ^ -22 or 2 ^ -50) * size
  local facts = truth[3]
  local loss, expected = number_of(got[1]), number_of(truth[1])
  local err = math.abs(loss - expected)
  local bar = e * facts.loss_scale + 64 * support.epsilon.Double * (math.abs(expected) + scale)
  if type(got[1]) ~= "number" then bar = bar + support.epsilon[dtype] * math.abs(expected) end
  assert(err <= bar, ("%s %s: loss %.17g, not %.17g: error %.3g, allowed %.3g"):format(what, dtype,
    loss, expected, err, bar))
  assert(got[3].n_valid == truth[3].n_valid, what .. ": n_valid")
  assert(got[3].n_anchors == truth[3].n_anchors, what .. ": n_anchors")
  for k, grad in ipairs(got[2]) do
    assert(grad:type() == "circlet." .. dtype .. "Tensor", what .. ": " .. grad:type())
    local length = ({ facts.scale_x, facts.scale_refs, facts.loss_scale })[k]
    local off = distance(grad, truth[2][k])
    -- weights below the normal range of Float may be lost
    bar = 2 * e * (1 + scale) * length + (dtype == "Float" and grad:nElement() * 2 ^ -126 or 0)
    assert(off <= bar, ("%s %s: gradient %d of %.3g: error %.3g, allowed %.3g"):format(what, dtype,
      k, length, off, bar))
  end
  assert(#got[2] == #truth[2], what .. ": gradients")
end

--- margin_loss against the oracle in both types.
function cases.compare_margin(what, x, w, labels, opts, reference, bias, size)
  reference = reference or cases.reference(opts)
  local truth = { core.ref_margin_loss(x, w, labels, reference, bias) }
  for _, dtype in ipairs(support.real_types) do
    local as = dtype:lower()
    local got = { circlet.margin_loss({ x[as](x), w[as](w), bias and bias[as](bias) }, labels,
      opts) }
    cases.compare(what, dtype, reference.scale or 64, size or 1, got, truth)
  end
end

function cases.describe(options)
  local list = {}
  for key, value in pairs(options) do list[#list + 1] = key .. "=" .. tostring(value) end
  table.sort(list)
  return table.concat(list, " ")
end

return cases
