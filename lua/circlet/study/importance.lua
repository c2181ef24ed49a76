--- How much each parameter mattered for getting among the best trials: PED-ANOVA (Watanabe, Bansal
-- and Hutter, IJCAI 2023), with the constants that Optuna's PedAnovaImportanceEvaluator has.
--
-- Each parameter's range is cut into a grid. The density of the best trials on it is compared with
-- that of all trials by the Pearson divergence: where the best are spread like all the others, the
-- parameter did not matter. A parameter that only some trials have, or that changed its range, is
-- compared range by range, each with the share of the trials that it has (Kinoshita et al., 2026).
-- @param study circlet.study.Study|table
-- @param options? table
-- @return table[] list of { name =, importance = }, the most important first
-- @source Watanabe, Bansal and Hutter, "PED-ANOVA", IJCAI 2023
-- @example
-- local s = study.open { path = "a.journal", direction = "maximize" }
-- s:optimize(function(t) return t:suggest_float("m", 0, 1) end, { trials = 20 })
-- study.importance(s)[1].name    --> m
local distribution = require "circlet.study.distribution"
local json = require "circlet.json"

local target, cells, scott = 0.1, 50, 1.059
local narrowest = 0.5 / 1.64 -- a kernel has 90% of its weight within its cell, at the least

-- The error function, to 1e-15: a series near 0, a continued fraction beyond.
local function erf(x)
  if x < 0 then return -erf(-x) end
  if x > 6 then return 1 end
  if x < 2.5 then
    local term, sum, n = x, x, 0
    while math.abs(term) > 1e-17 * sum do
      n = n + 1
      term = -term * x * x / n
      sum = sum + term / (2 * n + 1)
    end
    return 2 / math.sqrt(math.pi) * sum
  end
  local fraction = 0
  for n = 60, 1, -1 do fraction = n / 2 / (x + fraction) end
  return 1 - math.exp(-x * x) / math.sqrt(math.pi) / (x + fraction)
end

local function normal_cdf(z) return 0.5 * (1 + erf(z / math.sqrt(2))) end

-- How many cells a numeric range has.
local function grid_size(d)
  if d.name == "IntDistribution" and d.log then
    return math.min(math.ceil(math.log(d.high - d.low + 1, 2)) + 1, cells)
  elseif d.step then
    return math.min(math.floor((d.high - d.low) / d.step + 0.5) + 1, cells)
  end
  return cells
end

-- How many of these records are in each cell (0 .. size-1).
local function histogram(d, name, records)
  local size = d.choices and #d.choices or grid_size(d)
  local counts = {}
  for cell = 0, size - 1 do counts[cell] = 0 end
  local low, high = d.low, d.high
  if d.log then low, high = math.log(low), math.log(high) end
  for _, record in ipairs(records) do
    local cell = record.internal[name]
    if not d.choices then
      if d.log then cell = math.log(cell) end
      cell = math.ceil((cell - low) / ((high - low) / (size - 1)) - 0.5)
      cell = math.max(0, math.min(size - 1, cell))
    end
    cell = math.tointeger(cell)
    counts[cell] = counts[cell] + 1
  end
  return counts, size
end

local function categorical_density(counts, size)
  local total, different = 0, 0
  for cell = 0, size - 1 do
    total = total + counts[cell]
    if counts[cell] > 0 then different = different + 1 end
  end
  -- Each choice that was seen is a kernel that leaks a little to the others; one more is even.
  local leak = 1 / (different + 1)
  local density = {}
  for cell = 0, size - 1 do
    density[cell] = 1 / size
    for other = 0, size - 1 do
      local own = (other == cell and 1 or 0) + leak
      density[cell] = density[cell] + counts[other] * own / (1 + leak * size)
    end
    density[cell] = density[cell] / (total + 1)
  end
  return density
end

-- The width of the kernels by Scott's rule, from deviation and distance of quartiles.
local function kernel_width(counts, size)
  local total, sum, squares = 0, 0, 0
  for cell = 0, size - 1 do total, sum = total + counts[cell], sum + counts[cell] * cell end
  for cell = 0, size - 1 do
    squares = squares + counts[cell] * (cell - sum / total) ^ 2
  end
  local seen, first, last, below = nil, nil, nil, 0
  for cell = 0, size - 1 do
    if counts[cell] > 0 then
      below, seen = below + counts[cell], cell
      if not first and below >= total // 4 then first = cell end
      if not last and below > total * 3 // 4 then last = cell end
    end
  end
  local deviation = math.sqrt(squares / math.max(1, total - 1))
  return math.max(narrowest,
    scott * math.min(((last or seen) - first) / 1.34, deviation) * total ^ -0.2), total
