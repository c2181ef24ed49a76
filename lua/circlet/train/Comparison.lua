--- Several losses on one task under one budget: the same model, batches, epochs, optimiser and
-- seeds for each, the loss alone being different. Every finished run is a line in the journal
-- `runs.jsonl`; a comparison opened on a folder that has one goes on after the last line.
--
-- An entry is one thing to run: { kind = "baseline", loss = name } or { kind = "run", loss, seed }.
-- A record is an entry with its outcome: status, recall_at_1, r_precision, map_at_r, nmi after the
-- last epoch, curve (a list of { epoch, map_at_r, loss }), seconds, or an error.
-- @internal
local circlet = require "circlet"
local Trainer = require "circlet.train.Trainer"
local csv = require "circlet.report.csv"
local evaluate = require "circlet.train.evaluate"
local files = require "circlet.report.files"
local json = require "circlet.json"
local jsonl = require "circlet.report.jsonl"
local losses = require "circlet.train.losses"
local plot_lines = require "circlet.plot.lines"
local record = require "circlet.report.record"

local Comparison = {}
Comparison.__index = Comparison

Comparison.measures = { "recall_at_1", "r_precision", "map_at_r", "nmi" }
Comparison.label = { recall_at_1 = "R@1", r_precision = "R-precision", map_at_r = "MAP@R",
  nmi = "NMI" }

local UNTRAINED = "untrained model"
local POINTS = 10 -- of a curve, at most

local function key_of(entry)
  return ("%s %s %s"):format(entry.kind, entry.loss, entry.seed or "")
end

--- What runs depend on, as plain flags: all but which runs there are, so that losses and seeds may
-- be added later.
function Comparison.shared_flags(flags)
  local shared = {}
  for name, value in pairs(flags) do shared[name] = value end
  for loss, own in pairs(flags.loss_settings or {}) do
    for name, value in pairs(own) do shared[loss .. "." .. name] = value end
  end
  shared.losses, shared.seeds, shared.seed, shared.loss_settings = nil, nil, nil, nil
  return shared
end

--- Opens or goes on with the comparison in `folder`. settings: those of Trainer.new but for loss
-- and seed, with losses (names of train.losses), loss_settings ({ [name] = { setting = value } }),
-- seeds (a list) and epochs. `facts` (circlet.report.record) is kept in config.json. Returns nil,
-- message, code when the folder cannot be written, or holds a comparison with other settings; other
-- losses and seeds are no other settings.
function Comparison.open(folder, settings, facts)
  local self = setmetatable({ folder = folder, settings = settings, records = {}, finished = {} },
    Comparison)
  self.journal = folder .. "/runs.jsonl"
  local ok, message, code = files.make_folder(folder)
  if not ok then return nil, message, code end
  local config = folder .. "/config.json"
  if files.kind(config) then
    local known
    known, message, code = files.read(config)
    if not known then return nil, message, code end
    known = json.decode(known)
    local difference = type(known) == "table" and type(known.flags) == "table"
      and record.difference(Comparison.shared_flags(known.flags),
        Comparison.shared_flags(facts.flags))
    if difference ~= nil then
      return nil, ("%s holds %s; choose another --out, or --fresh to start anew"):format(folder,
        difference and ("a comparison with other settings (%s)"):format(difference)
        or "something else"), "format"
    end
  end
  ok, message, code = files.write(config, json.encode(facts) .. "\n")
  if not ok then return nil, message, code end
  local lines
  lines, message, code = jsonl.read(self.journal)
  if not lines then return nil, message, code end
  for _, line in ipairs(lines) do self:keep(line) end
  return self
end

--- Forgets an earlier comparison in the folder: removes what one writes, and nothing else.
function Comparison.forget(folder)
  for _, name in ipairs { "runs.jsonl", "results.csv", "curves.png", "curves.svg", "curves.gp",
                          "config.json" } do
    os.remove(folder .. "/" .. name)
  end
end

-- A later record of the same entry takes the place of the earlier: a failed run tried again.
function Comparison:keep(outcome)
  local key = key_of(outcome)
  local place = self.finished[key] or #self.records + 1
  self.records[place], self.finished[key] = outcome, place
end

--- Whether an entry has run and completed.
function Comparison:done(entry)
  local place = self.finished[key_of(entry)]
  return place ~= nil and self.records[place].status == "complete"
end

