local study = require "circlet.study"
local Screen = require "circlet.study.screen"
local plan = require "circlet.study.plan"
local turns = require "circlet.study.turns"
local support = require "spec.study.support"

local function said(text, ...)
  for _, part in ipairs { ... } do
    assert(text:find(part, 1, true), ("%q is not in:\n%s"):format(part, text))
  end
end

describe("the screen of a study", function()
  local folder, s, written, now

  before_each(function()
    folder = support.folder()
    s = assert(study.open { path = folder .. "/a.journal" })
    assert(s:optimize(function(t)
      if t.number == 2 then error("no luck", 0) end
      return t:suggest_float("x", 1, 2)
    end, { trials = 4 }))
    written, now = {}, 0
  end)
  after_each(function() support.remove(folder) end)

  local function screen(progress, terminal)
    local running = assert(s:ask())
    running:suggest_float("x", 1, 2)
    running:suggest_categorical("kind", { "new" })
    running:report(0.5, 3)
    local supervisor = { study = s, options = { progress = progress }, slots = {
      { handle = true, trial = s.journal.trials[running.id], since = require("luv").now() - 61000 },
      { idle = true },
    } }
    return Screen.new(supervisor, turns.progress(s, 10), {
      write = function(text) written[#written + 1] = text end, terminal = terminal, width = 60,
      unicode = false, clock = function()
        now = now + 1
        return now
      end,
    })
  end

  it("on a terminal has a bar with the time left, the best trials and the running ones", function()
    local shown = screen(nil, true)
    shown:update(turns.progress(s, 10))
    local text = table.concat(written)
    local best = s:best()
    said(text, "4 of 10 trials ended earlier", "a  40% ####", " left", "trial",
      ("best         %d"):format(best.number), ("%.5g"):format(best.value), "running      4",
      "0.5 (step 3)", "1:01", "new")
    assert.truthy(text:find("best +" .. best.number .. " [^\n]* 0:00")) -- how long it took
    shown:ended(s:record().trials[3])
    said(table.concat(written), "trial 2 failed: no luck (" .. folder .. "/a/trials/00002/log.txt)")
    shown:interrupted(1)
    said(table.concat(written), "ending 1 worker; Ctrl-C again ends them at once")
    shown:close()
    local count = #written
    shown:ended(s:record().trials[1]) -- only failures have a line of their own
    assert.equal(count, #written)
  end)

  it("elsewhere says failures alone; with progress every trial, without it nothing", function()
    local shown = screen(nil, false)
    shown:update(turns.progress(s, 10))
    shown:ended(s:record().trials[1])
    shown:ended(s:record().trials[3])
    shown:close()
    assert.same({ "a: trial 2 failed: no luck (" .. folder .. "/a/trials/00002/log.txt)\n" },
      written)
    written = {}
    shown = screen(false, true)
    shown:update(turns.progress(s, 10))
    shown:ended(s:record().trials[3])
    shown:close()
    assert.same({}, written)
    shown = screen(true, false)
    shown:ended(s:record().trials[1])
    said(table.concat(written), ("trial 0 complete: x %.5g: %.5g, "):format(
      s:trials()[1].params.x, s:trials()[1].value), " left\n")
  end)
end)

describe("a plan", function()
  it("says what is there and what would run, and runs nothing", function()
    local folder = support.folder()
    finally(function() support.remove(folder) end)
    local s = assert(study.open { path = folder .. "/a.journal",
      sampler = study.samplers.grid { { "gamma", { 8, 64 } }, { "m", { 0, 0.25 } } } })
    assert.same({ ("study a (%s/a.journal): no trial yet"):format(folder),
      "to run: 4 of 4 trials, by 2 workers of 3 threads", "  gamma 8, m 0", "  gamma 8, m 0.25",
      "  gamma 64, m 0", "  gamma 64, m 0.25" }, plan.lines(s, { workers = 2, threads = 3 }))
    assert(s:enqueue { gamma = 1, m = 0.5 })
    assert(s:optimize(function(t)
      t:suggest_float("gamma", 1, 100)
      return t.number == 1 and 0 / 0 or 1
    end, { trials = 3 }))
    assert.same({ ("study a (%s/a.journal): 2 complete, 1 fail"):format(folder),
      "to run: 1 of 4 trials", "  gamma 64, m 0" }, plan.lines(s, { trials = 4 }))
    assert.same({ ("study a (%s/a.journal): 2 complete, 1 fail"):format(folder),
      "to run: 1 of 3 trials", "  trial 1 again: gamma 8" }, plan.lines(s, { only_failed = true }))
    assert.equal(3, #s:trials())
  end)
end)
