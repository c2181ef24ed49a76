-- What check.lua does its parts with: programs that run for a time and no longer, and what their
-- output says.
local uv = require "luv"
local files = require "circlet.report.files"
local shell = require "circlet.report.shell"

local parts = {}

--- From SIGTERM to SIGKILL, and from there to giving a process up.
parts.grace_ms = 5000

-- NAME=value for each variable of the environment and of `more`; false: not set.
local function environment(more)
  local list, all = {}, uv.os_environ()
  for name, value in pairs(more or {}) do all[name] = value end
  for name, value in pairs(all) do
    if value then list[#list + 1] = name .. "=" .. value end
  end
  return list
end

-- Starts job.words; calls done(result) once, when the program has ended or was given up.
local function start(job, seconds, done)
  local output = assert(uv.fs_open(job.log, "w", 420)) -- 420: rw-r--r--
  local result, started, timer = { ended = "exit" }, uv.hrtime(), uv.new_timer()
  uv.update_time() -- timers count from when the loop last ran
  local running, handle = {}, nil
  local function finish()
    if not timer:is_closing() then
      timer:close()
      result.seconds = (uv.hrtime() - started) / 1e9
      done(result)
    end
  end
  local process
  handle, process = uv.spawn(job.words[1], {
    args = table.move(job.words, 2, #job.words, 1, {}), detached = true,
    env = environment(job.env), stdio = { nil, output, output },
  }, function(code, signal)
    if result.ended == "exit" then
      result.ended, result.code = signal ~= 0 and "signal" or "exit", signal ~= 0 and signal or code
    else
      uv.kill(-process, "sigkill") -- what it started and left behind
    end
    handle:close()
    finish()
  end)
  uv.fs_close(output)
  local sent = 0
  function running.stop(why)
    if result.ended == "exit" then result.ended = why end
    sent = sent + 1
    if sent > 2 then
      handle:unref()
      return finish()
    end
    uv.kill(-process, sent == 1 and "sigterm" or "sigkill")
    timer:start(parts.grace_ms, 0, function() running.stop(why) end)
  end
  if not handle then
    result.ended, result.message = "unstarted", tostring(process)
    finish()
  else
    timer:start(math.max(1, math.floor(seconds * 1000)), 0, function() running.stop "timeout" end)
  end
  return running
end

--- Runs programs, at most `at_once` at a time, and none beyond `seconds` from now. jobs: a list of
-- { words (program and arguments), log (the file for its output), seconds (at most; nil: as long as
-- all), env (variables on top of this process's; false: not set) }, each program in a group of
-- processes of its own. Calls ended(job) as each ends, with job.result: { ended = "exit", "signal",
-- "timeout", "interrupt", "late" (there was no time left to begin it) or "unstarted" (with
-- `message`), code (exit status or signal), seconds }. Ctrl-C ends them all. Returns in time even
-- when a program cannot be killed, such as one that waits for a driver that hangs.
function parts.run_all(jobs, at_once, seconds, ended)
  local deadline = uv.hrtime() + seconds * 1e9
  local interrupts, running, count, at, interrupted = uv.new_signal(), {}, 0, 0, false
  local function fill()
    while at < #jobs and count < at_once do
      at = at + 1
      local job, left = jobs[at], (deadline - uv.hrtime()) / 1e9
      local function done(result)
        running[job], job.result, count = nil, result, count - 1
        if ended then ended(job) end
        fill()
      end
      count = count + 1
      if left < 0.1 or interrupted then
        done { ended = interrupted and "interrupt" or "late", seconds = 0 }
      else
        local process = start(job, math.min(left, job.seconds or left), done)
        if not job.result then running[job] = process end
      end
    end
    if count == 0 and at == #jobs and not interrupts:is_closing() then
      interrupts:close()
      uv.stop()
    end
  end
  interrupts:start("sigint", function()
    interrupted = true
    for _, process in pairs(running) do process.stop "interrupt" end
  end)
  fill()
  while not interrupts:is_closing() do uv.run() end
  uv.run("nowait")
  return jobs
end

--- One of them: returns its result.
function parts.run(job) return parts.run_all({ job }, 1, job.seconds)[1].result end

--- A new folder for files that are soon gone: in memory, where there is a file system in it.
function parts.scratch()
  local path = os.tmpname()
  os.remove(path)
  if files.kind "/dev/shm" == "directory" then path = path:gsub("^.*/", "/dev/shm/circlet-") end
  assert(files.make_folder(path))
  return path
end

--- Removes such a folder, with all that is in it.
function parts.remove(path) shell.run { "rm", "-rf", path } end

--- The commit that a tree was made from, told by a bundle or by git; nil where neither knows.
function parts.revision(root)
  return (files.read(root .. "runtime/revision") or ""):match("%x+")
    or shell.output(("git -C %s rev-parse HEAD"):format(shell.quote(root == "" and "." or root)))
end

--- What busted says through spec/output.lua: { passed, failed, skipped }, or nil when it did not
-- get to its end.
function parts.counts(text)
  local passed, failed, skipped
  for line in text:gmatch("[^\n]+") do
    local a, b, c = line:match("^(%d+) passed, (%d+) failed, (%d+) skipped$")
    if a then passed, failed, skipped = tonumber(a), tonumber(b), tonumber(c) end
  end
  return passed and { passed = passed, failed = failed, skipped = skipped } or nil
end

--- The paragraphs of that output which tell of failures and skips, in full.
function parts.failures(text)
  local failed, skipped, list = {}, {}, nil
  for line in text:gmatch("([^\n]*)\n?") do
    local kind = line:match("^(%u%u+): ") or line:match("^(skipped): ")
    if kind == "FAILED" or kind == "ERROR" then list = failed
    elseif kind then list = skipped end
    if kind then list[#list + 1] = line
    elseif line == "" or line:match("^slow specs$") then list = nil
    elseif list then list[#list] = list[#list] .. "\n" .. line end
  end
  return failed, skipped
end

--- How many errors compute-sanitizer counted: errors [, warnings]; nil when it did not get to its
-- summary.
function parts.sanitizer(text)
  local errors, warnings = text:match("RACECHECK SUMMARY: %d+ hazards? displayed %((%d+) errors?, "
    .. "(%d+) warnings?%)")
  errors = errors or text:match("ERROR SUMMARY: (%d+) errors?")
  return tonumber(errors), tonumber(warnings)
end

--- The last lines of a file, at most `count`.
function parts.tail(path, count)
  local list = {}
  for line in (files.read(path) or ""):gmatch("[^\n]+") do list[#list + 1] = line end
  return table.concat(list, "\n", math.max(1, #list - count + 1))
end

return parts
