--- What is needed to repeat a run: program, flags, versions, machine, source revision. No host or
-- user names.
local files = require "circlet.report.files"
local shell = require "circlet.report.shell"

local record = {}

--- The processor as the kernel names it, or "unknown".
function record.processor()
  local facts = files.read("/proc/cpuinfo") or ""
  return facts:match("model name%s*:%s*([^\n]+)") or facts:match("Hardware%s*:%s*([^\n]+)")
    or shell.output("uname -m") or "unknown"
end

--- The git revision of the source tree at `root`, with "+changes" when files differ from it; nil
-- outside a git checkout.
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
      system = shell.output("uname -srm"),
    },
    revision = record.revision(root),
  }
end

return record
