--- What is needed to repeat a run: program, flags, versions, machine, source revision. No host or
-- user names.
local shell = require "circlet.report.shell"
local text = require "circlet.report.text"

local record = {}

--- The processor as the kernel names it, or its architecture, or "unknown".
-- @return string name
-- @example
-- type(report.record.processor())    --> string
function record.processor()
  local name = require("circlet.config").processor()
  return name ~= "unknown" and name or shell.output("uname -m") or name
end

--- The git revision of the source tree at `root`, with "+changes" when files differ from it; nil
-- outside a git checkout.
-- @param root string
-- @return string? revision
-- @example
-- (report.record.revision ".")    --> nil
function record.revision(root)
  local git = "git -C " .. shell.quote(root) .. " "
  local top = shell.output(git .. "rev-parse --show-toplevel")
  local here = shell.output("cd " .. shell.quote(root) .. " && pwd -P")
  if not top or top ~= here then return nil end
  local revision = shell.output(git .. "rev-parse HEAD")
  if not revision then return nil end
  local changes = shell.output(git .. "status --porcelain --untracked-files=no")
  return changes == "" and revision or revision .. "+changes"
end

--- A table of facts: program (a string), flags (a table of plain values), root (of the tree).
-- @param program string
-- @param flags table
-- @param root string
-- @return table facts
-- @example
-- report.record.new("a.lua", { gamma = 64 }, ".").flags.gamma    --> 64
function record.new(program, flags, root)
  local circlet = require "circlet"
  local machine = circlet.machine and circlet.machine() or {}
  return {
    program = program, flags = flags,
    started = os.date("!%Y-%m-%dT%H:%M:%SZ"),
    versions = {
      circlet = circlet._VERSION, lua = _VERSION, compiler = machine.compiler, blas = machine.blas,
    },
    machine = {
      processor = record.processor(), threads = circlet.getnumthreads(),
      instructions = machine.isa, blas_core = machine.blas_core,
      system = shell.output("uname -sm"),
    },
    revision = record.revision(root),
  }
end

local function plain(value)
  if type(value) ~= "table" then
    return type(value) == "number" and text.number(value) or tostring(value)
  end
  local parts = {}
  for i, item in ipairs(value) do parts[i] = plain(item) end
  return table.concat(parts, ",")
end

--- The flags in which two records differ, as text for people ("gamma: 64 there, 256 here"); nil
-- when they do not. Values are numbers, strings, booleans or lists of them; 64 equals 64.0.
-- @param there table
-- @param here table
-- @return string? difference
-- @example
-- report.record.difference({ gamma = 64 }, { gamma = 8 })    --> gamma: 64 there, 8 here
function record.difference(there, here)
  local names, parts = {}, {}
  for _, flags in ipairs { there, here } do
    for name in pairs(flags) do names[name] = true end
  end
  for name in pairs(names) do
    local a, b = plain(there[name]), plain(here[name])
    if a ~= b then parts[#parts + 1] = ("%s: %s there, %s here"):format(name, a, b) end
  end
  table.sort(parts)
  return #parts > 0 and table.concat(parts, "; ") or nil
end

--- Eight hexadecimal digits that depend on names and values of flags (32-bit FNV-1a).
-- @param flags table
-- @return string digits
-- @example
-- #report.record.fingerprint { gamma = 64 }    --> 8
function record.fingerprint(flags)
  local parts, hash = {}, 2166136261
  for name, value in pairs(flags) do parts[#parts + 1] = name .. "=" .. plain(value) .. ";" end
  table.sort(parts)
  for byte in table.concat(parts):gmatch(".") do
    hash = ((hash ~ byte:byte()) * 16777619) & 0xffffffff
  end
  return ("%08x"):format(hash)
end

return record
