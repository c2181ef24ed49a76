local uv = require "luv"
local core = require "circlet.core"
local files = require "circlet.report.files"
local json = require "circlet.json"
local Journal = require "circlet.study.Journal"
local support = require "spec.study.support"
local raises = require("spec.support").raises

local now = "2026-01-02T03:04:05.000006+00:00"

describe("a journal of studies", function()
  local folder, path

  before_each(function()
    folder = support.folder()
    path = folder .. "/a.journal"
  end)
  after_each(function() support.remove(folder) end)

  local function lines(list)
    for i, line in ipairs(list) do
      if type(line) == "table" then
        line.worker_id = line.worker_id or "w"
      if line.op_code == 6 then line.values = line.values or json.null end
        line = json.encode(line, { nan = "bare" }) .. "\n"
      end
      list[i] = line
    end
    assert(files.write(path, table.concat(list)))
  end

  local study = '{"op_code":0,"worker_id":"w","study_name":"s","directions":[1]}\n'
  local trial = '{"op_code":4,"worker_id":"w","study_id":0,"datetime_start":"' .. now .. '"}\n'
  local float = '{"name":"FloatDistribution","attributes":'
    .. '{"low":0.0,"high":1.0,"log":false,"step":null}}'

  local function read(...)
    lines { ... }
    return Journal.open(path)
  end

  it("reads what Optuna wrote as Optuna reads it", function()
    local journal = assert(Journal.open "spec/study/optuna.journal")
    local expected = assert(json.decode(files.read "spec/study/optuna.json", { nan = "bare" }))
    assert.equal(2, #expected)
    assert.is_nil(support.difference(expected, support.dump(journal)))
  end)

  it("gives back numbers, words and times as they were written", function()
    local journal = assert(Journal.open(path, { create = true }))
    assert.equal(0, journal.study_count)
    local attrs = { pi = 0.1 + 0.2, name = "γ \"x\"\n", list = { 1, { 2 } }, none = json.null }
    assert(journal:update(function(write)
      write("create_study", { study_name = "a", directions = { 1, 2 } })
      write("study_user_attr", { study_id = 0, user_attr = attrs })
      write("create_trial", { study_id = 0, datetime_start = now })
      write("set_param", { trial_id = 0, param_name = "x", param_value_internal = 0.1 + 0.2,
                           distribution = float })
      write("set_intermediate", { trial_id = 0, step = 3, intermediate_value = 0 / 0 })
      write("set_intermediate", { trial_id = 0, step = 4, intermediate_value = -math.huge })
      write("set_state", { trial_id = 0, state = 1, values = { 1e300, -0.0 },
                           datetime_complete = now })
    end))
    local other = assert(Journal.open(path))
    for _, seen in ipairs { journal, other } do
      local a = seen.by_name.a
      assert.is_nil(support.difference(attrs, a.user_attrs))
      assert.same({ "minimize", "maximize" }, a.directions)
      local t = a.trials[1]
      assert.equal(0.1 + 0.2, t.params.x)
      assert.is_true(t.intermediate[3] ~= t.intermediate[3])
      assert.equal(-math.huge, t.intermediate[4])
      assert.equal("complete", t.state)
      assert.equal(1e300, t.values[1])
      assert.equal(now, t.completed)
      assert.equal(now, t.started)
    end
  end)

  it("decides on what is true when it writes, not on what it knew", function()
    local one, two = assert(Journal.open(path, { create = true })), assert(Journal.open(path))
    local function number(journal)
      return assert(journal:update(function(write)
        if not journal.by_name.s then
          write("create_study", { study_name = "s", directions = { 1 } })
        end
        write("create_trial", { study_id = 0, datetime_start = now })
        return journal.trial_count
      end))
    end
    for expected = 0, 5 do assert.equal(expected, number(expected % 2 == 0 and one or two)) end
    assert.equal(1, two.study_count)
    assert.is_true(one.worker ~= two.worker)
  end)

  it("writes nothing when the decision raises, and gives the lock back", function()
    local journal = assert(Journal.open(path, { create = true }))
    raises("not today", journal.update, journal, function(write)
      write("create_study", { study_name = "s", directions = { 1 } })
      error("not today")
    end)
    raises("no operation paint", journal.update, journal, function(write) write("paint", {}) end)
    assert.equal("", files.read(path))
    assert.same({ "a.journal" }, support.names(folder))
    assert.is_true(journal:update(function() end))
  end)

  it("passes over half a last line, which the next writer takes away", function()
    local text = study .. trial
    local half = '{"op_code":4,"worker_id":"w"'
    for cut = 1, #half do
      local journal = assert(read(text, half:sub(1, cut)))
      assert.equal(1, journal.trial_count)
      assert(journal:update(function(write)
        write("create_trial", { study_id = 0, datetime_start = now })
      end))
      assert.equal(2, journal.trial_count)
      local content = files.read(path)
      assert.equal(text, content:sub(1, #text))
      assert.equal(3, select(2, content:gsub("\n", "")))
      assert.equal(2, assert(Journal.open(path)).trial_count)
    end
  end)

  it("takes half a line away that is longer than a block of reading", function()
    for _, before in ipairs { study .. trial, "" } do
      local journal = assert(read(before, ('"'):rep(200000)))
      assert(journal:update(function(write)
        write("create_study", { study_name = "other", directions = { 1 } })
      end))
      assert.equal(before, files.read(path):sub(1, #before))
      assert.truthy(assert(Journal.open(path)).by_name.other)
    end
  end)

  it("sees what others append, and a line only when it is complete", function()
    local journal = assert(read(study))
    local file = assert(io.open(path, "ab"))
    file:write(trial, trial:sub(1, 30)):flush()
    assert(journal:refresh())
    assert.equal(1, journal.trial_count)
    file:write(trial:sub(31)):close()
    assert(journal:refresh())
    assert.equal(2, journal.trial_count)
  end)

  it("passes over what can hold no more, as Optuna does", function()
    local function op(code, fields)
      fields.op_code = code
      return fields
    end
    local done = { trial_id = 0, state = 1, values = { 1.5 }, datetime_complete = now }
    local journal = assert(read(study, study, trial, op(6, done),
      op(6, { trial_id = 0, state = 3, datetime_complete = now }),
      op(5, { trial_id = 0, param_name = "x", param_value_internal = 1, distribution = float }),
      op(7, { trial_id = 0, step = 1, intermediate_value = 1 }),
      op(8, { trial_id = 0, user_attr = { a = 1 } }),
      op(9, { trial_id = 77, system_attr = { a = 1 } }),
      op(4, { study_id = 9, datetime_start = now }),
      op(4, { study_id = 0, datetime_start = json.null, state = 4 }),
      op(6, { trial_id = 1, state = 0, datetime_start = now, worker_id = "first" }),
      op(6, { trial_id = 1, state = 0, datetime_start = now, worker_id = "second" }),
      op(5, { trial_id = 1, param_name = "x", param_value_internal = 0.5, distribution = float }),
      trial,
      op(5, { trial_id = 2, param_name = "x", param_value_internal = 0,
              distribution = '{"name":"CategoricalDistribution","attributes":{"choices":[1]}}' }),
      op(0, { study_name = "t", directions = { 2 } }),
      op(1, { study_id = 0 }), trial, op(4, { study_id = 1, datetime_start = now })))
    assert.equal(2, journal.study_count)
    local t = journal.trials
    assert.equal("complete", t[0].state)
    assert.same({ 1.5 }, t[0].values)
    assert.is_nil(next(t[0].params) or next(t[0].intermediate) or next(t[0].user_attrs))
    assert.equal("running", t[1].state)
    assert.equal("first", t[1].worker)
    assert.equal(0.5, t[1].params.x)
    assert.is_nil(t[2].params.x)
    assert.is_nil(journal.by_name.s)
    assert.equal("t", t[3].study.name)
    assert.equal(1, #journal:list())
  end)

  it("says which line is wrong and what was expected", function()
    local function refused(line, message)
      local journal, text, code = read(study, trial, line, trial)
      assert.is_nil(journal)
      assert.equal("format", code)
      assert.truthy(text:find("a.journal: line 3: " .. message, 1, true), text)
    end
    refused("\n", "json: line 1, column 1: a value expected")
    refused("{\n", "json:")
    refused("[1]\n", "not an operation")
    refused({ op_code = 77 }, "op_code 77 is unknown")
    refused({ op_code = "4" }, "not an operation")
    refused('{"op_code":1,"study_id":0}\n', "worker_id is missing")
    refused({ op_code = 4, study_id = "0" }, "op_code 4 needs the integer study_id, got 0")
    refused({ op_code = 5, trial_id = 0, param_name = "x", param_value_internal = "a",
              distribution = float }, "the value of x is not a number")
    refused({ op_code = 5, trial_id = 0, param_name = "x", param_value_internal = 1,
              distribution = "{}" }, "distribution: not a float")
    refused({ op_code = 5, trial_id = 0, param_name = "x", param_value_internal = 2, distribution
      = '{"name":"CategoricalDistribution","attributes":{"choices":[1]}}' }, "x has no choice 2")
    refused({ op_code = 6, trial_id = 0, state = 9 }, "state 9 is unknown")
    refused('{"op_code":6,"worker_id":"w","trial_id":0,"state":0}\n', "op_code 6 needs values")
    refused({ op_code = 6, trial_id = 0, state = 1, values = { "a" } }, "values[1] is not a number")
    refused({ op_code = 6, trial_id = 0, state = 1, values = { 1 } },
      "op_code 6 needs the string datetime_complete")
    refused({ op_code = 0, study_name = "t", directions = { 3 } }, "direction 3 is unknown")
  end)

  it("notices a file that was cut, and one that is not there", function()
    local journal = assert(read(study, trial))
    assert(files.write(path, study))
    local ok, message, code = journal:refresh()
    assert.is_nil(ok)
    assert.equal("format", code)
    assert.truthy(message:find "has become shorter")
    assert(journal:refresh()) -- from the beginning
    assert.equal(0, journal.trial_count)
    os.remove(path)
    assert.equal("io", select(3, journal:refresh()))
    assert.equal("io", select(3, journal:update(function() end)))
    assert.equal("io", select(3, Journal.open(path)))
    assert.equal("io", select(3, Journal.open(folder .. "/none/a")))
    assert.equal("io", select(3, Journal.open("/dev/null/a", { create = true })))
    assert.equal(0, #assert(Journal.open(folder .. "/none/before/a", { create = true })).studies)
  end)

  it("undoes a write that a full disk cut short", function()
    local journal = assert(read(study))
    local append = core.io.append
    finally(function() core.io.append = append end)
    local function create()
      return journal:update(function(add)
        add("create_trial", { study_id = 0, datetime_start = now })
      end)
    end
    core.io.append = function(file, text) return append(file, text:sub(1, 20)) end
    local ok, message, code = create()
    assert.is_nil(ok)
    assert.equal("io", code)
    assert.truthy(message:find("20 of %d+ bytes written"), message)
    assert.equal(study, files.read(path))
    core.io.append = append
    assert(create())
    assert.equal(1, journal.trial_count)
  end)

  it("starts from nothing when a pass of reading was left half-way", function()
    local journal = assert(read(study, trial))
    journal.reading = true -- as Ctrl-C leaves it
    assert(journal:refresh())
    assert.equal(1, journal.trial_count)
  end)

  it("reads common lines to the same as any other", function()
    local fast = support.dump(assert(Journal.open "spec/study/optuna.journal"))
    local found, names = core.io.journal_line, { "records", "Journal" }
    finally(function()
      core.io.journal_line = found
      for _, name in ipairs(names) do package.loaded["circlet.study." .. name] = nil end
      require "circlet.study.records"
    end)
    core.io.journal_line = function(...) return (found(...)) end
    for _, name in ipairs(names) do package.loaded["circlet.study." .. name] = nil end
    local slow = require "circlet.study.Journal"
    assert.is_nil(support.difference(fast, support.dump(assert(
      slow.open "spec/study/optuna.journal"))))
  end)

  it("keeps the parameters of trials apart, asked for again with another range or not", function()
    local wide = float:gsub("1%.0", "2.0")
    local function param(id, name, value, text)
      return json.encode { op_code = 5, worker_id = "w", trial_id = id, param_name = name,
                           param_value_internal = value, distribution = text } .. "\n"
    end
    local journal = assert(read(study, trial, trial, trial, param(0, "x", 0.25, float),
      param(1, "x", 0.5, float), param(0, "y", 0.75, float), param(1, "y", 1.0, float),
      param(0, "x", 1.5, wide)))
    local one, two, none = table.unpack(journal.by_name.s.trials)
    assert.same({ x = 1.5, y = 0.75 }, one.params)
    assert.equal(2.0, one.distributions.x.high)
    assert.equal(1.0, one.distributions.y.high)
    assert.same({ x = 0.5, y = 1.0 }, two.params)
    assert.equal(1.0, two.distributions.x.high)
    assert.same({ {}, {} }, { none.params, none.distributions })
    assert.equal(3, #journal:list()[1].trials)
    local running = {}
    for number in pairs(journal.by_name.s.running) do running[#running + 1] = number end
    table.sort(running)
    assert.same({ 0, 1, 2 }, running)
  end)

  it("reads lines and files that are longer than its blocks", function()
    local long = { op_code = 2, study_id = 0, user_attr = { text = ("x"):rep(300000) } }
    local many = trial:rep(3000)
    local journal = assert(read(study, many, long, many))
    assert.equal(6000, journal.trial_count)
    assert.equal(300000, #journal.by_name.s.user_attrs.text)
    assert.equal(6002, journal.lines)
  end)

  it("decides on what it has just written, when asked to", function()
    local journal = assert(read(study))
    local seen = {}
    assert(journal:update(function(write, flush)
      write("create_trial", { study_id = 0, datetime_start = now })
      seen[1] = journal.trial_count
      flush()
      seen[2] = journal.trial_count
      flush() -- nothing to write
      write("create_trial", { study_id = 0, datetime_start = now })
    end))
    assert.same({ 0, 1 }, seen)
    assert.equal(2, journal.trial_count)
    assert.is_false(journal.unsynced)
    assert.equal(2, assert(Journal.open(path)).trial_count)
    local append = core.io.append
    finally(function() core.io.append = append end)
    core.io.append = function() return nil, "No space left on device" end
    local ok, _, code = journal:update(function(add, flush)
      add("create_trial", { study_id = 0, datetime_start = now })
      flush()
      return "more"
    end)
    assert.is_nil(ok)
    assert.equal("io", code)
    assert.equal(2, journal.trial_count)
  end)

  it("waits for the disk at once, soon, or not at all, as it is asked to", function()
    local journal, sync, waits = assert(read(study)), uv.fs_fsync, 0
    uv.fs_fsync = function(...) -- luacheck: ignore
      waits = waits + 1
      return sync(...)
    end
    finally(function() uv.fs_fsync, Journal.sync_within = sync, 0.1 end) -- luacheck: ignore
    local function create(how)
      assert(journal:update(function(write)
        write("create_trial", { study_id = 0, datetime_start = now })
      end, { sync = how }))
    end
    Journal.sync_within = 1000
    create(false)
    create "soon"
    assert.equal(0, waits)
    assert(journal:update(function() end)) -- what is owed is paid without a line to write
    assert.equal(1, waits)
    assert(journal:update(function() end)) -- nothing is owed any more
    assert.equal(1, waits)
    create()
    create(function() return "soon" end)
    create(function() return true end)
    assert.equal(3, waits)
    Journal.sync_within = 0
    create "soon"
    create "soon"
    assert.equal(5, waits)
    journal.sync = false
    create()
    assert.equal(5, waits)
  end)

  it("loses no line of processes that write at once", function()
    assert(read(study))
    local program = folder .. "/writer.lua"
    assert(files.write(program, ([[
      local Journal = require "circlet.study.Journal"
      local journal = assert(Journal.open(%q))
      for i = 1, 25 do
        assert(journal:update(function(write)
          write("create_trial", { study_id = 0, datetime_start = Journal.now() })
          write("set_state", { trial_id = journal.trial_count, state = 1, values = { i },
                               datetime_complete = Journal.now() })
        end, { sync = false }))
      end]]):format(path)))
    local pipes = {}
    for i = 1, 4 do pipes[i] = io.popen("lua5.4 " .. program .. " 2>&1") end
    for _, pipe in ipairs(pipes) do
      assert.equal("", pipe:read "a")
      pipe:close()
    end
    local journal = assert(Journal.open(path))
    assert.equal(100, journal.trial_count)
    local sums = {}
    for id = 0, 99 do
      local t = journal.trials[id]
      assert.equal("complete", t.state) -- each finished the trial whose number it foretold
      sums[t.worker] = (sums[t.worker] or 0) + t.values[1]
    end
    local workers = 0
    for _, sum in pairs(sums) do
      workers = workers + 1
      assert.equal(325, sum)
    end
    assert.equal(4, workers)
    assert.same({ "a.journal", "writer.lua" }, support.names(folder))
  end)
end)
