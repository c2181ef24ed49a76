--- A worker: a process of the same script that a supervisor (Supervisor.lua) has started. The
-- script runs as it always does, up to the call of optimize() that the supervisor is in; there the
-- worker takes trials from the journal until there are no more, and ends.
local uv = require "luv"
local core = require "circlet.core"
local circlet = require "circlet"
local folders = require "circlet.study.folders"
local heartbeat = require "circlet.study.heartbeat"
local json = require "circlet.json"
local loop = require "circlet.study.loop"
local processes = require "circlet.study.processes"

local worker = {}

--- The environment variable that makes a worker.
worker.variable = "CIRCLET_STUDY_WORKER"

--- Exit code of a worker that could not go on, its reason being in its log.
worker.broken = 3

local order

--- What the supervisor asked of this process, or nil where there is none: { id, call, journal,
-- study, supervisor, threads, facts, log [, gpu] }.
function worker.order()
  if order == nil then
    local text = os.getenv(worker.variable)
    order = text and json.decode(text) or false
    -- Programs that this one starts are no workers.
    if text then uv.os_unsetenv(worker.variable) end
    if order and uv.os_getppid() ~= order.supervisor.process then
      local over = order.supervisor
      -- Killed before this worker came to its work, which then is nobody's.
      if processes.gone(over.process, over.since) then os.exit(worker.broken) end
      order = false -- a program that a worker has started
    end
  end
  return order or nil
end

local function finish(code, message)
  core.process.send_output(order.log)
  if message then io.stderr:write(tostring(message), "\n") end
  os.exit(code, true)
end

--- Works, and ends the process.
function worker.work(study, objective, options)
  core.process.follow_parent()
  if uv.os_getppid() ~= order.supervisor.process then os.exit(worker.broken) end -- it was faster
  if study.journal.path ~= order.journal or study.name ~= order.study then
    finish(worker.broken, ("the script came to study %s (%s), its supervisor to %s (%s)"):format(
      study.name, study.journal.path, order.study, order.journal))
  end
  circlet.setnumthreads(order.threads)
  study.journal.worker = order.id
  local ok, message = heartbeat.start(study.folder, order.id,
    { supervisor = order.supervisor, gpu = order.gpu })
  if not ok then finish(worker.broken, message) end
  io.stdout:setvbuf("line") -- a log should hold what was written before the process died
  local good, ran, reason, code = pcall(loop.run, study, objective, options, {
    quiet = true, -- on_end is called by the supervisor
    began = function(trial)
      local sent, why = core.process.send_output(trial:folder() .. "/log.txt")
      if not sent then error(why, 0) end
    end,
    failed = function(traceback) io.stderr:write(traceback, "\n") end,
    ended = function(record, trial)
      core.process.send_output(order.log)
      folders.close(study, record, { seed = trial:seed(), run = order.facts, gpu = order.gpu })
    end,
  })
  if not good then
    local interrupted = tostring(ran):find("interrupted!", 1, true)
    finish(interrupted and 130 or worker.broken, not interrupted and ran or nil)
  end
  finish((ran or code == "trial") and 0 or worker.broken, reason)
end

return worker
