local data = require "circlet.report.study.data"
local study = require "circlet.study"
local journals = require "spec.study.support"
local support = require "spec.report.study.support"

describe("what a report shows", function()
  local folder, path
  before_each(function()
    folder = journals.folder()
    path = folder .. "/a.journal"
  end)
  after_each(function() journals.remove(folder) end)

  it("has times in seconds, of any zone", function()
    assert.equal(0, data.seconds "1970-01-01T00:00:00")
    assert.equal(86401, data.seconds "1970-01-02T00:00:01+00:00")
    assert.equal(1709200800.5, data.seconds "2024-02-29T12:00:00.5+02:00")
    assert.equal(1709215200, data.seconds "2024-02-29 12:00:00-02:00")
    assert.equal(951868800, data.seconds "2000-03-01T00:00:00Z")
    assert.is_nil(data.seconds "yesterday")
    assert.is_nil(data.seconds(nil))
  end)

  it("is every trial with its parameters as numbers, and the best", function()
    local s = support.study(path, 24)
    local facts = data.of(s)
    assert.equal("a", facts.name)
    assert.equal(24, facts.total)
    assert.equal(24, #facts.trials)
    assert.equal(1, facts.counts.fail)
    assert.same({ s:best().number }, { table.unpack(facts.best) })
    local choices, at
    for _, p in ipairs(facts.parameters) do
      if p.choices then choices, at = p.choices, p.name end
      assert.is_true(p.importance ~= nil or p.name == "momentum")
      if p.name == "gamma" then assert.same({ 8, 512, true }, { p.low, p.high, p.log }) end
    end
    for i, trial in ipairs(facts.trials) do
      local record = s:record().trials[i]
      assert.equal(record.number, trial.number)
      assert.equal(record.params.gamma, trial.params.gamma)
      assert.equal(record.params.optimiser, choices[trial.params[at] + 1])
      assert.equal(record.params.momentum, trial.params.momentum)
      assert.is_true(trial.began >= 0 and trial.ended >= trial.began)
      for k, point in ipairs(trial.curve) do assert.same({ k, record.intermediate[k] }, point) end
    end
    assert.truthy(facts.trials[8].error:find "broken")
  end)

  it("is what the best trial reported and logged, as curves", function()
    local s = support.study(path, 24)
    local reported, loss = table.unpack(data.of(s).best_curves)
    assert.same({ "reported", "loss" }, { reported.name, loss.name })
    local values = s:best().intermediate
    for step = 1, 4 do assert.same({ step, values[step] }, reported.points[step]) end
    assert.same({ { 1, 1 - values[1] }, { 2, 1 - values[2] }, { 4, 1 - values[4] } }, -- a NaN: none
      { table.unpack(loss.points) })
    s = assert(study.open { path = path, name = "single" })
    assert(s:optimize(function(t)
      t:log { loss = 1 } -- no curve
      return t:suggest_float("x", 0, 1)
    end, { trials = 2 }))
    assert.same({}, { table.unpack(data.of(s).best_curves) })
  end)

  it("is thinned out when there are many, the best staying", function()
    local s = support.study(path, 60)
    local facts = data.of(s, { most = 20 })
    assert.equal(60, facts.total)
    assert.is_true(#facts.trials <= 20 and #facts.trials >= 14)
    local kept = {}
    for _, trial in ipairs(facts.trials) do kept[trial.number] = true end
    local ranked = s:ranked()
    for i = 1, 6 do assert.is_true(kept[ranked[i].number]) end
  end)

  it("is little for an empty study and a Pareto set for several objectives", function()
    local facts = data.of(assert(study.open { path = path }))
    assert.same({ 0, 0, 0 }, { facts.total, #facts.trials, #facts.best })
    local two = assert(study.open { path = path, name = "two",
      directions = { "minimize", "maximize" } })
    assert(two:optimize(function(t)
      local x = t:suggest_float("x", 0, 1)
      return x, x
    end, { trials = 5 }))
    assert.equal(5, #data.of(two).best)
  end)
end)
