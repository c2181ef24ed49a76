--- Circle Loss in plain Lua, for specs: a second opinion beside core/ref, short enough to be read
-- against the formula, and built of steps that a spec can replace (mutants, frozen weights).
--
--     problem = { x = rows, labels = list [, refs = rows, ref_labels = list] }
--     opts    = the options of circle_loss, each with its default, and
--               alpha_at = a problem whose similarities give the weights alpha
local circle_lua = {}

local function dot(a, b)
  local sum = 0
  for d = 1, #a do sum = sum + a[d] * b[d] end
  return sum
end

--- Row x of length 1, and its length; a zero row stays zero.
local function unit(x)
  local most, scaled = 0, {}
  for d = 1, #x do most = math.max(most, math.abs(x[d])) end
  for d = 1, #x do scaled[d] = most > 0 and x[d] / most or 0 end
  local length = math.sqrt(dot(scaled, scaled))
  for d = 1, #x do scaled[d] = most > 0 and scaled[d] / length or 0 end
  return scaled, most * length
end

--- Similarity, given rows (of length 1 for the cosine) and its derivatives by each row.
local kinds = {
  cosine = dot,
  dot = dot,
  euclidean = function(a, b)
    local sum = 0
    for d = 1, #a do sum = sum + (a[d] - b[d]) ^ 2 end
    return 1 - sum / 2
  end,
}

local function rows_of(rows, kind)
  local values, lengths = {}, {}
  for i, row in ipairs(rows) do
    if kind == "cosine" then
      values[i], lengths[i] = unit(row)
    else
      values[i], lengths[i] = row, 1
    end
  end
  return values, lengths
end

--- The steps. Each is a function, so that a mutant is these with one or two replaced.
circle_lua.steps = {
  alpha_p = function(s, m) return math.max(1 + m - s, 0) end,
  alpha_n = function(s, m) return math.max(s + m, 0) end,
  -- The weight that the backward pass multiplies with, from the forward pass's.
  backward_alpha = function(alpha) return alpha end,
  -- log(sum(exp(l))) of a list; `masked` pairs of the row that are not in the list.
  log_sum_exp = function(list)
    local most, sum = -math.huge, 0
    for _, l in ipairs(list) do most = math.max(most, l) end
    for _, l in ipairs(list) do sum = sum + math.exp(l - most) end
    return most + math.log(sum)
  end,
  -- The loss of one term, and its derivatives by the two log-sum-exps.
  combine = function(lse_p, lse_n)
    local z = lse_p + lse_n
    local small = math.exp(-math.abs(z))
    -- log(1+e) keeps its digits as log(1+e)*e/((1+e)-1)
    local one = 1 + small
    local tail = one == 1 and small or math.log(one) * small / (one - 1)
    local share = z > 0 and 1 / one or small / one
    return math.max(z, 0) + tail, share, share
  end,
  -- Whether a term has a loss, and whether the mean counts it.
  is_valid = function(positives, negatives) return positives > 0 and negatives > 0 end,
  is_counted = function(valid, _loss) return valid end,
}