--- What there is to run, in order: the baselines, then each seed for all losses, so that what an
-- interruption leaves compares.
function Comparison:plan(raw_name)
  local list = { { kind = "baseline", loss = raw_name }, { kind = "baseline", loss = UNTRAINED } }
  for _, seed in ipairs(self.settings.seeds) do
    for _, loss in ipairs(self.settings.losses) do
      list[#list + 1] = { kind = "run", loss = loss, seed = seed }
    end
  end
  return list
end

--- What Trainer.new takes for a run of this loss with this seed.
function Comparison:run_settings(loss, seed)
  local settings = {}
  for name, value in pairs(self.settings) do settings[name] = value end
  settings.loss, settings.seed = loss, seed
  settings.loss_options = (self.settings.loss_settings or {})[loss]
  return settings
end

-- Trains, measuring MAP@R on the way at most POINTS times; returns measures and curve.
local function train(self, task, entry, on_step)
  local settings = self:run_settings(entry.loss, entry.seed)
  local trainer = Trainer.new(task, settings)
  local epochs, steps, curve = settings.epochs, trainer:steps(), {}
  local every = math.max(1, (epochs + POINTS - 1) // POINTS)
  for epoch = 1, epochs do
    local loss = trainer:run_epoch(on_step and function(step)
      on_step(((epoch - 1) * steps + step) / (epochs * steps))
    end)
    if epoch % every == 0 or epoch == epochs then
      local found = evaluate.split(task.test, trainer.model,
        epoch == epochs and evaluate.table or evaluate.measure)
      curve[#curve + 1] = { epoch = epoch, map_at_r = found.map_at_r, loss = loss }
      if epoch == epochs then return found, curve end
    end
  end
end

-- Runs an entry to its measures; may raise.
local function outcome_of(self, task, entry, on_step)
  if entry.kind == "run" then
    local outcome, curve = train(self, task, entry, on_step)
    outcome.curve = curve
    return outcome
  end
  local model
  if entry.loss == UNTRAINED then
    model = Trainer.new(task, self:run_settings(self.settings.losses[1],
      self.settings.seeds[1])).model
  end
  return evaluate.split(task.test, model, evaluate.table)
end

--- Runs an entry, appends its record to the journal and returns it. An error inside the run fails
-- the run, not the comparison; Ctrl-C and a journal that cannot be written raise.
-- on_step(share of the training done) is called after each step.
function Comparison:run(task, entry, on_step)
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

-- Mean and sample deviation (none of a single number).
local function spread(list)
  local sum, squares = 0, 0
  for _, x in ipairs(list) do sum = sum + x end
  local mean = sum / #list
  for _, x in ipairs(list) do squares = squares + (x - mean) ^ 2 end
  return { mean = mean, sd = #list > 1 and math.sqrt(squares / (#list - 1)) or nil }
end

-- The completed records of a loss.
local function records_of(self, kind, loss)
  local list = {}
  for _, outcome in ipairs(self.records) do
    if outcome.status == "complete" and outcome.kind == kind and outcome.loss == loss then
      list[#list + 1] = outcome
    end
  end
  return list
end

--- The table: a row for each loss and baseline that has completed, { name, title, settings, seeds =
-- how many, recall_at_1 = { mean, sd }, ..., seconds }; losses by mean MAP@R, best first, then the
-- baselines.
function Comparison:rows()
  local rows, baselines = {}, {}
  local function add(list, kind, name, title, settings)
    local outcomes = records_of(self, kind, name)
    if #outcomes == 0 then return end
    local row = { name = name, title = title, settings = settings, seeds = #outcomes }
    for _, measure in ipairs { "seconds", table.unpack(Comparison.measures) } do
      local values = {}
      for i, outcome in ipairs(outcomes) do values[i] = outcome[measure] end
      row[measure] = spread(values)
    end
    list[#list + 1] = row
  end
  for _, name in ipairs(self.settings.losses) do
    add(rows, "run", name, losses[name].title, losses.describe(self:run_settings(name)))
  end
  table.sort(rows, function(a, b) return a.map_at_r.mean > b.map_at_r.mean end)
  for _, outcome in ipairs(self.records) do
    if outcome.kind == "baseline" then
      add(baselines, "baseline", outcome.loss, outcome.loss, "")
    end
  end
  return table.move(baselines, 1, #baselines, #rows + 1, rows)
end

--- The records of failed runs.
function Comparison:failed()
  local list = {}
  for _, outcome in ipairs(self.records) do
    if outcome.status ~= "complete" then list[#list + 1] = outcome end
  end
  return list
end

--- MAP@R by epoch, mean over seeds, a line for each loss in the order of the table.
-- @internal
-- @return table series for plot.lines
function Comparison:curves()
  local series = {}
  for _, row in ipairs(self:rows()) do
    local outcomes = records_of(self, "run", row.name)
    local x, y = {}, {}
    for p, point in ipairs(outcomes[1] and outcomes[1].curve or {}) do
      local sum = 0
      for _, outcome in ipairs(outcomes) do sum = sum + outcome.curve[p].map_at_r end
      x[p], y[p] = point.epoch, sum / #outcomes
    end
    if #x > 0 then series[#series + 1] = { title = row.title, x = x, y = y } end
  end
  return series
end

--- Writes results.csv (a line for each run) and the picture of the curves. Returns the paths
-- written and, when the picture could not be drawn, the reason; nil, message, code when the CSV
-- file cannot be written.
function Comparison:write(title)
  local path = self.folder .. "/results.csv"
  local ok, message, code = csv.write(path, { "kind", "loss", "seed", "status", "recall_at_1",
    "r_precision", "map_at_r", "nmi", "seconds", "error" }, self.records)
  if not ok then return nil, message, code end
  local paths = { self.journal, path }
  local images, reason = plot_lines(self:curves(), { title = title, x_label = "epoch",
    y_label = "MAP@R", height = 520 }):save(self.folder .. "/curves")
  for _, image in ipairs(images or {}) do paths[#paths + 1] = image end
  return paths, not images and reason or nil
end

return Comparison
