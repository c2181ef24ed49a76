local Comparison = require "circlet.train.Comparison"
local circlet = require "circlet"
local evaluate = require "circlet.train.evaluate"
local files = require "circlet.report.files"
local tiny = require "spec.train.tiny"
local Trainer = require "circlet.train.Trainer"
local train_task = require "circlet.train.task"

local function settings(more)
  local own = { model = "mlp", dim = 8, learning_rate = 1e-3, classes_per_batch = 4,
    samples_per_class = 4, epochs = 2, losses = { "pair", "unified" }, seeds = { 1, 2 },
    loss_settings = { pair = { gamma = 16 } } }
  for name, value in pairs(more or {}) do own[name] = value end
  return own
end

local function open(folder, more)
  local own = settings(more)
  return Comparison.open(folder, own, { flags = own, program = "spec" })
end

describe("a comparison", function()
  local data, out, task
  setup(function()
    data = tiny.write(tiny.path())
    task = assert(train_task.load(data))
  end)
  teardown(function() tiny.remove(data) end)
  before_each(function() out = tiny.path() end)
  after_each(function() tiny.remove(out) end)

  local function run_all(comparison)
    for _, entry in ipairs(comparison:plan "raw pixels") do
      if not comparison:done(entry) then comparison:run(task, entry) end
    end
  end

  it("runs the baselines, then every loss with each seed", function()
    local comparison = assert(open(out))
    local plan = {}
    for i, entry in ipairs(comparison:plan "raw pixels") do
      plan[i] = ("%s %s %s"):format(entry.kind, entry.loss, entry.seed)
    end
    assert.same({ "baseline raw pixels nil", "baseline untrained model nil", "run pair 1",
      "run unified 1", "run pair 2", "run unified 2" }, plan)
  end)

  it("gives each loss what a run of its own with these settings gives", function()
    local comparison = assert(open(out))
    local outcome = comparison:run(task, { kind = "run", loss = "pair", seed = 2 })
    local own = settings { loss = "pair", seed = 2, gamma = 16 }
    local trainer = Trainer.new(task, own)
    trainer:run_epoch()
    local middle = evaluate.split(task.test, trainer.model)
    local loss = trainer:run_epoch()
    local expected = evaluate.split(task.test, trainer.model, evaluate.table)
    for _, name in ipairs(Comparison.measures) do assert.equal(expected[name], outcome[name]) end
    assert.equal(2, #outcome.curve)
    assert.equal(middle.map_at_r, outcome.curve[1].map_at_r)
    assert.same({ epoch = 2, map_at_r = expected.map_at_r, loss = loss }, outcome.curve[2])
  end)

  it("puts mean and deviation over seeds into rows, the best loss first", function()
    local comparison = assert(open(out))
    run_all(comparison)
    local rows = comparison:rows()
    assert.equal(4, #rows)
    assert(rows[1].map_at_r.mean >= rows[2].map_at_r.mean)
    assert.equal("raw pixels", rows[3].title)
    assert.is_nil(rows[3].map_at_r.sd)
    local values = {}
    for _, record in ipairs(comparison.records) do
      if record.loss == rows[1].name then values[#values + 1] = record.map_at_r end
    end
    assert.equal(2, #values)
    assert.near((values[1] + values[2]) / 2, rows[1].map_at_r.mean, 1e-15)
    assert.near(math.abs(values[1] - values[2]) / math.sqrt(2), rows[1].map_at_r.sd, 1e-15)
    local by_name = { [rows[1].name] = rows[1], [rows[2].name] = rows[2] }
    assert.equal("m 0.25, gamma 16", by_name.pair.settings)
    assert.equal("m 0.25, gamma 64", by_name.unified.settings)
    local paths = assert(comparison:write "title")
    assert.equal(7, select(2, files.read(out .. "/results.csv"):gsub("\n", "")))
    assert.equal(out .. "/results.csv", paths[2])
  end)

  it("goes on after the last run, and refuses other settings", function()
    local comparison = assert(open(out))
    comparison:run(task, { kind = "run", loss = "pair", seed = 1 })
    local again = assert(open(out))
    assert.is_true(again:done { kind = "run", loss = "pair", seed = 1 })
    assert.is_false(again:done { kind = "run", loss = "pair", seed = 2 })
    assert.equal(comparison.records[1].map_at_r, again.records[1].map_at_r)
    local more = assert(open(out, { losses = { "unified", "pair" }, seeds = { 3, 1 } }))
    assert.is_true(more:done { kind = "run", loss = "pair", seed = 1 })
    local none, message = open(out, { epochs = 3 })
    assert.is_nil(none)
    assert.truthy(message:find("epochs", 1, true))
    Comparison.forget(out)
    assert.equal(0, #assert(open(out, { epochs = 3 })).records)
  end)

  it("outlives a run that fails, and tries it again", function()
    local comparison = assert(open(out, { losses = { "pair" }, seeds = { 1 },
      loss_settings = { pair = { gamma = -1 } } }))
    local outcome = comparison:run(task, { kind = "run", loss = "pair", seed = 1 })
    assert.equal("failed", outcome.status)
    assert.truthy(outcome.error:find("gamma", 1, true))
    assert.equal(1, #comparison:failed())
    assert.is_false(comparison:done { kind = "run", loss = "pair", seed = 1 })
    assert.equal(0, #comparison:rows())
  end)

  it("measures a curve at ten points or fewer, the last epoch among them", function()
    for epochs, points in pairs { [1] = 1, [9] = 9, [11] = 6, [25] = 9 } do
      local comparison = assert(open(out, { epochs = epochs, losses = { "pair" }, seeds = { 1 },
        steps = 1 }))
      local outcome = comparison:run(task, { kind = "run", loss = "pair", seed = 1 })
      assert.equal(points, #outcome.curve)
      assert.equal(epochs, outcome.curve[#outcome.curve].epoch)
      Comparison.forget(out)
    end
  end)

  it("has the clustering among the measures of its table", function()
    circlet.manualSeed(1)
    local x, labels = circlet.randn(40, 3), circlet.LongTensor(40):random(1, 4)
    local found = evaluate.table(x, labels)
    assert.equal(circlet.metrics.clustering(x, labels, { restarts = 3 }).nmi, found.nmi)
    assert.equal(evaluate.measure(x, labels).map_at_r, found.map_at_r)
  end)
end)
