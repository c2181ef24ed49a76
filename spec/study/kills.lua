-- Kills a study again and again, at random moments and in several ways, and says what is wrong with
-- what is left: kills.run { folder, rounds, trials, most_rounds (of a journal), seed,
-- journal_done(path, rounds so far) }.
--
-- True after every round: every line of the journal can be read; what was complete still is, with
-- the same value; no index is complete twice; none that was complete has begun again. True at the
-- end, after a run that nobody disturbs: every index is complete, with the parameters, value and
-- draws of a study that nobody has ever disturbed.
local files = require "circlet.report.files"
local shell = require "circlet.report.shell"
local study = require "circlet.study"
local uv = require "luv"

local kills = {}

local interpreter = os.getenv "LUA" or "lua5.4"

-- Starts the job; f(process) may disturb it. Returns exit code and signal.
local function start(path, workers, trials, f, prefix)
  local exit_code, signal
  local words = { interpreter, "spec/study/kill_job.lua", shell.quote(path), workers, trials }
  local command = (prefix or "") .. "exec " .. table.concat(words, " ") .. " >>"
    .. shell.quote(path .. ".output") .. " 2>&1"
  local handle, process = uv.spawn("sh", { args = { "-c", command } }, function(code, number)
    exit_code, signal = code, number
  end)
  local timer = uv.new_timer()
  if f then f(handle, process, timer) end
  while not exit_code do uv.run "once" end
  timer:close()
  handle:close()
  uv.run "nowait"
  return exit_code, signal
end

local function after(milliseconds, act)
  return function(handle, process, timer)
    timer:start(milliseconds, 0, function() act(handle, process) end)
  end
end

-- The processes of workers, by their heartbeats.
local function workers_of(path)
  local list, folder = {}, path:gsub("%.journal$", "") .. "/workers"
  local scan = uv.fs_scandir(folder)
  local name = scan and uv.fs_scandir_next(scan)
  while name do
    local text = name:find "%.json$" and files.read(folder .. "/" .. name)
    list[#list + 1] = text and tonumber(text:match '"process":(%d+)')
    name = uv.fs_scandir_next(scan)
  end
  return list
end

-- Ways to disturb a run: each starts one.
local ways = {
  function(path, trials, random) -- a process by itself is killed
    start(path, 0, trials, after(random(60), function(handle) handle:kill "sigkill" end))
  end,
  function(path, trials, random) -- a supervisor is killed, and its workers with it
    start(path, 2, trials, after(random(150), function(handle) handle:kill "sigkill" end))
  end,
  function(path, trials, random) -- a worker is killed, then the supervisor
    start(path, 2, trials, function(handle, _, timer)
      timer:start(20 + random(80), 10, function()
        local list = workers_of(path)
        if #list > 0 and random(3) > 1 then
          uv.kill(list[random(#list)], "sigkill")
        else
          handle:kill "sigkill"
        end
      end)
    end)
  end,
  function(path, trials, random) -- Ctrl-C, perhaps twice
    start(path, 2, trials, after(random(150), function(handle)
      handle:kill "sigint"
      if random(2) == 1 then handle:kill "sigint" end
    end))
  end,
  function(path, trials, random) -- a full disk: no file may grow beyond the journal's size and some
    local status = uv.fs_stat(path)
    local blocks = (status and status.size or 0) // 512 + random(4)
    start(path, random(2) - 1, trials, after(300, function(handle) handle:kill "sigkill" end),
      ("trap '' XFSZ; ulimit -f %d; "):format(blocks))
  end,
}

-- Half a line at the end, as a machine that loses power leaves it. Under the lock: processes of the
-- last round may still be about to die.
local function tear(path, random)
  local s = study.open { path = path }
  if not s then return end
  s.journal.log:exclusive(function(file)
    local line = '{"op_code":5,"trial_id":0,"param_name":"x","param_value_internal":0.5,"worker'
    uv.fs_write(file, line:sub(1, random(#line)), -1)
    return true
  end)
end

-- What is complete, by index: parameters, value, draws as text. Or nil and what is wrong.
local function complete(path)
  local s, message = study.open { path = path }
  if not s then return nil, message end
  local found = {}
  for _, record in ipairs(s:record().trials) do
    if record.state == "complete" then
      if found[record.index] then
        return nil, ("index %d is complete twice"):format(record.index)
      end
      found[record.index] = ("%s %.17g %.17g %.17g %d"):format(record.params.kind, record.params.x,
        record.params["only b"] or 0, record.values[1], record.user_attrs.drawn)
    end
  end
  return found, s
end

-- Lines of the witness from byte `offset` on: a set of indices, and the offset after them.
local function begun(path, offset)
  local text, set = files.read(path .. ".witness") or "", {}
  for index in text:sub(offset + 1):gmatch "(%d+)\n" do set[tonumber(index)] = true end
  return set, #text
end

local function check_round(path, before, offset)
  local now, message = complete(path)
  if not now then return nil, message end
  for index, value in pairs(before) do
    if now[index] ~= value then
      return nil, ("index %d was complete (%s) and is now %s"):format(index, value,
        tostring(now[index]))
    end
  end
  local set, size = begun(path, offset)
  for index in pairs(set) do
    if before[index] then return nil, ("index %d ran again after it was complete"):format(index) end
  end
  return now, size
end

-- One journal through some rounds and to its end. Returns how many rounds it took, or nil and what
-- is wrong. expected: what complete() gives for an undisturbed study.
local function one_journal(path, options, rounds, random, expected)
  local before, offset = {}, 0
  for round = 1, rounds do
    ways[random(#ways)](path, options.trials, random)
    if random(4) == 1 then tear(path, random) end
    local now, size = check_round(path, before, offset)
    if not now then return nil, ("%s, round %d: %s"):format(path, round, size) end
    before, offset = now, size
    local count = 0
    for _ in pairs(before) do count = count + 1 end
    if count == options.trials then return round end
  end
  local code = start(path, 2, options.trials)
  if code ~= 0 then return nil, ("%s: the last run ended with %d:\n%s"):format(path, code,
    (files.read(path .. ".output") or ""):sub(-2000)) end
  local last, s = complete(path)
  if not last then return nil, s end
  for index = 0, options.trials - 1 do
    if last[index] ~= expected[index] then
      return nil, ("%s: index %d is %s, undisturbed %s"):format(path, index,
        tostring(last[index]), expected[index])
    end
  end
  if #s:trials "running" + #s:trials "waiting" > 0 then
    return nil, path .. ": a trial was left running or waiting"
  end
  return rounds
end

--- Runs the rounds over as many journals as they take. Returns how many rounds and journals there
-- were; or nil and what is wrong.
function kills.run(options)
  math.randomseed(options.seed)
  local random, done, count = math.random, 0, 0
  local calm = options.folder .. "/calm.journal"
  if start(calm, 0, options.trials) ~= 0 then return nil, "the job does not run" end
  local expected = assert(complete(calm))
  while done < options.rounds do
    count = count + 1
    local path = ("%s/%d.journal"):format(options.folder, count)
    local rounds, message = one_journal(path, options,
      math.min(options.rounds - done, options.most_rounds or math.huge), random, expected)
    if not rounds then return nil, message end
    done = done + rounds
    if options.journal_done then options.journal_done(path, done) end
  end
  return done, count
end

return kills
