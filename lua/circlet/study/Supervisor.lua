--- optimize { workers = N }: a process that starts N workers of the same script (worker.lua) and
-- looks after them. It runs no trial itself: workers take trials from the journal, under its lock,
-- so several supervisors on one journal share the work like one with more workers.
--
-- A worker that dies fails the trial it ran, and another takes its place. Invariant: a trial that
-- runs belongs to a worker whose heartbeat file is there; the file goes away only after the trial
-- has ended in the journal. So whatever is killed when, the supervisor, another one, or the next
-- start of the program finds what nobody runs any more and has it run again.
local uv = require "luv"
local core = require "circlet.core"
local circlet = require "circlet"
local files = require "circlet.report.files"
local folders = require "circlet.study.folders"
local gpus = require "circlet.study.gpus"
local heartbeat = require "circlet.study.heartbeat"
local json = require "circlet.json"
local records = require "circlet.study.records"
local loop = require "circlet.study.loop"
local run = require "circlet.study.run"
local turns = require "circlet.study.turns"
local worker = require "circlet.study.worker"

local Supervisor = {}
Supervisor.__index = Supervisor

local tick_ms = 50 -- between two looks at the workers
local grace = 5 -- seconds from SIGTERM to SIGKILL
-- A cluster's SIGTERM goes to all processes of a job at once, and a worker can die of it before its
-- supervisor has seen its own: until then it is open which of the two it was, a stop or a death.
local patience_ms = 1000
local most_bad_starts = 3 -- workers in a row that end before they have taken a trial

