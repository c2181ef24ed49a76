--- A sweep: one short training run per (gamma, m), two baselines, the best setting again with
-- fresh seeds. Every finished trial is a line in the journal `trials.jsonl`; a sweep opened on a
-- folder that has one goes on after the last line.
--
-- An entry is one thing to run: { kind = "baseline", name } or { kind = "trial" or "repeat", gamma,
-- m, seed }. A record is an entry with its outcome: status ("complete" or "failed"), recall_at_1,
-- r_precision, map_at_r, loss (mean over the last epoch), seconds, or an error.
local circlet = require "circlet"
local Trainer = require "circlet.train.Trainer"
local evaluate = require "circlet.train.evaluate"
local csv = require "circlet.report.csv"
local files = require "circlet.report.files"
local json = require "circlet.json"
local jsonl = require "circlet.report.jsonl"
local plot = require "circlet.report.plot"
local record = require "circlet.report.record"
local tables = require "circlet.report.table"
local text = require "circlet.report.text"

local Sweep = {}
Sweep.__index = Sweep

Sweep.measures = { "recall_at_1", "r_precision", "map_at_r" }

local untrained = "untrained model"

local function key_of(entry)
  if entry.kind == "baseline" then return "baseline " .. entry.name end
  return ("%s gamma=%s m=%s seed=%d"):format(entry.kind, text.number(entry.gamma),
    text.number(entry.m), entry.seed)
end

--- Opens or goes on with the sweep in `folder`. settings: those of Trainer.new without gamma and m,
-- and gammas, ms (lists), repeats, rank_by. `facts` (circlet.report.record) is kept in config.json.
-- Returns nil, message, code when the folder cannot be written, or holds a sweep with other
-- settings.
function Sweep.open(folder, settings, facts)
  local self = setmetatable({ folder = folder, settings = settings, finished = {}, records = {} },
    Sweep)
  self.journal = folder .. "/trials.jsonl"
  local ok, message, code = files.make_folder(folder)
  if not ok then return nil, message, code end
  local config = folder .. "/config.json"
  if files.kind(config) then
    local known
    known, message, code = files.read(config)
    if not known then return nil, message, code end
    known, message = json.decode(known)
    if type(known) ~= "table" or type(known.flags) ~= "table" then
      return nil, ("%s: not the record of a sweep%s"):format(config,
        message and ": " .. tostring(message) or ""), "format"
    end
    local difference = record.difference(known.flags, facts.flags)
    if difference then
      return nil, ("%s holds a sweep with other settings (%s); choose another --out, or --fresh to "
        .. "start it anew"):format(folder, difference), "format"
    end
    self.earlier = known
  else
    ok, message, code = files.write(config, json.encode(facts) .. "\n")
    if not ok then return nil, message, code end
  end
  local lines
  lines, message, code = jsonl.read(self.journal)
  if not lines then return nil, message, code end
  for _, line in ipairs(lines) do self:keep(line) end
  return self
end

--- Forgets an earlier sweep in the folder: removes what a sweep writes, and nothing else.
function Sweep.forget(folder)
  for _, name in ipairs { "trials.jsonl", "results.csv", "sweep.png", "sweep.svg", "sweep.gp",
                          "config.json" } do
    os.remove(folder .. "/" .. name)
  end
end

-- A later record of the same entry takes the place of the earlier: a failed trial tried again.
function Sweep:keep(outcome)
  local key = key_of(outcome)
  local place = self.finished[key] and self.finished[key].place or #self.records + 1
  for name, value in pairs(outcome) do
    if value == json.null then outcome[name] = nil end -- a measure that was not a number
  end
  self.records[place] = outcome
  self.finished[key] = { place = place, complete = outcome.status == "complete" }
end

--- Whether an entry has run and completed.
function Sweep:done(entry)
  local finished = self.finished[key_of(entry)]
  return finished ~= nil and finished.complete
end

