local study = require "circlet.study"
local files = require "circlet.report.files"
local json = require "circlet.json"
local shell = require "circlet.report.shell"
local support = require "spec.study.support"
local tiny = require "spec.train.tiny"
local uv = require "luv"
local raises = require("spec.support").raises

local interpreter = os.getenv("LUA") or "lua5.4"

describe("workers", function()
  local folder, path

  before_each(function()
    folder = support.folder()
    path = folder .. "/a.journal"
  end)
  after_each(function() support.remove(folder) end)

  local function command(workers, what, options)
    return table.concat({ interpreter, "spec/study/job.lua", shell.quote(path), workers,
      shell.quote(what or ""), shell.quote(options or "{}") }, " ")
  end
  local function job(...) return tiny.shell(command(...)) end
  local function open() return assert(study.open { path = path }) end
  local function log_of(number)
    return files.read(("%s/a/trials/%05d/log.txt"):format(folder, number))
  end

  -- What does not depend on who ran what when: parameters, values and draws by index.
  local function results()
    local list, s = {}, open()
    for _, record in ipairs(s:record().trials) do
      if record.state == "complete" then
        assert.is_nil(list[record.index + 1], "an index is complete twice")
        list[record.index + 1] = { record.params, record.values, record.user_attrs.drawn }
      end
    end
    return list
  end

  it("run every trial once, each with its folder, and leave no trace of themselves", function()
    local code, output = job(3)
    assert.equal(0, code, output)
    assert.equal("ran 8, nil, nil\n", output) -- quiet: this is no terminal
    assert.equal(8, #open():trials "complete")
    assert.same({ "trials" }, support.names(folder .. "/a"))
    for number = 0, 7 do
      local record = json.decode(files.read(("%s/a/trials/%05d/record.json"):format(folder,
        number)))
      assert.equal(open():trials()[number + 1].params.x, record.params.x)
      assert.equal("complete", record.state)
      assert.equal("spec/study/job.lua", record.run.script)
      assert.equal(path, record.run.arguments[1])
      assert.equal("integer", math.type(record.seed))
      assert.equal("", log_of(number))
    end
    code, output = job(3)
    assert.equal("0 ran 0, nil, nil\n", code .. " " .. output)
  end)

  it("give the same trials, one or four, killed or not", function()
    assert.equal(0, (job(1)))
    local alone = results()
    assert.equal(8, #alone)
    for _, case in ipairs { { 4, "" }, { 4, "kill" }, { 2, "throw" } } do
      os.remove(path)
      support.remove(folder .. "/a")
      local code, output = job(case[1], case[2], "{ retries = 1 }")
      assert.equal(0, code, output)
      assert.same(alone, results())
    end
  end)

  it("fail one trial, with its log kept, whatever becomes of it", function()
    for what, message in pairs {
      throw = "job.lua:%d+: no luck", nan = "a number expected, got %-?nan",
      exit = "its process ended before the trial did, with exit code 0",
      crash = "its process died of signal 6 %(SIGABRT%)",
      term = "its process died of signal 15 %(SIGTERM%)",
      kill = "its process was killed %(SIGKILL%)", sleep = "timeout: it ran for more than 0.3 s",
    } do
      os.remove(path)
      local code, output = job(2, what, "{ timeout = 0.3 }")
      assert.equal(0, code, output)
      local failed = open():trials "fail"
      assert.equal(1, #failed, what)
      assert.equal(1, failed[1].number)
      assert.truthy(failed[1].user_attrs.error:find(message), failed[1].user_attrs.error)
      assert.equal(7, #open():trials "complete")
      assert.truthy(output:find("a: trial 1 failed: .*00001/log.txt%)\nran 8, nil, nil"), output)
      local log = log_of(1)
      if what == "kill" then assert.truthy(log:find("^about to be killed\ncirclet: "), log) end
      if what == "throw" then assert.truthy(log:find("stack traceback", 1, true), log) end
      support.remove(folder .. "/a")
    end
  end)

  it("fail the trial that memory is refused to", function()
    if os.getenv "ASAN_OPTIONS" then
      return pending "AddressSanitizer itself takes more room than this allows"
    end
    local code, output = tiny.shell("ulimit -v 1000000; OMP_NUM_THREADS=1 "
      .. command(1, "memory"))
    assert.equal(0, code, output)
    local failed = open():trials "fail"
    assert.equal(1, #failed)
    assert.truthy(failed[1].user_attrs.error:find("memory", 1, true), failed[1].user_attrs.error)
    assert.equal(7, #open():trials "complete")
  end)

  it("try a failed trial again as often as asked, and nothing else with only_failed", function()
    local _, output = job(2, "kill", "{ retries = 1 }")
    assert.truthy(output:find("ran 9, nil, nil", 1, true), output)
    assert.equal(8, #open():trials "complete")
    local count = 0
    for _, record in ipairs(open():record().trials) do
      if record.system_attrs.failed_trial then
        count = count + 1
        assert.equal(1, record.system_attrs.failed_trial)
        assert.equal(1, record.index)
        assert.equal(open():trials()[2].params.x, record.params.x)
      end
    end
    assert.equal(1, count)
    os.remove(path)
    support.remove(folder .. "/a")
    job(2, "kill")
    local x = open():trials "fail"[1].params.x
    _, output = job(2, "kill", "{ only_failed = true, dry_run = true }")
    assert.truthy(output:find("to run: 1 of 8 trials, by 2 workers of %d+ threads?\n  trial 1 "
      .. "again: x"), output)
    assert.equal(8, #open():trials())
    _, output = job(2, "kill", "{ trials = 20, only_failed = true }")
    assert.truthy(output:find("ran 1, nil, nil", 1, true), output)
    assert.equal(x, open():trials()[9].params.x)
    assert.equal("complete", open():trials()[9].state)
  end)

  it("stop at the first failure when asked to", function()
    local code, output = job(2, "throw", "{ fail_fast = true, trials = 500 }")
    assert.equal(0, code, output)
    assert.truthy(output:find("ran nil, trial 1 failed: .*no luck, trial\n"), output)
    local s = open()
    assert.same({}, s:trials "running")
    assert.is_true(#s:trials() < 100)
  end)

  -- Shell code that waits until so many trials have begun.
  local function begun(count)
    return ([[for i in $(seq 600); do [ $(grep -c '"op_code":4' %s) -ge %d ] && break; sleep 0.05
      done; ]]):format(shell.quote(path), count)
  end
  local function go() return "touch " .. shell.quote(path .. ".go") .. "; " end

  it("share threads and GPUs out", function()
    local code, output = tiny.shell("touch " .. shell.quote(path)
      .. "; OMP_NUM_THREADS=6 CUDA_VISIBLE_DEVICES=3,5 " .. command(2, "wait", "{ trials = 2 }")
      .. " & " .. begun(2) .. go() .. "wait $!")
    assert.equal(0, code, output)
    local gpus = {}
    for i, trial in ipairs(open():trials()) do
      assert.equal(3, trial.user_attrs.threads)
      gpus[i] = trial.user_attrs.gpu
    end
    table.sort(gpus)
    assert.same({ "3", "5" }, gpus)
  end)

  it("of a second terminal have the GPUs that those of the first leave", function()
    local one = "CUDA_VISIBLE_DEVICES=3,5 " .. command(1, "wait", "{ trials = 2 }")
    local code, output = tiny.shell("touch " .. shell.quote(path) .. "; " .. one .. " & "
      .. begun(1) .. one .. " & " .. begun(2) .. go() .. "wait")
    assert.equal(0, code, output)
    for i, gpu in ipairs { "3", "5" } do
      assert.equal(gpu, open():trials()[i].user_attrs.gpu)
      local record = files.read(("%s/a/trials/%05d/record.json"):format(folder, i - 1))
      assert.equal(gpu, json.decode(record).gpu)
    end
  end)

  it("of a second call pass over the first; nothing is enqueued twice", function()
    local code, output = job(2, "twice")
    assert.equal("0 ran 9, nil, nil\n", code .. " " .. output)
    local list = open():trials()
    assert.equal(9, #list)
    assert.is_true(list[9].user_attrs.again)
    assert.is_true(list[9].value >= 100)
    os.remove(path)
    job(2, "enqueue")
    job(2, "enqueue")
    list = open():trials()
    assert.equal(8, #list)
    assert.equal(0.125, list[1].params.x)
    assert.equal("script", list[1].user_attrs.from)
  end)

  it("keep what studies keep: branches, several objectives, constraints", function()
    assert.equal(0, (job(3, "branch", "{ trials = 16 }")))
    for _, trial in ipairs(open():trials()) do
      assert.equal(trial.params.kind == "a", trial.params.only ~= nil)
    end
    os.remove(path)
    local code, output = job(3, "pareto")
    assert.equal(0, code, output)
    local s = assert(study.open { path = path })
    assert.is_true(#s:pareto() > 0)
    for _, trial in ipairs(s:trials()) do
      assert.equal(trial.params.x <= 0.5, trial.feasible)
      assert.same({ trial.params.x, trial.params.x ^ 2 }, trial.values)
    end
  end)

  it("find the checkpoint of the try before, and leave metrics as a table", function()
    local code, output = job(2, "checkpoint", "{ retries = 1, trials = 2 }")
    assert.equal(0, code, output)
    local again
    for _, record in ipairs(open():record().trials) do
      if record.system_attrs.failed_trial == 0 then again = record end
    end
    assert.equal(2, again.values[1]) -- it began after the second step
    local rows = files.read(("%s/a/trials/%05d/metrics.csv"):format(folder, again.number))
    assert.truthy(rows:find("^seconds,step\n[%d.e-]+,3\n$"), rows)
  end)

  it("that cannot begin end the study with what they said", function()
    local code, output = job(2, "broken")
    assert.equal(0, code)
    assert.truthy(output:find("ran nil, workers end before they run a trial (exit code 1):", 1,
      true), output)
    assert.truthy(output:find("cannot begin", 1, true), output)
    assert.same({}, open():trials())
  end)

  -- Starts the job, waits until its trials run, calls f(process) and waits for its end.
  local function during(workers, f)
    local result
    local log = folder .. "/output"
    local file = assert(uv.fs_open(log, "w", 420))
    local handle, process = uv.spawn(interpreter, {
      args = { "spec/study/job.lua", path, tostring(workers), "wait" }, stdio = { nil, file, file },
    }, function(code, signal) result = { code = code, signal = signal } end)
    uv.fs_close(file)
    local limit = uv.hrtime() + 30e9
    repeat
      uv.run "nowait"
      uv.sleep(5)
      local s = files.kind(path) and study.open { path = path }
    until s and #s:trials "running" >= workers or uv.hrtime() > limit
    f(handle, process)
    while not result and uv.hrtime() < limit do
      uv.run "nowait"
      uv.sleep(2)
    end
    handle:close()
    uv.run "nowait"
    return result, files.read(log)
  end

  it("end at Ctrl-C, at once at the second, and the study goes on afterwards", function()
    local result, output = during(2, function(handle) handle:kill "sigint" end)
    assert.equal(1, result.code, output)
    assert.truthy(output:find("interrupted!", 1, true), output)
    local s = open()
    assert.same({}, s:trials "running")
    assert.equal(2, #s:trials "waiting")
    assert.same({ "trials" }, support.names(folder .. "/a"))
    result, output = during(2, function(handle)
      handle:kill "sigint"
      handle:kill "sigint"
    end)
    assert.equal(1, result.code, output)
    assert.same({}, open():trials "running")
    assert.equal(2, #open():trials "waiting")
    assert(files.write(path .. ".go", ""))
    local code
    code, output = job(2, "wait")
    assert.equal(0, code, output)
    assert.equal(8, #open():trials "complete")
    assert.equal(8, #results())
  end)

  it("leave no failed trial when SIGTERM reaches them before their supervisor", function()
    local result, output = during(2, function(_, process)
      local children = files.read(("/proc/%d/task/%d/children"):format(process, process))
      local count = 0
      for child in children:gmatch "%d+" do
        uv.kill(math.tointeger(child), "sigterm")
        count = count + 1
      end
      assert.equal(2, count)
      uv.sleep(200) -- four looks of the supervisor at its workers
      uv.kill(process, "sigterm")
    end)
    assert.equal(1, result.code, output)
    assert.truthy(output:find("interrupted!", 1, true), output)
    local s = open()
    assert.equal(2, #s:trials "waiting")
    for _, trial in ipairs(s:trials "fail") do
      assert.equal("interrupted!", trial.user_attrs.error)
    end
  end)

  it("end with a supervisor that is killed; what they ran is run again", function()
    local result = during(2, function(handle) handle:kill "sigkill" end)
    assert.equal(9, result.signal)
    assert.equal(2, #open():trials "running")
    assert(files.write(path .. ".go", ""))
    local code, output = job(2, "wait")
    assert.equal(0, code, output)
    assert.equal(8, #results())
    assert.same({}, open():trials "running")
    for _, trial in ipairs(open():trials "fail") do
      assert.truthy(trial.user_attrs.error:find("is gone", 1, true), trial.user_attrs.error)
    end
    assert.same({ "trials" }, support.names(folder .. "/a"))
  end)

  it("of two terminals share one study", function()
    local code, output = tiny.shell(command(2, "", "{ trials = 40 }") .. " & "
      .. command(2, "", "{ trials = 40 }") .. "; wait $!")
    assert.equal(0, code, output)
    assert.equal(40, #results())
    local one, two = output:match("^ran (%d+), nil, nil\nran (%d+), nil, nil\n$")
    assert.equal(40, tonumber(one) + tonumber(two), output)
  end)

  it("wait for the trials of other terminals, and take over those that die", function()
    local result, output = during(8, function(handle)
      -- Every trial runs in the first terminal; the second has nothing to take.
      local ended
      local file = assert(uv.fs_open(folder .. "/second", "w", 420))
      local second = uv.spawn(interpreter, { args = { "spec/study/job.lua", path, "1", "wait" },
        stdio = { nil, file, file } }, function() ended = true end)
      uv.fs_close(file)
      for _ = 1, 60 do
        uv.run "nowait"
        uv.sleep(5)
      end
      assert.is_nil(ended)
      handle:kill "sigkill"
      assert(files.write(path .. ".go", ""))
      while not ended do uv.run "once" end
      second:close()
    end)
    assert.equal(9, result.signal, output)
    assert.equal(8, #results())
    assert.equal(8, #open():trials "complete")
    assert.truthy(files.read(folder .. "/second"):find "^ran %d, nil, nil\n$")
  end)

  it("end when their supervisor was killed before they came to their work", function()
    local order = ([[{"id":"x","call":1,"journal":%q,"study":"a","threads":1,"facts":{},
      "log":"/dev/null","supervisor":{"process":%d,"since":1}}]]):format(path, uv.os_getpid())
    local function ordered()
      return tiny.shell("CIRCLET_STUDY_WORKER=" .. shell.quote(order) .. " " .. command(1))
    end
    local code, output = ordered()
    assert.equal(3, code, output)
    assert.same({}, open():trials())
    order = order:gsub(',"since":1', "") -- this process lives, but is not the parent:
    code, output = ordered() -- a program that a worker starts is none
    assert.equal(0, code, output)
    assert.equal(8, #open():trials "complete")
  end)

  it("need a script, and options that exist", function()
    local s = open()
    local function try(options) return function() s:optimize(function() end, options) end end
    raises("there is no option worker", try { worker = 2 })
    raises("workers must be a whole number of at least 1, got 0", try { workers = 0 })
    raises("workers must be a number, got true", try { workers = true })
    raises("timeout must be a number of at least 0.001, got nan",
      try { workers = 1, timeout = math.abs(0 / 0) })
    raises("a timeout needs workers", try { trials = 1, timeout = 1 })
    local code, output = tiny.shell(interpreter .. [[ -e 'require("circlet").study.open {
      path = "]] .. path .. [[" }:optimize(print, { trials = 1, workers = 1 })']])
    assert.equal(1, code)
    assert.truthy(output:find("this is no script", 1, true), output)
  end)
end)
