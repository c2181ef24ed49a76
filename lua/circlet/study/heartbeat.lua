--- Whether the process that runs a trial is still there. Each process that runs trials keeps a file
-- workers/ID.json in the study's folder, ID being the name under which it writes to the journal.
--
-- On the same machine the file tells which process to look for. Elsewhere only its time says
-- something: a supervisor, which has nothing else to do, touches the files of its workers every few
-- seconds, and one that was not touched for minutes belongs to a machine that is gone. A process
-- without a supervisor cannot touch its file while it computes, so other machines leave it alone.
local uv = require "luv"
local files = require "circlet.report.files"
local json = require "circlet.json"
local processes = require "circlet.study.processes"

local heartbeat = {}

--- Seconds between two touches, and those after which silence means death.
heartbeat.every, heartbeat.patience = 5, 120

local function path_of(folder, worker) return ("%s/workers/%s.json"):format(folder, worker) end

--- This process, as heartbeats name it.
function heartbeat.self()
  local process = uv.os_getpid()
  local _, since = processes.look(process)
  return { process = process, since = since }
end

--- Makes the file of a worker. more: supervisor (as self() gives it, for a process that another
-- touches the file of), gpu, process. Returns true; or nil, message, "io".
function heartbeat.start(folder, worker, more)
  local fields = heartbeat.self()
  fields.machine, fields.beats = processes.here(), more and more.supervisor ~= nil
  for name, value in pairs(more or {}) do fields[name] = value end
  local path, file, message = path_of(folder, worker), nil, nil
  for _ = 1, 10 do -- another process may take the empty folder away in between
    local ok, why, code = files.make_folder(folder .. "/workers")
    if not ok then return nil, why, code end
    file, message = io.open(path, "w")
    if file then break end
  end
  if not file then return nil, message, "io" end
  local ok, why = file:write(json.encode(fields), "\n")
  local closed, late = file:close()
  if ok and closed then return true end
  return nil, ("cannot write %s: %s"):format(path, why or late), "io"
end

--- Says that a worker is alive.
function heartbeat.touch(folder, worker)
  local now = os.time()
  uv.fs_utime(path_of(folder, worker), now, now)
end

--- Takes the file away, with a log and folders that are empty.
function heartbeat.stop(folder, worker)
  os.remove(path_of(folder, worker))
  local log = ("%s/workers/%s.log"):format(folder, worker)
  local status = uv.fs_stat(log)
  if status and status.size == 0 then os.remove(log) end
  uv.fs_rmdir(folder .. "/workers")
  uv.fs_rmdir(folder)
end

-- What a worker's file says; nil when there is none, or none that can be read.
local function fields_of(path)
  local content = files.kind(path) and files.read(path)
  local fields = content and json.decode(content)
  if type(fields) ~= "table" or math.type(fields.process) ~= "integer" then return nil end
  return fields
end

--- Why a worker can be told to be dead, as text; nil when it lives or nothing is known of it.
function heartbeat.dead(folder, worker)
  local path = path_of(folder, worker)
  local fields = fields_of(path)
  if not fields then return nil end
  if fields.machine == processes.here() and fields.machine then
    local over = fields.supervisor
    if processes.gone(fields.process, fields.since)
      and (not over or processes.gone(over.process, over.since)) then
      return ("the process %d that ran it is gone"):format(fields.process)
    end
    return nil
  end
  local status = fields.beats and uv.fs_stat(path)
  local age = status and os.time() - status.mtime.sec
  if age and age > heartbeat.patience then
    return ("no sign of life for %d seconds from the machine that ran it"):format(age)
  end
  return nil
end

--- Whether a worker has a file: it is at work, or its death was not noticed yet.
function heartbeat.known(folder, worker) return files.kind(path_of(folder, worker)) ~= nil end

-- The workers that have a file: a list of their names.
local function workers(folder)
  local list, handle = {}, uv.fs_scandir(folder .. "/workers")
  while handle do
    local name = uv.fs_scandir_next(handle)
    if not name then break end
    list[#list + 1] = name:match("^(.*)%.json$")
  end
  return list
end

--- The dead among the workers that have a file: why, by name.
function heartbeat.all_dead(folder)
  local list = {}
  for _, worker in ipairs(workers(folder)) do list[worker] = heartbeat.dead(folder, worker) end
  return list
end

--- What the files of workers on this machine say, by name.
function heartbeat.here(folder)
  local list, machine = {}, processes.here()
  for _, worker in ipairs(workers(folder)) do
    local fields = fields_of(path_of(folder, worker))
    if fields and machine and fields.machine == machine then list[worker] = fields end
  end
  return list
end

return heartbeat