--- All pairs as { i, j, positive, s, s0 }, grouped in terms: one list per anchor, or one in all.
local function terms_of(problem, opts, x, y)
  local same = problem.refs == nil
  local ref_labels = problem.ref_labels or problem.labels
  local similarity = kinds[opts.similarity]
  local x0, y0 = x, y
  if opts.alpha_at then
    x0 = rows_of(opts.alpha_at.x, opts.similarity)
    y0 = same and x0 or rows_of(opts.alpha_at.refs, opts.similarity)
  end
  local terms, all = {}, {}
  for i = 1, #x do
    local mine = {}
    for j = 1, #y do
      if not (same and i == j) then
        local pair = { i = i, j = j, positive = problem.labels[i] == ref_labels[j],
          s = similarity(x[i], y[j]), s0 = similarity(x0[i], y0[j]) }
        mine[#mine + 1] = pair
        if not same or i < j then all[#all + 1] = pair end
      end
    end
    terms[i] = mine
  end
  return opts.aggregate == "batch" and { all } or terms
end

--- The loss of one term; leaves d loss / d s in each pair as g.
local function one_term(term, opts, steps)
  local m, gamma = opts.m, opts.gamma
  local list_p, list_n = {}, {}
  for _, pair in ipairs(term) do
    local s, s0 = pair.s, pair.s0
    local alpha, slope
    if pair.positive then
      alpha = steps.alpha_p(s0, m)
      pair.l = -gamma * alpha * (s - (1 - m))
      slope = -gamma * steps.backward_alpha(alpha, s, m, true)
      if opts.through_alpha then slope = alpha > 0 and 2 * gamma * (s - 1) or 0 end
      list_p[#list_p + 1] = pair.l
    else
      alpha = steps.alpha_n(s0, m)
      pair.l = gamma * alpha * (s - m)
      slope = gamma * steps.backward_alpha(alpha, s, m, false)
      if opts.through_alpha then slope = alpha > 0 and 2 * gamma * s or 0 end
      list_n[#list_n + 1] = pair.l
    end
    pair.slope, pair.g = slope, 0
  end
  local valid = steps.is_valid(#list_p, #list_n)
  if not valid then return 0, false end
  -- A masked pair is one of the other kind, or the anchor itself.
  local lse_p = steps.log_sum_exp(list_p, #list_n + 1)
  local lse_n = steps.log_sum_exp(list_n, #list_p + 1)
  local loss, by_p, by_n = steps.combine(lse_p, lse_n)
  for _, pair in ipairs(term) do
    local by, lse = by_p, lse_p
    if not pair.positive then by, lse = by_n, lse_n end
    pair.g = by * math.exp(pair.l - lse) * pair.slope
  end
  return loss, true
end

local defaults = { m = 0.25, gamma = 256, reduction = "mean", aggregate = "anchor",
  similarity = "cosine", through_alpha = false }

--- loss, grad_x [, grad_refs], losses: gradients and the losses per term as nested lists. Without
-- `steps`, the true ones.
function circle_lua.loss(problem, given, steps)
  steps = setmetatable(steps or {}, { __index = circle_lua.steps })
  local opts = setmetatable({}, { __index = defaults })
  for key, value in pairs(given or {}) do opts[key] = value end
  local x, x_length = rows_of(problem.x, opts.similarity)
  local y, y_length = x, x_length
  if problem.refs then y, y_length = rows_of(problem.refs, opts.similarity) end
  local terms = terms_of(problem, opts, x, y)
  local sum, count, losses = 0, 0, {}
  for t, term in ipairs(terms) do
    local loss, valid = one_term(term, opts, steps)
    losses[t], sum = loss, sum + loss
    if steps.is_counted(valid, loss) then count = count + 1 end
  end
  local share = 1
  if opts.aggregate == "anchor" then
    if opts.reduction == "mean" then share = 1 / math.max(count, 1) end
    if opts.reduction == "mean_all" then share = 1 / math.max(#x, 1) end
  end

  local gx, gy = {}, {}
  for i = 1, #x do gx[i] = {} for d = 1, #x[i] do gx[i][d] = 0 end end
  for j = 1, #y do gy[j] = {} for d = 1, #y[j] do gy[j][d] = 0 end end
  if not problem.refs then gy = gx end
  for _, term in ipairs(terms) do
    for _, pair in ipairs(term) do
      local a, b, ga, gb = x[pair.i], y[pair.j], gx[pair.i], gy[pair.j]
      local g, apart = pair.g * share, opts.similarity == "euclidean" and 1 or 0
      for d = 1, #a do
        ga[d] = ga[d] + g * (b[d] - apart * a[d])
        gb[d] = gb[d] + g * (a[d] - apart * b[d])
      end
    end
  end
  local function through_length(g, u, length)
    for i = 1, #u do
      local along = opts.similarity == "cosine" and dot(g[i], u[i]) or 0
      for d = 1, #u[i] do
        g[i][d] = length[i] > 0 and (g[i][d] - along * u[i][d]) / length[i] or 0
      end
    end
  end
  through_length(gx, x, x_length)
  if problem.refs then through_length(gy, y, y_length) end
  return sum * share, gx, problem.refs and gy, losses
end

--- A copy of the problem with h added to one number of x or refs.
function circle_lua.moved(problem, side, i, d, h)
  local copy = {}
  for key, value in pairs(problem) do copy[key] = value end
  copy[side] = { table.unpack(problem[side]) }
  copy[side][i] = { table.unpack(problem[side][i]) }
  copy[side][i][d] = copy[side][i][d] + h
  return copy
end

--- d loss / d x (or refs) by central differences of `loss(problem) -> number`, as nested lists.
function circle_lua.difference(loss, problem, side, h)
  local rows = {}
  for i, row in ipairs(problem[side]) do
    rows[i] = {}
    for d = 1, #row do
      local up, down = circle_lua.moved(problem, side, i, d, h),
        circle_lua.moved(problem, side, i, d, -h)
      -- the step that was really taken, after rounding
      local step = up[side][i][d] - down[side][i][d]
      rows[i][d] = (loss(up) - loss(down)) / step
    end
  end
  return rows
end

--- Nested lists as one list.
function circle_lua.flat(rows)
  local list = {}
  for _, row in ipairs(rows) do
    for _, value in ipairs(row) do list[#list + 1] = value end
  end
  return list
end

return circle_lua
