local export = require "circlet.report.study.export"
local json = require "circlet.json"
local study = require "circlet.study"
local journals = require "spec.study.support"
local support = require "spec.report.study.support"

describe("what a study exports", function()
  local folder, path
  before_each(function()
    folder = journals.folder()
    path = folder .. "/a.journal"
  end)
  after_each(function() journals.remove(folder) end)

  it("is one JSON object a trial, to the last digit", function()
    local s = support.study(path, 12)
    local number = 0
    for line in export.jsonl(s):gmatch "([^\n]*)\n" do
      local trial, record = assert(json.decode(line)), s:record().trials[number + 1]
      assert.equal(number, trial.number)
      assert.equal(record.state, trial.state)
      assert.same(record.params, trial.params)
      if number == 5 then
        assert.equal(json.null, trial.values[1]) -- -inf
      elseif record.values then
        assert.equal(record.values[1], trial.values[1])
      end
      assert.equal(record.intermediate[2], trial.intermediate[2] and trial.intermediate[2][2])
      assert.is_true(trial.seconds >= 0)
      number = number + 1
    end
    assert.equal(12, number)
  end)

  it("is a row of CSV a trial", function()
    local s = support.study(path, 9)
    local lines = {}
    for line in export.csv(s):gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
    assert.equal(10, #lines)
    assert.equal("number,state,value,params_gamma,params_layers,params_m,params_momentum,"
      .. "params_optimiser,user_attrs_error,feasible,started,completed,seconds,worker", lines[1])
    assert.truthy(lines[9]:find("^7,fail,,"))
    local two = assert(study.open { path = path, name = "two",
      directions = { "minimize", "maximize" } })
    assert.equal("number,state,value_1,value_2,feasible,started,completed,seconds,worker\n",
      export.csv(two))
    assert(two:optimize(function() return 1, 2.5 end, { trials = 1 }))
    assert.truthy(export.csv(two):find "\n0,complete,1,2.5,true,")
  end)

  it("is a folder of events for each trial with a curve", function()
    local s = assert(study.open { path = path })
    assert(s:optimize(function(t)
      if t.number > 0 then
        t:report(0.5, 1)
        t:log { epoch = 1, loss = 0.25, note = "text" }
      end
      return 0
    end, { trials = 3 }))
    assert.equal(2, export.tensorboard(s, folder .. "/board"))
    assert.same({ "trial-00001", "trial-00002" }, journals.names(folder .. "/board"))
    local file = journals.names(folder .. "/board/trial-00001")[1]
    local events = assert(require("circlet.report.files").read(folder .. "/board/trial-00001/"
      .. file))
    assert.truthy(events:find("\10\8reported\21" .. ("<f"):pack(0.5), 1, true))
    assert.truthy(events:find("\10\4loss\21" .. ("<f"):pack(0.25), 1, true))
    assert.is_nil(events:find "note")
    assert.equal("io", select(3, export.tensorboard(s, path)))
  end)
end)
