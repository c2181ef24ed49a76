--- Other processes of this machine: whether one that is known by its number is still there.
local uv = require "luv"

local processes = {}

--- Machine and process name space in 32 bits (FNV-1a), within which a process number means one
-- process; nil where they cannot be read.
function processes.here()
  local file = io.open("/proc/sys/kernel/random/boot_id")
  local boot = file and file:read("l")
  if file then file:close() end
  local space = uv.fs_readlink("/proc/self/ns/pid")
  if not boot or not space then return nil end
  local hash = 2166136261
  for byte in (boot .. space):gmatch(".") do
    hash = ((hash ~ byte:byte()) * 16777619) & 0xffffffff
  end
  return hash
end

--- State and start (in ticks since the machine's) of a process, by the kernel; nil when it is gone,
-- or where the kernel does not say.
function processes.look(process)
  local file = io.open(("/proc/%d/stat"):format(process))
  local line = file and file:read("a")
  if file then file:close() end
  -- The name stands in parentheses and may hold some itself.
  local fields = line and line:match("^.*%) (.*)$")
  if not fields then return nil end
  local list = {}
  for word in fields:gmatch("%S+") do list[#list + 1] = word end
  return list[1], tonumber(list[20])
end

--- Whether a process has ended: also when its parent has not asked about it yet, and when another
-- process has its number now (since: its start, as look() gives it; nil: not known).
function processes.gone(process, since)
  local _, _, why = uv.kill(process, 0)
  if why == "ESRCH" then return true end
  local state, started = processes.look(process)
  return state == "Z" or state == "X" or state ~= nil and since ~= nil and started ~= since
end

return processes
