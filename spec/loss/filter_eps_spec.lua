-- Pairs left out of the gradient: which ones, by how much it changes, and with what else.
local circlet = require "circlet"
local support = require "spec.support"

local m, gamma = 0.25, 64

-- Unit rows in eight bundles, in pairs of bundles that lean towards each other: similarities near 1
-- within a bundle, near 0.8 to its neighbour and near 0 to others. Shares of negatives are then
-- near 1/20, below 1e-8 and below 1e-20. Three classes a bundle. Two outliers of a class of their
-- own lean towards the first bundles, which are all to them what they are not to those.
local function data(B, seed, kind)
  circlet.manualSeed(seed)
  local labels, x = circlet.LongTensor(B), circlet.DoubleTensor(B, 13):normal():mul(0.01)
  for i = 1, B do
    local bundle = i % 8
    labels[i] = bundle * 3 + i // 8 % 3 + 1
    x[i][bundle // 2 + 1] = 1
    x[i][5 + bundle] = 0.5
  end
  for _, i in ipairs { 1, B } do
    labels[i] = 25
    x[i]:mul(0)
    x[i][13], x[i][1] = 1, 0.3 + i / 1000
  end
  return x:cdiv(x:norm(2, 2):expandAs(x))[kind or "double"](x), labels
end

-- Logits [n, n'] and which pairs are negatives, positives.
local function logits(x, labels, refs, ref_labels)
  local s, kinds = x * refs:t(), {}
  local l = s:clone()
  for i = 1, s:size(1) do
    kinds[i] = {}
    for j = 1, s:size(2) do
      local positive = labels[i] == ref_labels[j]
      local d = positive and 1 - s[i][j] or s[i][j]
      kinds[i][j] = x == refs and i == j and "none" or positive and "positive" or "negative"
      l[i][j] = gamma * math.max(d + m, 0) * (d - m)
    end
  end
  return l, kinds, s
end

-- The largest share of a pair at its ends, in self mode; at its anchor against references.
local function shares(l, kinds, both)
  local n, k = l:size(1), l:size(2)
  local largest, sums = {}, {}
  for i = 1, n do
    largest[i], sums[i] = {}, { positive = 0, negative = 0 }
    for j = 1, k do
      local kind = kinds[i][j]
      if kind ~= "none" then sums[i][kind] = sums[i][kind] + math.exp(l[i][j]) end
    end
  end
  for i = 1, n do
    for j = 1, k do
      local kind = kinds[i][j]
      if kind ~= "none" then
        local share = math.exp(l[i][j]) / sums[i][kind]
        if both then share = math.max(share, math.exp(l[i][j]) / sums[j][kind]) end
        largest[i][j] = share
      end
    end
  end
  return largest, sums
end

-- How many pairs have less than eps, when none has a share near it: what is kept has at least 0.35
-- eps (a rounded logit, 2^-1/2, and a rounded cut), what is dropped less than eps.
local function count_below(largest, eps)
  local below = 0
  for _, row in ipairs(largest) do
    for _, share in pairs(row) do
      assert(share < 0.3 * eps or share > eps, "the data leave it open")
      if share < eps then below = below + 1 end
    end
  end
  return below
end

-- The gradient by unit rows x of the mean over anchors, pairs below eps left out.
local function expected(x, refs, eps, largest, l, kinds, sums, s)
  local grad = x:clone():zero()
  local n, dropped = x:size(1), 0
  for i = 1, n do
    local z = math.log(sums[i].positive) + math.log(sums[i].negative)
    local factor = 1 / (1 + math.exp(-z)) / n
    for j = 1, refs:size(1) do
      local kind = kinds[i][j]
      if kind ~= "none" and largest[i][j] >= eps then
        local d = kind == "positive" and 1 - s[i][j] or s[i][j]
        local slope = gamma * math.max(d + m, 0) * (kind == "positive" and -1 or 1)
        local weight = factor * math.exp(l[i][j]) / sums[i][kind] * slope
        grad[i]:add(weight, refs[j])
        if x == refs then grad[j]:add(weight, x[i]) end
      elseif kind ~= "none" then
        dropped = dropped + 1
      end
    end
  end
  for i = 1, n do grad[i]:add(-grad[i]:dot(x[i]), x[i]) end -- the rows are of length 1
  return grad, dropped
end

describe("filter_eps", function()
  it("leaves out the pairs whose share is small at all of their ends, and no others", function()
    local x, labels = data(96, 3)
    local l, kinds, s = logits(x, labels, x, labels)
    local largest, sums = shares(l, kinds, true)
    local first
    for _, eps in ipairs { 1e-5, 1e-15 } do
      local truth, dropped = expected(x, x, eps, largest, l, kinds, sums, s)
      assert.equal(count_below(largest, eps), dropped)
      assert(dropped > 96 * 60 and dropped < (first or math.huge))
      first = dropped
      local options = { m = m, gamma = gamma, filter_eps = eps }
      local _, grad = circlet.circle_loss(x, labels, options)
      local err = (grad - truth):norm()
      assert(err <= 1e-11 * truth:norm(), err)
      -- In Float as far from it as without dropping, where the same pairs decide the rounding.
      local function float_error(opts)
        local _, float = circlet.circle_loss(x:float(), labels, opts)
        local _, double = circlet.circle_loss(x:float():double(), labels, opts)
        return (float:double() - double):norm()
      end
      err = float_error(options)
      assert(err <= 1.5 * float_error { m = m, gamma = gamma }, err)
    end
  end)

  it("leaves out pairs of anchors against references likewise", function()
    local x, labels = data(80, 4)
    local refs, ref_labels = data(120, 5)
    local l, kinds, s = logits(x, labels, refs, ref_labels)
    local largest, sums = shares(l, kinds, false)
    local eps = 1e-5
    local truth, dropped = expected(x, refs, eps, largest, l, kinds, sums, s)
    assert.equal(count_below(largest, eps), dropped)
    assert(dropped > 80 * 90)
    local _, grads = circlet.circle_loss({ x, refs }, { labels, ref_labels },
      { m = m, gamma = gamma, filter_eps = eps })
    local err = (grads[1] - truth):norm() / truth:norm()
    assert(err <= 1e-11, err)
  end)

  -- What an anchor loses of its softmax is below eps a pair and kind; a share moves the gradients
  -- of two unit rows by at most gamma (2 + m) / B each, and each pair may be dropped at both ends.
  it("changes the gradient by no more than eps says, and the loss not at all", function()
    local B = 700
    local x, labels = data(B, 6, "float")
    local loss, plain = circlet.circle_loss(x, labels, { m = m, gamma = gamma })
    for _, eps in ipairs { 1e-9, 1e-6, 1e-4 } do
      local same, grad = circlet.circle_loss(x, labels, { m = m, gamma = gamma, filter_eps = eps })
      assert.equal(loss, same)
      local change = (grad - plain):norm()
      assert(change <= 4 * B * eps * gamma * (2 + m), ("%g: %g"):format(eps, change))
      assert(eps < 1e-4 or change > 0)
    end
  end)

  it("gives the bits of every number of threads, with and without kept similarities", function()
    local threads = circlet.getnumthreads()
    finally(function() circlet.setnumthreads(threads) end)
    for _, similarity in ipairs { "cosine", "euclidean" } do
      for _, kind in ipairs { "float", "double" } do
        local x, labels = data(900, 7, kind)
        local first
        for _, count in ipairs { 1, 2, 3, 8 } do
          circlet.setnumthreads(count)
          for _, budget in ipairs { 0, 1e9 } do
            local _, grad = circlet.circle_loss(x, labels, { gamma = 256, filter_eps = 1e-7,
              similarity = similarity, memory_budget = budget })
            first = first or grad
            assert(circlet.equal(first, grad), ("%d threads"):format(count))
          end
        end
      end
    end
  end)

  it("is off by default, and refuses what is no share", function()
    local x, labels = data(80, 8)
    local _, plain = circlet.circle_loss(x, labels)
    local _, off = circlet.circle_loss(x, labels, { filter_eps = 0 })
    assert(circlet.equal(plain, off))
    for _, wrong in ipairs { -1e-9, 1, 2, 0 / 0, math.huge } do
      support.raises("filter_eps must be a number >= 0 and < 1", circlet.circle_loss, x, labels,
        { filter_eps = wrong })
    end
    support.raises("option filter_eps must be a number", circlet.circle_loss, x, labels,
      { filter_eps = "small" })
  end)

  it("drops whole anchors without a say, down to empty gradients", function()
    local x = circlet.FloatTensor(70, 4):normal()
    local alone = circlet.range(circlet.LongTensor(), 1, 70)
    local loss, grad, facts = circlet.circle_loss(x, alone, { filter_eps = 1e-3 })
    assert.equal(0, loss)
    assert.equal(0, facts.n_valid)
    assert.equal(0, grad:norm())
    local none = circlet.circle_loss(circlet.FloatTensor(0, 4), circlet.LongTensor(0),
      { filter_eps = 1e-3 })
    assert.equal(0, none)
  end)
end)