-- NAME=value for each variable of the environment and of `more`.
local function environment(more)
  local list, all = {}, uv.os_environ()
  for name, value in pairs(more) do all[name] = value end
  for name, value in pairs(all) do list[#list + 1] = name .. "=" .. value end
  return list
end

local function log_of(self, id) return ("%s/workers/%s.log"):format(self.study.folder, id) end

-- The GPU of the worker that is about to start in a slot.
local function gpu_for(self, slot)
  local own = {}
  for _, other in ipairs(self.slots) do
    if other ~= slot and other.handle then own[other.id] = other.gpu end
  end
  return gpus.free(self.gpus, self.study.folder, own)
end

local function spawn(self, slot)
  self.count = self.count + 1
  slot.id = ("%s-%d"):format(self.id, self.count)
  local log = log_of(self, slot.id)
  local ok, message, code = files.make_folder(self.study.folder .. "/workers")
  if not ok then return nil, message, code end
  local output
  output, message = uv.fs_open(log, "a", 420) -- 420: rw-r--r--
  if not output then return nil, message, "io" end
  local threads = tostring(self.threads)
  local interpreter, script, arguments = table.unpack(self.words, 1, 3)
  local words = table.move(interpreter, 2, #interpreter, 1, {})
  words[#words + 1] = script
  table.move(arguments, 1, #arguments, #words + 1, words)
  slot.gpu = gpu_for(self, slot)
  slot.exited, slot.worked, slot.trial, slot.timeout = nil, false, nil, nil
  local handle, process = uv.spawn(interpreter[1], {
    args = words, stdio = { nil, output, output },
    detached = true, -- Ctrl-C reaches this process alone, which hands it on
    env = environment {
      [worker.variable] = json.encode {
        id = slot.id, call = self.call, journal = self.study.journal.path, study = self.study.name,
        supervisor = self.itself, threads = self.threads, facts = self.facts, log = log,
        gpu = slot.gpu,
      },
      [gpus.variable] = slot.gpu,
      OMP_NUM_THREADS = threads, OPENBLAS_NUM_THREADS = threads,
      OMP_WAIT_POLICY = os.getenv "OMP_WAIT_POLICY" or "passive",
    },
  }, function(exit_code, signal)
    slot.exited = { code = exit_code, signal = signal, at = uv.now() }
  end)
  uv.fs_close(output)
  if not handle then
    return nil, ("cannot start %s: %s"):format(interpreter[1], tostring(process)), "io"
  end
  slot.handle, slot.process = handle, process
  self.slots_by_id[slot.id] = slot
  return true
end

-- Stops taking trials; the first reason counts. how: "sigint" or "sigkill".
local function stop(self, how, message, code)
  if not self.stopping then self.stopping = { message = message, code = code, since = uv.now() } end
  for _, slot in ipairs(self.slots) do
    if slot.handle then slot.handle:kill(how) end
  end
end

local function describe(exited)
  local names = { [6] = "SIGABRT", [7] = "SIGBUS", [8] = "SIGFPE", [11] = "SIGSEGV",
                  [15] = "SIGTERM" }
  if exited.signal == 9 then
    return "its process was killed (SIGKILL): by the system when memory ran out, or by hand"
  elseif exited.signal > 0 then
    return ("its process died of signal %d%s"):format(exited.signal,
      names[exited.signal] and " (" .. names[exited.signal] .. ")" or "")
  end
  return ("its process ended before the trial did, with exit code %d"):format(exited.code)
end

-- What became of a trial whose worker is gone.
local function outcome_of(self, slot, record)
  if self.stopping or slot.timeout and slot.timeout ~= record.number then
    return { state = "fail", error = "interrupted!", blameless = true }
  end
  local cause = slot.timeout and ("timeout: it ran for more than %g s"):format(self.options.timeout)
    or describe(slot.exited)
  return { state = "fail", error = cause, retries = self.options.retries }
end

local function close_folder(self, record)
  local path = folders.trial(self.study, record.number)
  if not folders.exists(self.study, record.number) then return end
  if record.user_attrs.error then
    local log = io.open(path .. "/log.txt", "a")
    if log then log:write("circlet: ", record.user_attrs.error, "\n"):close() end
  end
  local trial = require("circlet.study.Trial").new(self.study, record)
  folders.close(self.study, record, { seed = trial:seed(), run = self.facts })
end

-- The last lines of a worker's log, for a message.
local function tail(self, slot)
  local text = files.read(log_of(self, slot.id)) or ""
  return text:sub(-2000):gsub("%s+$", "")
end

-- Whether a worker is gone and the reason is known.
local function is_gone(self, slot)
  if not (slot.handle and slot.exited) then return false end
  local signal = slot.exited.signal
  return self.stopping or slot.timeout or signal ~= 1 and signal ~= 15
    or uv.now() - slot.exited.at >= patience_ms
end

-- A worker has ended: its trial ends with it.
local function bury(self, slot)
  local ended, message, code = turns.reap(self.study, function(record)
    return record.worker == slot.id and outcome_of(self, slot, record) or nil
  end)
  slot.handle:close()
  slot.handle = nil
  -- The heartbeat stays: a trial that could not be ended now is found by the next start.
  if not ended then return stop(self, "sigint", message, code) end
  for _, record in ipairs(self.study:record().trials) do
    if record.worker == slot.id then
      slot.worked = true
      local path = folders.trial(self.study, record.number)
      if not files.kind(path .. "/record.json") then close_folder(self, record) end
    end
  end
  local exited = slot.exited
  slot.idle = exited.code == 0 and exited.signal == 0 and #ended == 0
  if slot.idle or slot.worked then
    self.bad_starts = 0
  elseif not self.stopping then
    self.bad_starts = self.bad_starts + 1
    if self.bad_starts >= most_bad_starts then
      stop(self, "sigint", ("workers end before they run a trial (%s):\n%s"):format(
        exited.signal > 0 and "signal " .. exited.signal or "exit code " .. exited.code,
        tail(self, slot)), "worker")
    end
  end
  if slot.idle then os.remove(log_of(self, slot.id)) end
  heartbeat.stop(self.study.folder, slot.id)
end

-- Trials that ended since the last look, in the order of their numbers.
local function see_ended(self)
  local trials = self.study:record().trials
  for i = self.known + 1, #trials do self.open[i - 1] = true end
  self.known = #trials
  local list = {}
  for number in pairs(self.open) do
    local record = trials[number + 1]
    local slot = record.worker and self.slots_by_id[record.worker]
    if slot and slot.id == record.worker then slot.worked = true end
    if records.finished[record.state] then list[#list + 1] = record end
  end
  table.sort(list, function(a, b) return a.number < b.number end)
  for _, record in ipairs(list) do
    self.open[record.number] = nil
    if self.slots_by_id[record.worker or ""] then
      self.ran = self.ran + 1
      self.screen:ended(record)
      if self.options.on_end then self.options.on_end(record) end
      if record.state == "fail" and self.options.fail_fast and not self.stopping
        and not record.system_attrs[turns.interrupted] then
        stop(self, "sigint", ("trial %d failed: %s"):format(record.number,
          tostring(record.user_attrs.error)), "trial")
      end
    end
  end
end

-- Which trial each worker runs since when, and whether that is too long.
local function see_running(self)
  local now = uv.now()
  for _, slot in ipairs(self.slots) do
    local found
    for _, record in pairs(self.study:record().running) do
      if slot.handle and record.worker == slot.id then found = record end
    end
    if not found or not slot.trial or slot.trial.number ~= found.number then
      slot.since = now
    end
    slot.trial = found
    local limit = self.options.timeout
    if found and limit and not slot.exited and now - slot.since > 1000 * limit then
      local late = now - slot.since > 1000 * (limit + grace)
      if not slot.timeout or late then slot.handle:kill(late and "sigkill" or "sigterm") end
      slot.timeout = found.number
    end
  end
end

local function live(self)
  local count = 0
  for _, slot in ipairs(self.slots) do count = count + (slot.handle and 1 or 0) end
  return count
end

-- Keeps the heartbeats of the workers fresh, and ends what others have left behind.
local function beat(self)
  -- Whoever only waits for others looks more often whether they live.
  local every = live(self) > 0 and heartbeat.every or 1
  if self.beaten and uv.now() - self.beaten < 1000 * every then return end
  self.beaten = uv.now()
  for _, slot in ipairs(self.slots) do
    if slot.handle then heartbeat.touch(self.study.folder, slot.id) end
  end
  local count, message, code = turns.requeue_stale(self.study, self.close_folder)
  if not count then stop(self, "sigint", message, code) end
end

-- Starts workers where there is work that none has.
local function fill(self)
  local now = turns.progress(self.study, self.limit)
  local free = now.waiting + now.fresh
  for _, slot in ipairs(self.slots) do
    if not slot.handle and not self.stopping and (slot.idle and now.waiting or free) > 0 then
      slot.idle = false
      local ok, message, code = spawn(self, slot)
      if not ok then stop(self, "sigint", message, code) end
      free = free - (slot.started and 0 or 1)
      slot.started = true
    end
  end
end

-- Whether other processes still run trials of the study: it is not complete before they have ended,
-- and should one of those processes die, its trial is ours to run.
local function others_run(self)
  for _, record in pairs(self.study:record().running) do
    local runner = record.worker
    if not self.slots_by_id[runner] and heartbeat.known(self.study.folder, runner) then
      return true
    end
  end
  return false
end

-- Answers Ctrl-C and other wishes to end.
local function answer_signals(self)
  local asked = self.asked
  self.asked = nil
  if asked == "sigint" then
    stop(self, self.interrupted and "sigkill" or "sigint", "interrupted!", "interrupted")
    if not self.interrupted then self.screen:interrupted(live(self)) end
    self.interrupted = true
  elseif asked then
    stop(self, "sigint", "interrupted!", "interrupted")
    self.deadline = self.deadline or uv.now() + 1000 * grace
  end
  if self.deadline and uv.now() > self.deadline then stop(self, "sigkill") end
end

local function look_after(self)
  while true do
    local ok, message, code = self.study:refresh()
    if not ok then stop(self, "sigint", message, code) end
    answer_signals(self)
    see_running(self)
    for _, slot in ipairs(self.slots) do
      if is_gone(self, slot) then bury(self, slot) end
    end
    see_ended(self)
    beat(self)
    if not self.stopping then fill(self) end
    if live(self) == 0 and (self.stopping or not others_run(self)) then break end
    self.screen:update(turns.progress(self.study, self.limit))
    uv.run "once"
  end
  if not self.stopping then return self.ran end
  if self.stopping.code == "interrupted" then error(self.stopping.message, 0) end
  return nil, self.stopping.message, self.stopping.code
end

-- A timer that wakes the loop, and signals. Closed, all of it is as it was before.
local function watch(self)
  local before, handles = core.process.keep_interrupt(), {}
  local timer = uv.new_timer()
  timer:start(tick_ms, tick_ms, function() end)
  handles[1] = timer
  for _, name in ipairs { "sigint", "sigterm", "sighup" } do
    local signal = uv.new_signal()
    signal:start(name, function() self.asked = name end)
    handles[#handles + 1] = signal
  end
  return setmetatable({}, {
    __close = function()
      for _, slot in ipairs(self.slots) do -- after an error in here or in on_end
        if slot.handle then slot.handle:kill "sigkill" end
      end
      while live(self) > 0 do
        uv.run "once"
        for _, slot in ipairs(self.slots) do
          if slot.handle and slot.exited then bury(self, slot) end
        end
      end
      for _, handle in ipairs(handles) do handle:close() end
      uv.run "nowait"
      core.process.restore_interrupt(before)
      self.screen:close()
    end,
  })
end

--- Runs trials by workers until the study is complete, those that other processes run included.
-- options: those of Study:optimize; call: which of the script's calls with workers this is. Returns
-- how many trials ended; or nil, message, code.
function Supervisor.run(study, options, call)
  local words = table.pack(run.words())
  if words.n < 3 then
    error("Study:optimize: workers are processes of the same script, and this is no script", 3)
  end
  local self = setmetatable({
    study = study, options = options, call = call, words = words, slots = {}, slots_by_id = {},
    limit = options.only_failed and 0 or options.trials, id = study.journal.worker, count = 0,
    itself = heartbeat.self(), facts = run.facts(), gpus = gpus.visible(os.getenv(gpus.variable)),
    bad_starts = 0, ran = 0, open = {},
    threads = options.threads or math.max(1, circlet.getnumthreads() // options.workers),
  }, Supervisor)
  self.close_folder = function(record) close_folder(self, record) end
  local ok, message, code = loop.prepare(study, options, self.close_folder)
  if not ok then return nil, message, code end
  self.known = #study:record().trials
  for _, part in ipairs { "waiting", "running" } do
    for number in pairs(study:record()[part]) do self.open[number] = true end
  end
  local now = turns.progress(study, self.limit)
  local work = now.waiting + now.fresh
  for i = 1, others_run(self) and options.workers or math.min(options.workers, work) do
    self.slots[i] = { number = i, idle = i > work }
  end
  if #self.slots == 0 then return 0 end
  self.screen = require("circlet.study.screen").new(self, now)
  local guard <close> = watch(self) -- luacheck: ignore guard
  return look_after(self)
end

return Supervisor
