local study = require "circlet.study"
local files = require "circlet.report.files"
local folders = require "circlet.study.folders"
local json = require "circlet.json"
local support = require "spec.study.support"
local raises = require("spec.support").raises

describe("the folder of a study", function()
  it("is named after its journal, and after the study where that has another name", function()
    for _, case in ipairs {
      { "/r/a.journal", "a", "/r/a" }, { "/r/a.journal", "b c/d", "/r/a-b_c_d" },
      { "/r/a", "a", "/r/a.study" }, { "/r/a", "b", "/r/a-b" }, { "/r.x/a", "a", "/r.x/a.study" },
      { "/r/a.b.journal", "a.b", "/r/a.b" }, { "/r/.hidden", ".hidden", "/r/.hidden.study" },
    } do
      assert.equal(case[3], folders.of(case[1], case[2]))
    end
  end)
end)

describe("the folder of a trial", function()
  local folder, s

  before_each(function()
    folder = support.folder()
    s = assert(study.open { path = folder .. "/a.journal" })
  end)
  after_each(function() support.remove(folder) end)

  local function content(name) return files.read(folder .. "/a/trials/00000/" .. name) end

  it("is made when it is asked for, and holds what the trial leaves", function()
    assert.equal(2, s:optimize(function(t)
      t:suggest_float("x", 0, 1)
      if t.number == 1 then return 1 end
      assert.equal(folder .. "/a/trials/00000", t:folder())
      t:log { loss = 0.1 + 0.2, epoch = 1 }
      t:log { loss = 0 / 0, epoch = 2, ["MAP@R"] = 0.5, all = { 1, 2 } }
      t:save { weights = { 1, 2 } }
      t:save { weights = { 3 } }
      assert.same({ weights = { 3 } }, t:load())
      return 2
    end, { trials = 2 }))
    assert.same({ "00000" }, support.names(folder .. "/a/trials"))
    assert.same({ "trials" }, support.names(folder .. "/a"))
    assert.same({ "checkpoint.t7", "metrics.csv", "metrics.jsonl", "record.json" },
      support.names(folder .. "/a/trials/00000"))
    local first, second = content("metrics.jsonl"):match("^(.-)\n(.-)\n$")
    first, second = json.decode(first), json.decode(second)
    assert.equal(0.1 + 0.2, first.loss)
    assert.equal(json.null, second.loss)
    assert.is_true(first.seconds >= 0 and second.seconds >= first.seconds)
    assert.truthy(content("metrics.csv"):find('^epoch,loss,seconds,MAP@R,all\n1,0.3000000000000000'
      .. '4,[%d.e-]+,,\n2,,[%d.e-]+,0.5,"%[1,2%]"\n$'), content("metrics.csv"))
    local record = json.decode(content("record.json"))
    assert.equal(s:trials()[1].params.x, record.params.x)
    assert.equal(2, record.value)
    assert.equal("complete", record.state)
    assert.equal("Lua 5.4", record.run.versions.lua)
  end)

  it("is made for every trial with { folders = true }", function()
    assert(s:optimize(function() error "broken" end, { trials = 2, folders = true }))
    assert.same({ "00000", "00001" }, support.names(folder .. "/a/trials"))
    assert.truthy(json.decode(content("record.json")).error:find("broken", 1, true))
  end)

  it("refuses what is no measure, and fails the trial when it cannot be written", function()
    local t = assert(s:ask())
    raises("a table of measures expected, got number", t.log, t, 1)
    raises("measures have names", t.log, t, { 1 })
    assert.is_nil(t:load())
    assert(s:tell(t, 1))
    s.folder = "/proc/none"
    local trial = assert(s:ask())
    raises("cannot make the folder /proc/none", trial.folder, trial)
    raises("/proc/none", trial.log, trial, { x = 1 })
    raises("/proc/none", trial.save, trial, 1)
  end)

  it("with a damaged checkpoint says so", function()
    local t = assert(s:ask())
    t:save { 1 }
    assert(files.write(t:folder() .. "/checkpoint.t7", "none"))
    raises("checkpoint.t7", t.load, t)
  end)
end)
