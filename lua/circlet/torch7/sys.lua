--- The package `sys`: clocks and the shell, as far as scripts for Torch7 use them.
local circlet = require "circlet"

local sys = {}
local started

--- Seconds, from a clock that only goes forward.
function sys.clock() return circlet.tic() end

function sys.tic() started = circlet.tic() end

--- Seconds since tic(); printed, too, when `verbose`.
function sys.toc(verbose)
  local seconds = circlet.toc(started or error("sys.toc: sys.tic() was not called", 2))
  if verbose then print(seconds) end
  return seconds
end

--- What a shell command prints, without the last newline.
function sys.execute(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return (text:gsub("\n$", ""))
end

function sys.isNaN(x) return x ~= x end

return sys
