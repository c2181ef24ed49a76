--- study.samplers.cmaes { seed = 0, sigma = 1/6, population = nil }: CMA-ES over the numbers that
-- the first complete trial had; other parameters are drawn at random. For one objective.
--
-- The run begins in the middle of the ranges with a deviation of `sigma` of their widths. A trial
-- belongs to the generation (system attribute `circlet:cma`) that was open when it was made. A
-- generation ends when `population` of its trials are complete, those that were complete first;
-- until then any number of workers may add to it. So the state of the run is a function of the
-- journal alone, and every process comes to the same.
-- @param options? table
-- @option seed integer 0 by default
-- @option sigma number 1/6 by default
-- @option population integer
-- @return table sampler
-- @example
-- local s = study.open { path = "a.journal", sampler = study.samplers.cmaes { seed = 1 } }
-- s:ask():suggest_float("m", 0, 1) <= 1    --> true
local draw = require "circlet.study.draw"
local ranking = require "circlet.study.ranking"
local space = require "circlet.study.space"
local Evolution = require "circlet.study.samplers.evolution"

local Cmaes = {}
Cmaes.__index = Cmaes

local attribute = "circlet:cma"

local function earlier(a, b)
  if a.completed ~= b.completed then return a.completed < b.completed end
  return a.number < b.number
end

local function numeric(d) return not d.choices end

-- The coordinates of a trial, or nil when it lacks one.
local function point_of(record, axes)
  local point = {}
  for k, axis in ipairs(axes) do
    local internal = record.internal[axis[1]]
    if not internal then return nil end
    point[k] = space.to_unit(axis[2], internal)
  end
  return point
end

-- The axes and the start of the run; nil before a trial is complete.
local function begin_run(self, study)
  local first
  for _, record in ipairs(study.trials) do
    if record.state == "complete" and (not first or earlier(record, first)) then first = record end
  end
  local axes = first and space.common({ first }, numeric)
  if not axes or #axes == 0 then return nil end
  local middle = {}
  for k = 1, #axes do middle[k] = 0.5 end
  return { axes = axes, evolution = Evolution.new(middle, self.sigma, self.population) }
end

-- The run as the trials that are complete have it.
local function advance(self, study)
  local run = self.runs[study]
  if not run then
    run = begin_run(self, study)
    if not run then return nil end
    self.runs[study] = run
  end
  local evolution = run.evolution
  while true do
    local members = {}
    for _, record in ipairs(study.trials) do
      if record.state == "complete" and record.system_attrs[attribute] == evolution.generation
        and point_of(record, run.axes) then
        members[#members + 1] = record
      end
    end
    if #members < evolution.population then return run end
    table.sort(members, earlier)
    local points = {}
    members = ranking.order(study, { table.unpack(members, 1, evolution.population) })
    for i, record in ipairs(members) do points[i] = point_of(record, run.axes) end
    evolution:tell(points)
  end
end

function Cmaes:begin(study)
  if #study.directions > 1 then error("study.samplers.cmaes: one objective expected", 0) end
  local run = advance(self, study)
  return run and { [attribute] = run.evolution.generation }
end

local function inside(point)
  for _, x in ipairs(point) do
    if x < 0 or x > 1 then return false end
  end
  return true
end

local function plan_of(self, study, trial)
  local values, run = {}, trial:system_attr(attribute) and advance(self, study:record())
  if not run then return values end
  -- Trials 2k and 2k+1 lie on opposite sides of the mean: mirrored sampling (Brockhoff et al.,
  -- "Mirrored Sampling and Sequential Selection for Evolution Strategies", PPSN 2010), which on the
  -- functions of scripts/bench/samplers.lua halves what independent points leave on the sphere.
  local uniform, point = draw.stream(self.seed, trial.number // 2, "cma"), nil
  local mirrored = trial.number % 2 == 1
  for _ = 1, 100 do -- beyond the ranges there is nothing; at last the point is moved to the edge
    point = run.evolution:sample(uniform, mirrored)
    if inside(point) then break end
  end
  for k, axis in ipairs(run.axes) do
    values[axis[1]] = { axis[2], math.max(0, math.min(1, point[k])) }
  end
  return values
end

function Cmaes:suggest(study, trial, name, d)
  trial.plan = trial.plan or plan_of(self, study, trial)
  local planned = trial.plan[name]
  if planned and planned[1].low == d.low and planned[1].high == d.high then
    return space.from_unit(d, planned[2])
  end
  return draw.from_unit(d, draw.unit(self.seed, trial.number, name))
end

return function(options)
  options = options or {}
  return setmetatable({ seed = options.seed or 0, sigma = options.sigma or 1 / 6,
                        population = options.population,
                        runs = setmetatable({}, { __mode = "k" }) }, Cmaes)
end
