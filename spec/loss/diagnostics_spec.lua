local circlet = require "circlet"
local support = require "spec.support"

local BINS = 40

local function unit(rows)
  for _, row in ipairs(rows) do
    local square = 0
    for _, v in ipairs(row) do square = square + v * v end
    for d, v in ipairs(row) do row[d] = v / math.sqrt(square) end
  end
  return rows
end

local function log_sum_exp(list)
  local largest, sum = -math.huge, 0
  for _, l in ipairs(list) do largest = math.max(largest, l) end
  for _, l in ipairs(list) do sum = sum + math.exp(l - largest) end
  return largest + math.log(sum)
end

-- What diagnostics tell of Circle Loss, from the definitions: every pair of every anchor. columns
-- nil: the rows themselves. Gradients are the paper's (Eq. 9-10), in the mean over valid anchors.
local function definitions(x, labels, columns, column_labels, m, gamma)
  local rows, own = unit(x:totable()), not columns
  local others = own and rows or unit(columns:totable())
  local n, result = #rows, { histogram_sp = {}, histogram_sn = {} }
  for b = 1, BINS do result.histogram_sp[b], result.histogram_sn[b] = 0, 0 end
  local s, weight, alpha, pairs_of, valid, past = {}, {}, { 0, 0 }, { 0, 0 }, 0, 0
  for i = 1, n do
    s[i], weight[i] = {}, {}
    for j = 1, #others do
      local sum = 0
      for d = 1, #rows[i] do sum = sum + rows[i][d] * others[j][d] end
      s[i][j], weight[i][j] = sum, 0
    end
  end
  local function positive(i, j) return labels[i] == (own and labels or column_labels)[j] end
  local function push(l, alpha_of, sp) l[#l + 1] = gamma * alpha_of * sp end
  local anchors = {}
  for i = 1, n do
    local l, least, greatest = { {}, {} }, math.huge, -math.huge
    for j = 1, #others do
      if not (own and i == j) then
        local v, kind = s[i][j], positive(i, j) and 1 or 2
        local list = kind == 1 and result.histogram_sp or result.histogram_sn
        local bin = math.min(BINS, math.max(1, math.floor((v + 1) * BINS / 2) + 1))
        list[bin] = list[bin] + 1
        pairs_of[kind] = pairs_of[kind] + 1
        local a = math.max(0, kind == 1 and 1 + m - v or v + m)
        alpha[kind] = alpha[kind] + a
        if kind == 1 then
          least = math.min(least, v)
          push(l[1], -a, v - (1 - m))
        else
          greatest = math.max(greatest, v)
          push(l[2], a, v - m)
        end
      end
    end
    if #l[1] > 0 and #l[2] > 0 then
      valid = valid + 1
      local lp, ln = log_sum_exp(l[1]), log_sum_exp(l[2])
      anchors[i] = { lp = lp, ln = ln, z = 1 / (1 + math.exp(-lp - ln)) }
      local hardest_p = gamma * math.max(0, 1 + m - least) * -(least - (1 - m))
      local hardest_n = gamma * math.max(0, greatest + m) * (greatest - m)
      if hardest_p + hardest_n <= 0 then past = past + 1 end
    end
  end
  for i, anchor in pairs(anchors) do
    for j = 1, #others do
      if not (own and i == j) then
        local v, w = s[i][j]
        if positive(i, j) then
          local a = math.max(0, 1 + m - v)
          w = -anchor.z * math.exp(-gamma * a * (v - (1 - m)) - anchor.lp) * gamma * a
        else
          local a = math.max(0, v + m)
          w = anchor.z * math.exp(gamma * a * (v - m) - anchor.ln) * gamma * a
        end
        weight[i][j] = weight[i][j] + w / valid
        if own then weight[j][i] = weight[j][i] + w / valid end
      end
    end
  end
  for kind, name in ipairs { "effective_positives", "effective_negatives" } do
    local total, count = 0, 0
    for i = 1, n do
      local sum, square = 0, 0
      for j = 1, #others do
        if (positive(i, j) and 1 or 2) == kind and not (own and i == j) then
          sum, square = sum + math.abs(weight[i][j]), square + weight[i][j] ^ 2
        end
      end
      if square > 0 then total, count = total + sum * sum / square, count + 1 end
    end
    result[name] = total / count
  end
  result.mean_alpha_p, result.mean_alpha_n = alpha[1] / pairs_of[1], alpha[2] / pairs_of[2]
  result.past_boundary = past / valid
  return result
end

-- Sums of some thousand terms, in double; exponentials of logits up to a few hundred lose their
-- last three digits.
local TOLERANCE = 1e-10
local numbers = { "mean_alpha_p", "mean_alpha_n", "past_boundary", "effective_positives",
  "effective_negatives" }

local function check(expected, info, tolerance)
  assert.same(expected.histogram_sp, info.histogram_sp)
  assert.same(expected.histogram_sn, info.histogram_sn)
  for _, name in ipairs(numbers) do
    support.near({ expected[name] }, { info[name] }, tolerance or TOLERANCE, name)
  end
end

-- n rows around as many centres as there are classes.
local function sample(seed, n, classes, dim, spread)
  circlet.manualSeed(seed)
  local labels = circlet.LongTensor(n):random(1, classes)
  local centres = circlet.DoubleTensor(classes, dim):normal()
  return centres:index(1, labels):add(circlet.DoubleTensor(n, dim):normal():mul(spread)), labels
end

local function with(options) -- on top of the usual ones
  local all = { m = 0.25, gamma = 32, diagnostics = true }
  for name, value in pairs(options or {}) do all[name] = value end
  return all
end

describe("diagnostics", function()
  it("tell what the definitions say, of a batch against itself", function()
    for _, case in ipairs { { 1, 2, 2, 3, 1 }, { 2, 37, 5, 6, 0.6 }, { 3, 300, 9, 8, 0.3 } } do
      local x, labels = sample(table.unpack(case))
      local _, gradient, info = circlet.circle_loss(x, labels, with())
      if info.n_valid > 0 then
        check(definitions(x, labels, nil, nil, 0.25, 32), info)
        support.near({ gradient:norm() }, { info.gradient_norm }, 1e-13)
      end
    end
  end)

  it("tell it of queries against references, and of class vectors", function()
    local x, labels = sample(4, 150, 7, 6, 0.5)
    local refs, ref_labels = sample(5, 600, 7, 6, 0.5)
    local _, gradients, info = circlet.circle_loss({ x, refs }, { labels, ref_labels }, with())
    check(definitions(x, labels, refs, ref_labels, 0.25, 32), info)
    support.near({ math.sqrt(gradients[1]:norm() ^ 2 + gradients[2]:norm() ^ 2) },
      { info.gradient_norm }, 1e-13)
    local w, classes = sample(6, 7, 7, 6, 0.5), circlet.range(circlet.LongTensor(), 1, 7)
    _, _, info = circlet.circle_class_loss({ x, w }, labels, with { m = 0.4 })
    check(definitions(x, labels, w, classes, 0.4, 32), info)
  end)

  it("tell it in Float, with kept similarities and with dropped pairs", function()
    local x, labels = sample(7, 200, 6, 8, 0.4)
    local expected = definitions(x, labels, nil, nil, 0.25, 32)
    for _, options in ipairs { {}, { memory_budget = 0 }, { memory_budget = 1e8 },
                               { filter_eps = 1e-9 } } do
      local _, _, info = circlet.circle_loss(x, labels, with(options))
      check(expected, info, options.filter_eps and 1e-6 or TOLERANCE)
    end
    local _, _, info = circlet.circle_loss(x:float(), labels, with())
    -- float32 similarities err by 1e-7: a logit by 1e-5, its exponential by as much of itself.
    for _, name in ipairs(numbers) do
      support.near({ expected[name] }, { info[name] }, 1e-4, name)
    end
  end)

  it("change no bit of loss and gradient, and have the same bits for all threads", function()
    local threads = circlet.getnumthreads()
    finally(function() circlet.setnumthreads(threads) end)
    local x, labels = sample(8, 700, 11, 16, 0.5)
    for _, values in ipairs { x, x:float() } do
      local loss, gradient = circlet.circle_loss(values, labels, with { diagnostics = false })
      local known
      for _, count in ipairs { 1, 2, 5 } do
        circlet.setnumthreads(count)
        local own_loss, own_gradient, info = circlet.circle_loss(values, labels, with())
        assert.equal(loss, own_loss)
        assert(gradient:equal(own_gradient))
        known = known or info
        assert.same(known, info)
      end
    end
  end)

  it("are there only when they are asked for, but for the counts of lonely anchors", function()
    local x, labels = sample(9, 20, 3, 4, 0.5)
    labels[1], labels[2] = 8, 9
    local _, _, info = circlet.circle_loss(x, labels)
    assert.is_nil(info.histogram_sp)
    assert.is_nil(info.gradient_norm)
    assert.equal(2, info.n_without_positive)
    assert.equal(0, info.n_without_negative)
    _, _, info = circlet.circle_loss(x, labels:clone():fill(1))
    assert.equal(20, info.n_without_negative)
    support.raises("there is no option diagnostic", circlet.circle_loss, x, labels,
      { diagnostic = true })
    support.raises("circle_loss: option diagnostics must be", circlet.circle_loss, x, labels,
      { diagnostics = 1 })
  end)

  it("of losses without alpha or boundary leave these out", function()
    local x, labels = sample(10, 30, 4, 5, 0.5)
    local _, _, info = circlet.unified_loss(x, labels, { m = 0.1, gamma = 8, diagnostics = true })
    assert.is_nil(info.mean_alpha_p)
    local rows, past, valid = unit(x:totable()), 0, 0
    for i = 1, 30 do
      local least, greatest = math.huge, -math.huge
      for j = 1, 30 do
        local s = 0
        for d = 1, 5 do s = s + rows[i][d] * rows[j][d] end
        if i ~= j and labels[i] == labels[j] then least = math.min(least, s) end
        if labels[i] ~= labels[j] then greatest = math.max(greatest, s) end
      end
      if least < math.huge then
        valid = valid + 1
        if greatest - least + 0.1 <= 0 then past = past + 1 end
      end
    end
    assert.equal(past / valid, info.past_boundary)
    _, _, info = circlet.multi_similarity_loss(x, labels, { diagnostics = true })
    assert.is_nil(info.past_boundary)
    assert(info.effective_negatives >= 1)
    assert.equal(#info.histogram_sp, BINS)
  end)

  it("hold a negative beyond -m for one at the boundary's edge, as its logit is 0", function()
    -- Positives at 0.7, negatives at -0.7 and -1: l_n = 0 and l_p = gamma (0.3^2 - m^2) > 0.
    local x = circlet.DoubleTensor { { 1, 0 }, { 0.7, math.sqrt(0.51) }, { -1, 0 },
      { -0.7, -math.sqrt(0.51) } }
    local labels = circlet.LongTensor { 1, 1, 2, 2 }
    local _, _, info = circlet.circle_loss(x, labels, with())
    assert.equal(0, info.past_boundary)
    _, _, info = circlet.circle_loss(x, labels, with { m = 0.31 })
    assert.equal(1, info.past_boundary)
  end)

  it("count a pair of any weight once where all weigh the same", function()
    -- Rows of a class are equal, and the two classes orthogonal: each of an anchor's 3 positives
    -- and 4 negatives has the same share. All pairs meet the boundary of m = 0.25.
    local x = circlet.DoubleTensor { { 1, 0 }, { 1, 0 }, { 1, 0 }, { 1, 0 }, { 0, 1 }, { 0, 2 },
      { 0, 3 }, { 0, 4 } }
    local labels = circlet.LongTensor { 1, 1, 1, 1, 2, 2, 2, 2 }
    local _, _, info = circlet.circle_loss(x, labels, with())
    support.near({ 3, 4, 1, 0.25, 0.25 }, { info.effective_positives, info.effective_negatives,
      info.past_boundary, info.mean_alpha_p, info.mean_alpha_n }, 1e-14)
    assert.equal(24, info.histogram_sp[BINS])
    assert.equal(32, info.histogram_sn[BINS // 2 + 1])
  end)

  it("come to criterions, what gradients tell after backward", function()
    local x, labels = sample(11, 40, 5, 6, 0.5)
    local _, gradient, expected = circlet.circle_loss(x, labels, with())
    local criterion = circlet.nn.CircleCriterion(0.25, 32, { diagnostics = true })
    criterion:forward(x, labels)
    assert.is_nil(criterion.info.gradient_norm)
    assert.is_nil(criterion.info.effective_positives)
    assert.same(expected.histogram_sp, criterion.info.histogram_sp)
    criterion:backward(x, labels)
    assert.same(expected, criterion.info)
    criterion:backward(x, labels) -- again: nothing adds up
    assert.same(expected, criterion.info)
    assert.near(gradient:norm(), criterion.info.gradient_norm, 1e-12)
  end)
end)

describe("diagnose", function()
  local function facts(more)
    local info = { n_anchors = 10, n_without_positive = 0, n_without_negative = 0, mean_sp = 0.8,
      mean_sn = 0.1 }
    for name, value in pairs(more or {}) do info[name] = value end
    return info
  end

  it("warns of anchors without pairs and of a collapse, and of nothing else", function()
    assert.same({}, circlet.diagnose(facts()))
    assert.same({ "3 of 10 anchors have no positive, and so no loss and no gradient" },
      circlet.diagnose(facts { n_without_positive = 3 }))
    assert.equal(1, #circlet.diagnose(facts { n_without_negative = 10, mean_sn = 0 / 0 }))
    assert.same({ "s_p and s_n have collapsed together: their means are 0.9990 and 0.9985" },
      circlet.diagnose(facts { mean_sp = 0.999, mean_sn = 0.9985 }))
    assert.same({}, circlet.diagnose(facts { mean_sp = 0.999, mean_sn = 0.96 }))
    assert.same({}, circlet.diagnose(facts { mean_sp = 0.011, mean_sn = 0.01 }))
    support.raises("diagnose: the facts of a loss expected, got nil", circlet.diagnose)
  end)

  it("sees it in the facts of a loss", function()
    local x = circlet.DoubleTensor(8, 3):fill(1):add(circlet.DoubleTensor(8, 3):normal():mul(1e-3))
    local _, _, info = circlet.circle_loss(x, circlet.LongTensor { 1, 1, 2, 2, 3, 3, 4, 5 })
    local warnings = circlet.diagnose(info)
    assert.equal(2, #warnings)
    assert.truthy(warnings[1]:find("2 of 8 anchors have no positive", 1, true))
    assert.truthy(warnings[2]:find("collapsed", 1, true))
  end)
end)