end

local function numeric_density(counts, size)
  local width, total = kernel_width(counts, size)
  local density = {}
  for cell = 0, size - 1 do density[cell] = 0 end
  -- The share of each cell in a normal kernel that ends with the range.
  local function add(weight, centre, deviation)
    local low = normal_cdf((-0.5 - centre) / deviation)
    local all = normal_cdf((size - 0.5 - centre) / deviation) - low
    for cell = 0, size - 1 do
      local high = normal_cdf((cell + 0.5 - centre) / deviation)
      density[cell] = density[cell] + weight * (high - low) / all
      low = high
    end
  end
  for cell = 0, size - 1 do
    if counts[cell] > 0 then add(counts[cell] / (total + 1), cell, width) end
  end
  add(1 / (total + 1), (size - 1) / 2, size)
  return density
end

-- The Pearson divergence of the density of `best` from that of `all`.
local function divergence(d, name, best, all)
  local density = d.choices and categorical_density or numeric_density
  local counts, size = histogram(d, name, all)
  local top, whole = density(histogram(d, name, best)), density(counts, size)
  local sum = 0
  for cell = 0, size - 1 do
    local p, q = top[cell] + 1e-12, whole[cell] + 1e-12
    sum = sum + q * (p / q - 1) ^ 2
  end
  return sum
end

-- The records of each range that a parameter had, in the order of their first one.
local function regimes(name, records)
  local list, known = {}, {}
  for _, record in ipairs(records) do
    local d = record.distributions[name]
    local key = d and json.encode({ d.name, d.low or 0, d.high or 0, d.log or false, d.step or 0,
                                    d.choices or false }, { nan = "bare" }) or ""
    if not known[key] then
      known[key] = { distribution = d }
      list[#list + 1] = known[key]
    end
    table.insert(known[key], record)
  end
  return list
end

local function finite(x) return x == x and x > -math.huge and x < math.huge end

-- Complete records with a finite value, those of the best tenth marked in a set, and the names of
-- all parameters.
local function sorted_out(study, objective)
  local sign = study.directions[objective] == "maximize" and -1 or 1
  local all, values, names, seen = {}, {}, {}, {}
  for _, record in ipairs(study.trials) do
    local value = record.state == "complete" and record.values and record.values[objective]
    if value and finite(value) then
      all[#all + 1], values[#values + 1] = record, sign * value
      for name in pairs(record.distributions) do
        if not seen[name] then seen[name], names[#names + 1] = true, name end
      end
    end
  end
  table.sort(names)
  table.sort(values)
  local limit, best, count = values[math.ceil(target * #all)], {}, 0
  for _, record in ipairs(all) do
    if sign * record.values[objective] <= limit then best[record], count = true, count + 1 end
  end
  return all, best, count, names
end

-- The divergences of a parameter's ranges, each weighed by its share of the trials.
local function weight_of(name, all, best, count)
  local sum = 0
  for _, regime in ipairs(regimes(name, all)) do
    local d, top = regime.distribution, {}
    for _, record in ipairs(regime) do
      if best[record] then top[#top + 1] = record end
    end
    if d and #regime >= 2 and #top > 0 and not distribution.single(d) then
      sum = sum + (#top / count) ^ 2 / (#regime / #all) * divergence(d, name, top, regime)
    end
  end
  return sum
end

--- The importance of every parameter of a study (Study, or its record), as a list of { name =,
-- importance = } from the most important on; they sum to 1. options.objective: which of several
-- (1). Only complete trials with finite values count. An empty list when no trial is complete;
-- equal parts when the best tenth cannot be told from the rest.
local function importance(study, options)
  if study.record then study = study:record() end
  local objective = options and options.objective or 1
  if not study.directions[objective] then
    error(("study.importance: the study has %d objectives, not %s"):format(#study.directions,
      tostring(objective)), 2)
  end
  local all, best, count, names = sorted_out(study, objective)
  local list, total = {}, 0
  for i, name in ipairs(names) do
    list[i] = { name = name, importance = weight_of(name, all, best, count) }
    total = total + list[i].importance
  end
  for _, entry in ipairs(list) do
    entry.importance = total > 0 and entry.importance / total or 1 / #list
  end
  table.sort(list, function(a, b)
    if a.importance ~= b.importance then return a.importance > b.importance end
    return a.name < b.name
  end)
  return list
end

return importance
