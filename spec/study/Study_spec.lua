local study = require "circlet.study"
local json = require "circlet.json"
local Journal = require "circlet.study.Journal"
local support = require "spec.study.support"
local raises = require("spec.support").raises

describe("a study", function()
  local folder, path

  before_each(function()
    folder = support.folder()
    path = folder .. "/runs.journal"
  end)
  after_each(function() support.remove(folder) end)

  local function open(options)
    options = options or {}
    options.path = path
    return assert(study.open(options))
  end

  local function square(t) return t:suggest_float("x", -2, 2) ^ 2 end

  it("runs trials, ranks them, and is found again", function()
    local s = open { direction = "maximize" }
    assert.equal("runs", s.name)
    assert.equal(8, s:optimize(square, { trials = 8 }))
    local best = s:best()
    for _, t in ipairs(s:trials "complete") do
      assert.is_true(best.value >= t.value)
      assert.equal(t.params.x ^ 2, t.value)
      assert.truthy(t.started <= t.completed)
    end
    local again = open()
    assert.same(s:trials(), again:trials())
    assert.same({ "maximize" }, again.directions)
    assert.equal(0, again:optimize(square, { trials = 8 })) -- they are done
    assert.equal(2, again:optimize(square, { trials = 10 }))
    local nothing, message, code = study.open { path = path, direction = "minimize" }
    assert.is_nil(nothing)
    assert.equal("format", code)
    assert.truthy(message:find("is to maximize, not to minimize", 1, true), message)
  end)

  it("gives a name one value in a trial, and single ranges without the sampler", function()
    local s = open { sampler = { suggest = function() error "not asked" end } }
    local t = assert(s:ask())
    assert.equal(3, t:suggest_int("n", 3, 3))
    assert.equal("a", t:suggest_categorical("c", { "a" }))
    assert.equal(json.null, t:suggest_categorical("none", { json.null }))
    assert.equal(0.5, t:suggest_float("x", 0.5, 0.5))
    assert.equal(3, t:suggest_int("n", 3, 3))
    assert.equal(4, t:asked())
    raises("n was asked for before as another kind", t.suggest_float, t, "n", 3, 3)
    raises("the name of a parameter expected, got number", t.suggest_float, t, 1, 3, 3)
    raises("low must not exceed high", t.suggest_float, t, "y", 3, 1)
    assert(s:tell(t, 1))
    t = assert(s:ask())
    raises("earlier trials have c as another kind or with other choices", t.suggest_categorical, t,
      "c", { "b" })
    raises("does not run any more", function()
      assert(s:tell(t, 1))
      t:report(1, 1)
    end)
  end)

  it("fails one trial, not the study, and says why", function()
    local s = open()
    local results = { "a", 0 / 0, json.null, 1 }
    assert.equal(6, s:optimize(function(t)
      if t.number == 4 then error("no memory", 0) end
      if t.number == 5 then return 1, 2 end
      return results[t.number + 1]
    end, { trials = 6 }))
    local list = s:trials()
    for i, message in ipairs { "a number expected, got a", "a number expected, got ",
      "1 value expected, got 0", false, "no memory", "1 value expected, got 2" } do
      assert.equal(message and "fail" or "complete", list[i].state)
      if message then
        assert.truthy(list[i].user_attrs.error:find(message, 1, true), list[i].user_attrs.error)
      end
    end
    assert.equal(3, s:best().number)
    local ran, message, code = s:optimize(function() error("stop", 0) end,
      { trials = 99, fail_fast = true })
    assert.is_nil(ran)
    assert.equal("trial", code)
    assert.equal("trial 6 failed: stop", message)
    assert.equal(7, #s:trials())
  end)

  it("tries a failed trial again with its parameters, and counts it once", function()
    local s, tries = open(), {}
    assert.equal(5, s:optimize(function(t)
      local x = t:suggest_float("x", 0, 1)
      tries[#tries + 1] = x
      if #tries <= 3 then error "broken" end
      return x
    end, { trials = 3, retries = 2 }))
    assert.equal(tries[1], tries[2])
    assert.equal(tries[1], tries[3])
    local list = s:trials()
    assert.equal(5, #list)
    for i, state in ipairs { "fail", "fail", "fail", "complete", "complete" } do
      assert.equal(state, list[i].state)
    end
    local attrs = s:record().trials[3].system_attrs
    assert.equal(0, attrs.failed_trial)
    assert.same({ 0, 1 }, { table.unpack(attrs.retry_history) })
  end)

  it("has every trial on the disk when it returns, and a long one at its end", function()
    local s, within = open(), Journal.sync_within
    finally(function() Journal.sync_within = within end)
    Journal.sync_within = 1000
    local owed = {}
    local function note() owed[#owed + 1] = s.journal.unsynced end
    assert(s:optimize(function() return 0 end, { trials = 3, on_end = note }))
    assert.same({ true, true, false }, owed)
    Journal.sync_within, owed = 0, {}
    assert(s:optimize(function() return 0 end, { trials = 5, on_end = note }))
    assert.same({ false, false }, owed)
    Journal.sync_within = 1000
    local trial = assert(s:ask())
    assert(s:tell(trial, 1))
    assert.is_false(s.journal.unsynced)
  end)

  it("counts trials that others add, and tries as one", function()
    local s = open()
    local function counted() return s:record().counted end
    assert(s:enqueue {})
    assert.equal(0, counted())
    assert.equal(3, assert(s:optimize(function(t)
      if t.number == 0 then error "no" end
      return 0
    end, { trials = 2, retries = 1 })))
    assert.equal(2, counted())
    assert.equal(2, open():record().counted) -- read anew
  end)

  it("runs an interrupted trial again next time", function()
    local s, first = open(), nil
    raises("interrupted!", s.optimize, s, function(t)
      first = t:suggest_float("x", 0, 1)
      error "interrupted!"
    end, { trials = 2 })
    assert.equal("waiting", s:trials()[2].state)
    local seen = {}
    assert.equal(2, open():optimize(function(t)
      seen[#seen + 1] = t:suggest_float("x", 0, 1)
      return 0
    end, { trials = 2 }))
    assert.equal(first, seen[1])
  end)

  it("leaves nothing running when Ctrl-C comes while it writes", function()
    local s = open()
    local update, calls = s.journal.update, 0
    s.journal.update = function(...)
      calls = calls + 1
      local results = table.pack(update(...))
      -- After the first trial has ended and the second is taken, before that is known.
      if calls == 3 then error("interrupted!", 0) end
      return table.unpack(results, 1, results.n)
    end
    raises("interrupted!", s.optimize, s, function() return 1 end, { trials = 5 })
    assert.same({}, s:trials "running")
    assert.equal(1, #s:trials "waiting")
    s.journal.update = nil
    assert(s:optimize(function() return 1 end, { trials = 5 }))
    assert.equal(5, #s:trials "complete")
  end)

  it("runs enqueued trials first, sampling what they leave open", function()
    local s = open()
    assert(s:enqueue({ x = 0.25, kind = "b" }, { from = "me" }))
    assert(s:enqueue { x = 7 })
    assert(s:optimize(function(t)
      t:suggest_categorical("kind", { "a", "b" })
      t:suggest_int("n", 1, 5)
      return t:suggest_float("x", 0, 1)
    end, { trials = 3 }))
    local list = s:trials()
    assert.equal(0.25, list[1].value)
    assert.equal("b", list[1].params.kind)
    assert.equal("integer", math.type(list[1].params.n))
    assert.equal("me", list[1].user_attrs.from)
    assert.equal("fail", list[2].state)
    assert.truthy(list[2].user_attrs.error:find("the value 7 given for x is out of its range", 1,
      true))
    assert.equal("complete", list[3].state)
    assert.equal(3, #list)
    raises("a table of parameters", s.enqueue, s, 1)
  end)

  it("has parameters that only some trials have", function()
    local s = open { sampler = study.samplers.sobol {} }
    assert(s:optimize(function(t)
      if t:suggest_categorical("optimiser", { "sgd", "adam" }) == "sgd" then
        return t:suggest_float("momentum", 0, 1)
      end
      return 2
    end, { trials = 16 }))
    for _, t in ipairs(s:trials()) do
      assert.equal(t.params.optimiser == "sgd", t.params.momentum ~= nil)
    end
  end)

  it("finds the trials that no other beats in several objectives", function()
    local s = open { directions = { "minimize", "maximize" } }
    local points = { { 1, 1 }, { 2, 2 }, { 2, 1 }, { 3, 3 }, { 1, 1 }, { 0, 9 }, { 4, math.huge } }
    assert(s:optimize(function(t)
      if t.number == 5 then t:set_constraint("size", 0.1) end
      if t.number == 3 then t:set_constraint("size", 0) end
      return table.unpack(points[t.number + 1])
    end, { trials = 7 }))
    local numbers = {}
    for i, t in ipairs(s:pareto()) do numbers[i] = t.number end
    assert.same({ 0, 1, 3, 4, 6 }, numbers) -- 5 is not feasible, 2 is beaten by 1
    assert.same({ 3, 3 }, s:trials()[4].values)
    assert.is_false(s:trials()[6].feasible)
    raises("pareto() set", s.best, s)
    local t = assert(s:ask())
    raises("no single value to report", t.report, t, 1, 1)
    assert(s:tell(t, { 1, 2 }))
    assert.same({ 1, 2 }, s:trials()[8].values)
  end)

  it("passes over infeasible trials and values that are no numbers when it ranks", function()
    local s = open()
    assert.is_nil(s:best())
    local values = { 3, 1, 2, 2 }
    assert(s:optimize(function(t)
      if t.number == 1 then
        t:set_constraint("a", -1)
        t:set_constraint("b", 0 / 0)
      end
      return values[t.number + 1]
    end, { trials = 4 }))
    local numbers = {}
    for i, t in ipairs(s:ranked()) do numbers[i] = t.number end
    assert.same({ 2, 3, 0 }, numbers)
  end)

  it("keeps attributes and reported values", function()
    local s = open()
    assert(s:set_user_attr("data", { "fashion_mnist", 0.1 + 0.2 }))
    assert(s:optimize(function(t)
      t:set_user_attr("note", { deep = { true } })
      t:report(0.5, 0)
      t:report(0.25, 3)
      t:report(9, 3) -- was reported before
      return 1
    end, { trials = 1 }))
    local again = open()
    assert.equal(0.1 + 0.2, again:record().user_attrs.data[2])
    local t = again:trials()[1]
    assert.is_true(t.user_attrs.note.deep[1])
    assert.same({ [0] = 0.5, [3] = 0.25 }, t.intermediate)
    t = assert(s:ask())
    raises("a number expected, got string", t.report, t, "a", 1)
    raises("step must be a whole number", t.report, t, 1, 0.5)
    raises("step must be a whole number", t.report, t, 1, -1)
    raises("a name expected", t.set_user_attr, t, 1, 1)
    raises("a name and a number", t.set_constraint, t, "a", "b")
    assert(s:tell(t, "broken", "fail"))
    assert.equal("broken", s:trials "fail"[1].user_attrs.error)
    raises('a state is "complete"', s.tell, s, t, 1, "done")
  end)

  it("continues a study that Optuna wrote", function()
    local file = assert(io.open(path, "w"))
    file:write((require("circlet.report.files").read "spec/study/optuna.journal")):close()
    local s = open { name = 'every "kind"' }
    local before = #s:trials()
    assert.equal(0.01, s:trials()[1].params.lr)
    -- One trial waits there, and goes first.
    assert.equal("waiting", s:trials()[before].state)
    assert.equal(2, s:optimize(function(t)
      return t:suggest_float("lr", 1e-5, 1, { log = true })
    end, { trials = before + 1 }))
    assert.equal(0.125, s:trials()[before].value)
    assert.equal("mnist", s:record().user_attrs.data)
  end)

  it("keeps its settings, refuses others, and forgets all when told to", function()
    local s = open { settings = { gamma = { 8, 64 }, model = "mlp" } }
    assert(s:optimize(square, { trials = 2, folders = true }))
    assert.equal("mlp", open():record().user_attrs.settings.model)
    open { settings = { model = "mlp", gamma = { 8.0, 64 } } }
    local nothing, message, code = study.open { path = path, settings = { model = "conv" } }
    assert.is_nil(nothing)
    assert.equal(path .. " holds a study with other settings (gamma: 8,64 there, nil here; "
      .. "model: mlp there, conv here)", message)
    assert.equal("format", code)
    local other = folder .. "/runs/other"
    assert(require("circlet.report.files").write(other, "mine"))
    s = open { settings = { model = "conv" }, fresh = true }
    assert.equal(0, #s:trials())
    assert.same({ "runs", "runs.journal" }, support.names(folder))
    assert.same({ "other" }, support.names(folder .. "/runs")) -- not a study's, so it stays
  end)

  it("gives rows for tables", function()
    local s = open { directions = { "minimize", "maximize" } }
    assert(s:optimize(function(t)
      t:set_user_attr("note", "n" .. t.number)
      t:suggest_int("k", 1, 9)
      if t.number == 0 then error("no", 0) end
      return t.number, 1
    end, { trials = 3 }))
    local rows = s:rows()
    assert.same({ "1 1", "2 1" }, { rows[1].value, rows[3].value })
    assert.same({ 1, 0, 2 }, { rows[1].number, rows[2].number, rows[3].number })
    assert.equal("fail", rows[2].state)
    assert.equal("no", rows[2].error)
    assert.equal("n1", rows[1].note)
    assert.equal("integer", math.type(rows[1].k))
    assert.is_true(rows[1].seconds >= 0 and rows[1].seconds < 60)
  end)

  it("runs again what a process that is gone was running, and seeds each trial", function()
    local tiny = require "spec.train.tiny"
    local program = ([[%s -e '
      local circlet = require "circlet"
      local s = circlet.study.open { path = "%s", seed = 7 }
      s:optimize(function(t)
        t:suggest_float("x", 0, 1)
        if t.number == 1 then require("luv").kill(require("luv").os_getpid(), "sigkill") end
        return circlet.random(1000000)
      end, { trials = 3 })'; exit $?]]):format(os.getenv "LUA" or "lua5.4", path)
    assert.equal(137, (tiny.shell(program)))
    assert.equal(1, #open():trials "running")
    assert.equal(0, (tiny.shell(program)))
    local list = open():record().trials
    assert.equal(4, #list)
    assert.truthy(list[2].user_attrs.error:find("is gone", 1, true))
    assert.equal(list[2].params.x, list[3].params.x)
    local values = {}
    for _, t in ipairs(open():record().trials) do
      if t.state == "complete" then values[t.index + 1] = t.values[1] end
    end
    os.remove(path)
    local s = open { seed = 7 }
    assert(s:optimize(function() return require("circlet").random(1000000) end, { trials = 3 }))
    for i, t in ipairs(s:trials()) do assert.equal(values[i], t.value) end
    assert.same({ "runs.journal" }, support.names(folder))
  end)

  it("refuses misuse, and says when the journal is damaged", function()
    raises("the path of a journal", study.open, {})
    raises("a direction is", study.open, { path = path, direction = "up" })
    raises("at least one direction", study.open, { path = path, directions = {} })
    raises("options.trials expected", function() open():optimize(square) end)
    assert.equal("io", select(3, study.open { path = "/dev/null/a" }))
    local file = assert(io.open(path, "a"))
    file:write("nonsense\n"):close()
    assert.equal("format", select(3, study.open { path = path }))
  end)
end)