--- What there is to run before the best setting is known, in order. raw: the name of the raw
-- inputs among the baselines.
function Sweep:plan(raw)
  local list = {
    { kind = "baseline", name = raw },
    { kind = "baseline", name = untrained },
  }
  for _, gamma in ipairs(self.settings.gammas) do
    for _, m in ipairs(self.settings.ms) do
      list[#list + 1] = { kind = "trial", gamma = gamma, m = m, seed = self.settings.seed }
    end
  end
  return list
end

--- The repeats of the best setting, with seeds that no trial used, so that the luck which made it
-- the best does not count again. Empty when no trial completed.
function Sweep:repeats()
  local best, list = self:best(1)[1], {}
  for i = 1, best and self.settings.repeats or 0 do
    list[i] = { kind = "repeat", gamma = best.gamma, m = best.m, seed = self.settings.seed + i }
  end
  return list
end

-- Runs an entry to its measures; may raise.
local function outcome_of(self, task, entry, on_step)
  if entry.kind == "baseline" and entry.name ~= untrained then return evaluate.split(task.test) end
  local settings = {}
  for name, value in pairs(self.settings) do settings[name] = value end
  -- Of an untrained model, gamma and m mean nothing.
  settings.gamma, settings.m = entry.gamma or 1, entry.m or 0
  settings.seed = entry.seed or self.settings.seed
  local trainer, loss = Trainer.new(task, settings), nil
  if entry.kind ~= "baseline" then
    local steps = trainer:steps()
    for epoch = 1, settings.epochs do
      loss = trainer:run_epoch(on_step and function(step)
        on_step(((epoch - 1) * steps + step) / (settings.epochs * steps))
      end)
    end
  end
  local outcome = evaluate.split(task.test, trainer.model)
  outcome.loss = loss
  return outcome
end

--- Runs an entry, appends its record to the journal and returns it. An error inside the trial (a
-- loss that is not a number, say) fails the trial, not the sweep; Ctrl-C and a journal that cannot
-- be written raise. on_step(share of the training done) is called after each step.
function Sweep:run(task, entry, on_step)
  local timer = circlet.Timer()
  local good, outcome = pcall(outcome_of, self, task, entry, on_step)
  if not good then
    if Trainer.interrupted(outcome) then error(outcome, 0) end
    outcome = { status = "failed", error = tostring(outcome) }
  else
    outcome.status = "complete"
  end
  for name, value in pairs(entry) do outcome[name] = value end
  outcome.seconds = timer:time().real
  local ok, message = jsonl.append(self.journal, outcome)
  if not ok then error(message, 0) end
  self:keep(outcome)
  collectgarbage()
  return outcome
end

--- The completed records of a kind (all kinds but repeats when nil), best first.
function Sweep:ranked(kind)
  local list = {}
  for _, outcome in ipairs(self.records) do
    if outcome.status == "complete"
      and (kind and outcome.kind == kind or not kind and outcome.kind ~= "repeat") then
      list[#list + 1] = outcome
    end
  end
  return tables.ranked(list, self.settings.rank_by)
end

--- The best `count` trials so far.
function Sweep:best(count)
  return { table.unpack(self:ranked("trial"), 1, count) }
end

--- The records of failed entries.
function Sweep:failed()
  local list = {}
  for _, outcome in ipairs(self.records) do
    if outcome.status ~= "complete" then list[#list + 1] = outcome end
  end
  return list
end

--- Mean and sample standard deviation over the repeats of the best setting, by measure:
-- { gamma, m, seeds, map_at_r = { mean, sd }, ... }; nil when fewer than two have completed.
function Sweep:spread()
  local seeds, values = {}, {}
  local entries = self:repeats()
  for _, entry in ipairs(entries) do
    local known = self.finished[key_of(entry)]
    if known and known.complete then
      local outcome = self.records[known.place]
      seeds[#seeds + 1] = outcome.seed
      for _, name in ipairs { "recall_at_1", "r_precision", "map_at_r", "loss", "seconds" } do
        values[name] = values[name] or {}
        table.insert(values[name], outcome[name])
      end
    end
  end
  if #seeds < 2 then return nil end
  local spread = { gamma = entries[1].gamma, m = entries[1].m, seeds = seeds }
  for name, list in pairs(values) do
    local sum, squares = 0, 0
    for _, x in ipairs(list) do sum = sum + x end
    local mean = sum / #list
    for _, x in ipairs(list) do squares = squares + (x - mean) ^ 2 end
    spread[name] = { mean = mean, sd = math.sqrt(squares / (#list - 1)) }
  end
  return spread
end

--- Writes results.csv and the gamma x m picture. Returns the paths written and, when the picture
-- could not be drawn, the reason; nil, message, code when the CSV file cannot be written.
function Sweep:write(title)
  local path = self.folder .. "/results.csv"
  local ok, message, code = csv.write(path, { "kind", "name", "gamma", "m", "seed", "status",
    "recall_at_1", "r_precision", "map_at_r", "loss", "seconds", "error" }, self.records)
  if not ok then return nil, message, code end
  local paths, values = { self.journal, path }, {}
  for _, outcome in ipairs(self:ranked("trial")) do
    values[outcome.gamma .. " " .. outcome.m] = outcome[self.settings.rank_by]
  end
  local label = Sweep.label[self.settings.rank_by]
  local images
  images, message = plot.heat_map(self.folder .. "/sweep", {
    x = self.settings.gammas, y = self.settings.ms, log_x = true,
    value = function(gamma, m) return values[gamma .. " " .. m] end,
    title = label .. ": " .. title, x_label = "gamma", y_label = "m", value_label = label,
  })
  for _, image in ipairs(images or {}) do paths[#paths + 1] = image end
  return paths, not images and message or nil
end

Sweep.label = { recall_at_1 = "R@1", r_precision = "R-precision", map_at_r = "MAP@R" }

return Sweep
