--- study.samplers.tpe { seed = 0, startup = 10, candidates = 24 }: the tree-structured Parzen
-- estimator (Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NIPS 2011), over all
-- parameters at once.
--
-- The trials so far are parted into the best tenth (at most 25) and the rest; of `candidates`
-- points drawn from the density of the good ones the one that is likeliest under that density
-- against the other's is proposed. The first `startup` trials are random. Trials that still run
-- count among the rest (the constant liar), so that parallel workers do not all propose the same.
-- Parameters that every trial has are modelled together, those that only some have each by itself.
-- @param options? table
-- @option seed integer 0 by default
-- @option startup integer 10 by default
-- @option candidates integer 24 by default
-- @return table sampler
-- @example
-- local s = study.open { path = "a.journal", sampler = study.samplers.tpe { seed = 1 } }
-- s:ask():suggest_float("m", 0, 1) <= 1    --> true
local draw = require "circlet.study.draw"
local ranking = require "circlet.study.ranking"
local space = require "circlet.study.space"
local Parzen = require "circlet.study.samplers.parzen"

local Tpe = {}
Tpe.__index = Tpe

local function ended(record) return record.state == "complete" or record.state == "pruned" end

local function unit_of(d, internal)
  return d.choices and internal or space.to_unit(d, internal)
end

-- The points of records on some axes; those that lack a parameter are left out.
local function points_of(records, axes)
  local points = {}
  for _, record in ipairs(records) do
    local point = {}
    for k, axis in ipairs(axes) do
      local internal, d = record.internal[axis[1]], axis[2]
      if not internal then break end
      point[k] = unit_of(d, internal)
    end
    if #point == #axes then points[#points + 1] = point end
  end
  return points
end

-- The best and the others of these ended records (best first), and those that run.
local function part(good_first, running)
  local count = math.min(math.ceil(#good_first / 10), 25)
  local best = { table.unpack(good_first, 1, count) }
  local rest = table.move(good_first, count + 1, #good_first, 1, {})
  return best, table.move(running, 1, #running, #rest + 1, rest)
end

-- A point on the axes, as numbers for the journal by name.
local function propose(self, axes, ranked, running, uniform)
  local best, rest = part(ranked, running)
  local good, bad = Parzen.new(axes, points_of(best, axes)), Parzen.new(axes, points_of(rest, axes))
  local chosen, most = nil, -math.huge
  for _ = 1, self.candidates do
    local point = good:sample(uniform)
    local score = good:log_density(point) - bad:log_density(point)
    if not chosen or score > most then chosen, most = point, score end
  end
  local values = {}
  for k, axis in ipairs(axes) do
    local d = axis[2]
    values[axis[1]] = d.choices and chosen[k] or space.from_unit(d, chosen[k])
  end
  return values
end

-- Ended trials, best first, and running ones other than this.
local function history(study, trial, name)
  local running, done = {}, {}
  local record = study:record()
  for _, other in ipairs(record.trials) do
    if not name or other.internal[name] then
      if ended(other) then
        done[#done + 1] = other
      elseif other.state == "running" and other.number ~= trial.number then
        running[#running + 1] = other
      end
    end
  end
  return ranking.order(record, done), running
end

function Tpe:suggest(study, trial, name, d)
  local plan = trial.plan
  if not plan then
    plan = { values = {} }
    trial.plan = plan
    local ranked, running = history(study, trial)
    plan.random = #ranked < self.startup
    local axes = not plan.random and space.common(ranked) or {}
    if #axes > 0 then
      plan.values = propose(self, axes, ranked, running,
        draw.stream(self.seed, trial.number, "tpe"))
      for _, axis in ipairs(axes) do plan[axis[1]] = axis[2] end
    end
  end
  -- A range that has changed since is modelled by itself.
  local known = plan[name]
  if known and (known == d or known.low == d.low and known.high == d.high
    and known.log == d.log and known.step == d.step) then
    return plan.values[name]
  end
  local ranked, running = history(study, trial, name)
  if plan.random or #ranked < 2 then
    return draw.from_unit(d, draw.unit(self.seed, trial.number, name))
  end
  return propose(self, { { name, d } }, ranked, running,
    draw.stream(self.seed, trial.number, "tpe " .. name))[name]
end

return function(options)
  options = options or {}
  return setmetatable({ seed = options.seed or 0, startup = options.startup or 10,
                        candidates = options.candidates or 24 }, Tpe)
end
