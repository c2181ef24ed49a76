local Sweep = require "circlet.train.Sweep"
local Trainer = require "circlet.train.Trainer"
local files = require "circlet.report.files"
local jsonl = require "circlet.report.jsonl"
local support = require "spec.support"
local task = require "circlet.train.task"
local tiny = require "spec.train.tiny"

local settings = { model = "mlp", loss = "pair", dim = 4, classes_per_batch = 4,
  samples_per_class = 3, learning_rate = 1e-3, seed = 1, epochs = 2, steps = 2, repeats = 3,
  rank_by = "map_at_r", gammas = { 8, 64 }, ms = { 0, 0.25 } }

local function facts(changes)
  local flags = {}
  for name, value in pairs(settings) do flags[name] = value end
  for name, value in pairs(changes or {}) do flags[name] = value end
  return { flags = flags }
end

-- A finished trial as the journal has it.
local function trial(gamma, m, map, kind, seed)
  return { kind = kind or "trial", gamma = gamma, m = m, seed = seed or 1, status = "complete",
    recall_at_1 = map, r_precision = map, map_at_r = map, loss = 1, seconds = 1 }
end

describe("a sweep", function()
  local folder, the_task
  setup(function()
    local data = tiny.write(tiny.path())
    the_task = assert(task.load(data))
    tiny.remove(data)
  end)
  before_each(function() folder = tiny.path() end)
  after_each(function() tiny.remove(folder) end)

  local function open(changes) return assert(Sweep.open(folder, settings, facts(changes))) end

  it("plans the baselines and the whole grid", function()
    local names = {}
    for i, entry in ipairs(open():plan("raw pixels")) do
      names[i] = entry.name or ("%g/%g/%d"):format(entry.gamma, entry.m, entry.seed)
    end
    assert.equal("raw pixels, untrained model, 8/0/1, 8/0.25/1, 64/0/1, 64/0.25/1",
      table.concat(names, ", "))
  end)

  it("runs an entry, keeps its record, and does not run it again after a restart", function()
    local sweep = open()
    local shares = {}
    for _, entry in ipairs(sweep:plan("raw pixels")) do
      assert.is_false(sweep:done(entry))
      local outcome = sweep:run(the_task, entry, function(share) shares[#shares + 1] = share end)
      assert.equal("complete", outcome.status)
      assert.is_true(outcome.map_at_r > 0 and outcome.map_at_r <= 1)
      assert.equal(entry.kind == "trial", outcome.loss ~= nil)
    end
    assert.same({ 0.25, 0.5, 0.75, 1 }, { table.unpack(shares, 1, 4) })
    assert.equal(16, #shares) -- four trials of two epochs of two steps
    local again = open()
    for _, entry in ipairs(again:plan("raw pixels")) do assert.is_true(again:done(entry)) end
    assert.equal(6, #jsonl.read(again.journal))
    for i, outcome in ipairs(sweep:ranked()) do
      assert.equal(outcome.map_at_r, again:ranked()[i].map_at_r)
    end
  end)

  it("gives a trial the same result in a sweep and alone", function()
    local sweep = open()
    local alone
    do
      local own = { gamma = 64, m = 0.25 }
      for name, value in pairs(settings) do own[name] = own[name] or value end
      local trainer = Trainer.new(the_task, own)
      trainer:run_epoch()
      alone = trainer:run_epoch()
    end
    sweep:run(the_task, { kind = "trial", gamma = 8, m = 0, seed = 1 })
    assert.equal(alone,
      sweep:run(the_task, { kind = "trial", gamma = 64, m = 0.25, seed = 1 }).loss)
  end)

  it("ranks what completed, and repeats the best with seeds that no trial had", function()
    local sweep = open()
    for _, outcome in ipairs { trial(8, 0, 0.3), trial(64, 0, 0.5), trial(8, 0.25, 0.5),
      { kind = "trial", gamma = 64, m = 0.25, seed = 1, status = "failed", error = "nan" },
      { kind = "baseline", name = "raw pixels", status = "complete", map_at_r = 0.4 } } do
      assert(jsonl.append(sweep.journal, outcome))
    end
    sweep = open()
    local order = {}
    for i, outcome in ipairs(sweep:ranked()) do order[i] = outcome.map_at_r end
    assert.same({ 0.5, 0.5, 0.4, 0.3 }, order)
    assert.equal(64, sweep:best(1)[1].gamma) -- the earlier of two equals
    assert.equal(3, #sweep:best(5))
    assert.equal(1, #sweep:failed())
    local repeats = sweep:repeats()
    assert.same({ { kind = "repeat", gamma = 64, m = 0, seed = 2 },
      { kind = "repeat", gamma = 64, m = 0, seed = 3 },
      { kind = "repeat", gamma = 64, m = 0, seed = 4 } }, repeats)
    assert.is_nil(sweep:spread())
    for i, map in ipairs { 0.4, 0.5, 0.9 } do
      sweep:keep(trial(64, 0, map, "repeat", i + 1))
    end
    local spread = sweep:spread()
    assert.same({ 2, 3, 4 }, spread.seeds)
    assert.near(0.6, spread.map_at_r.mean, 1e-15)
    assert.near(math.sqrt((0.04 + 0.01 + 0.09) / 2), spread.map_at_r.sd, 1e-15)
    assert.equal(4, #sweep:ranked()) -- repeats are not ranked among the trials
  end)

  it("lets a trial fail without failing, and tries it again", function()
    local sweep = open()
    local entry = { kind = "trial", gamma = 8, m = 0, seed = 1 }
    local new = Trainer.new
    finally(function() Trainer.new = new end)
    Trainer.new = function() error("circle_loss: row 3 is not a number") end
    local outcome = sweep:run(the_task, entry)
    assert.equal("failed", outcome.status)
    assert.truthy(outcome.error:find("row 3 is not a number", 1, true))
    Trainer.new = new
    sweep = open()
    assert.is_false(sweep:done(entry))
    assert.equal(1, #sweep:failed())
    sweep:run(the_task, entry)
    assert.is_true(sweep:done(entry))
    assert.equal(0, #sweep:failed())
    assert.equal(0, #open():failed())
  end)

  it("lets Ctrl-C through, leaving no record of the trial", function()
    local sweep = open()
    support.raises("interrupted!", sweep.run, sweep, the_task,
      { kind = "trial", gamma = 8, m = 0, seed = 1 }, function() error("interrupted!") end)
    assert.is_nil(files.kind(sweep.journal))
  end)

  it("goes on after a line that was half written", function()
    local sweep = open()
    assert(jsonl.append(sweep.journal, trial(8, 0, 0.3)))
    local file = assert(io.open(sweep.journal, "a"))
    file:write('{"kind":"trial","gam')
    file:close()
    sweep = open()
    assert.equal(1, #sweep:ranked())
    sweep:run(the_task, { kind = "baseline", name = "raw pixels" })
    assert.equal(2, #jsonl.read(sweep.journal))
  end)

  it("refuses a folder with other settings, until it is told to forget them", function()
    assert(jsonl.append(open().journal, trial(8, 0, 0.3)))
    local sweep, message, code = Sweep.open(folder, settings, facts { dim = 32 })
    assert.is_nil(sweep)
    assert.truthy(message:find("holds a sweep with other settings (dim: 4 there, 32 here); "
      .. "choose another --out, or --fresh", 1, true), message)
    assert.equal("format", code)
    Sweep.forget(folder)
    assert.equal(0, #open({ dim = 32 }):ranked())
  end)

  it("refuses a folder that cannot be or is no sweep's", function()
    local sweep, message, code = Sweep.open("/proc/nowhere", settings, facts())
    assert.is_nil(sweep)
    assert.truthy(message:find("/proc/nowhere", 1, true), message)
    assert.equal("io", code)
    assert(files.make_folder(folder))
    assert(files.write(folder .. "/config.json", "[1"))
    sweep, message, code = Sweep.open(folder, settings, facts())
    assert.is_nil(sweep)
    assert.truthy(message:find("config.json: not the record of a sweep: json: line 1", 1, true),
      message)
    assert.equal("format", code)
  end)

  it("writes the table and the picture", function()
    local sweep = open()
    sweep:keep(trial(8, 0, 0.3))
    sweep:keep(trial(64, 0.25, 0.5))
    local paths, reason = sweep:write("a title")
    if reason and reason:find("not installed", 1, true) then return pending(reason) end
    assert.is_nil(reason)
    assert.equal(4, #paths)
    local lines = {}
    for line in files.read(folder .. "/results.csv"):gmatch("[^\n]+") do
      lines[#lines + 1] = line
    end
    assert.same({
      "kind,name,gamma,m,seed,status,recall_at_1,r_precision,map_at_r,loss,seconds,error",
      "trial,,8,0,1,complete,0.3,0.3,0.3,1,1,",
      "trial,,64,0.25,1,complete,0.5,0.5,0.5,1,1,",
    }, lines)
    local svg = files.read(folder .. "/sweep.svg")
    assert.truthy(svg:find("MAP@R: a title", 1, true))
    assert.truthy(svg:find("0.300", 1, true) and svg:find("0.500", 1, true))
  end)
end)
