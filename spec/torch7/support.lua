-- How programs are run in real Torch7: in the one that luajit finds, or in packages of it that were
-- unpacked (dpkg -x) into the folder $TORCH7.
local shell = require "circlet.report.shell"

local support = {}

local root = os.getenv "TORCH7"
if root == "" then root = nil end

-- What a command prints, and whether it ended well.
function support.output(command)
  local pipe = io.popen(command .. " 2>&1")
  local text = pipe:read "a"
  return text, pipe:close() == true
end

local function environment()
  local build = (os.getenv "LUA_CPATH" or ""):match "^([^;]*)/%?%.so" or "build"
  local words = { "CIRCLET_LIB=" .. shell.quote(build .. "/libcirclet.so") }
  if not root then
    return words[1] .. " env -u LUA_PATH -u LUA_CPATH" -- those of Lua 5.4
  end
  local lib = root .. "/usr/lib/x86_64-linux-gnu"
  local share = root .. "/usr/share/lua/5.1"
  words[2] = "LD_LIBRARY_PATH=" .. shell.quote(lib)
  words[3] = "LUA_PATH=" .. shell.quote(("%s/?.lua;%s/?/init.lua;;"):format(share, share))
  words[4] = "LUA_CPATH=" .. shell.quote(lib .. "/lua/5.1/?.so;;")
  return table.concat(words, " ")
end

--- The command that runs a program in real Torch7. Where nn is missing, the stand-in serves.
function support.command(program, arguments)
  return ("%s luajit spec/torch7/run.lua %s %s"):format(environment(), program, arguments or "")
end

local found

--- Whether real Torch7 is here; otherwise why not, for pending().
function support.real()
  if found == nil then
    local text, ok = support.output(environment() .. " luajit -e \"require 'torch'\"")
    found = ok or "REAL TORCH7 IS NOT HERE (set TORCH7, see spec/serialize/torch7/README.md): "
      .. (text:match "[^\n]*" or "")
    if os.getenv "CIRCLET_TORCH7" == "required" then assert(ok, text) end
  end
  return found == true, found
end

--- The lines "name rest" that a program printed, by name.
function support.lines(command)
  local text, ok = support.output(command)
  assert(ok, text)
  local lines = {}
  for line in text:gmatch "[^\n]+" do
    local name, rest = line:match "^(%S+) ?(.*)$"
    lines[name] = rest
  end
  return lines
end

return support
