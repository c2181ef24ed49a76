--- Memory of this process and this machine, from Linux's /proc; nil where there is none.
local memory = {}

local function field(path, name)
  local file = io.open(path)
  local text = file and file:read("a") or ""
  if file then file:close() end
  local kilobytes = text:match(name .. ":%s*(%d+) kB")
  return kilobytes and tonumber(kilobytes) * 1024
end

--- Bytes that programs may still ask for without swapping.
function memory.available() return field("/proc/meminfo", "MemAvailable") end

--- Bytes of resident memory that f() adds at its peak.
function memory.added(f)
  collectgarbage()
  local clear = io.open("/proc/self/clear_refs", "w")
  if not clear then return nil end
  clear:write("5") -- the peak starts anew
  clear:close()
  local before = field("/proc/self/status", "VmRSS")
  f()
  local peak = field("/proc/self/status", "VmHWM")
  return peak and before and peak - before
end

return memory
