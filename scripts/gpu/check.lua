-- `make gpu-check`: what can be known about circlet on this machine's GPU, in one command. Runs the
-- CUDA specs (spec/cuda, the parity with the CPU among them), times losses (bench.lua --quick) and
-- has compute-sanitizer look over a reduced set (reduced.lua). Prints a table last and writes one
-- file of results, after each part anew, so that a run cut short leaves what it knew.
--
--     sh scripts/gpu/gpu.sh check                    all of it, in at most ten minutes
--     sh scripts/gpu/gpu.sh check --seconds 200 --only specs
--
-- Each program runs in a process of its own and for a limited time: one that crashes or hangs fails
-- alone. gpu.sh tells what the exit statuses mean.
local folder = arg[0]:match("^.*/") or "./"
local root = dofile(folder .. "../prelude.lua")

local argparse = require "argparse"
local circlet = require "circlet"
local files = require "circlet.report.files"
local json = require "circlet.json"
local lfs = require "lfs"
local parts = dofile(folder .. "parts.lua")
local shell = require "circlet.report.shell"
local tables = require "circlet.report.table"

local FAILED, MISUSED, NO_GPU = 1, 2, 77

-- In the order in which they run. share: of the time of all that each is sure to get; what one
-- leaves is the next ones'.
local all_parts = {
  { name = "specs", share = 0.45 },
  { name = "bench", share = 0.2 },
  { name = "memcheck", share = 0.15, tool = true },
  { name = "racecheck", share = 0.15, tool = true },
}

local parser = argparse("gpu.sh check", "Checks circlet on this machine's GPU.")
parser:option("--seconds", "time for all of it"):convert(tonumber):default("600")
parser:option("--only", "a part: specs, bench, memcheck or racecheck (may be repeated)"):count("*")
parser:option("--spec", "spec files whose name contains this (may be repeated)"):count("*")
parser:option("--jobs", "spec files that run at once"):convert(function(text)
  return math.tointeger(tonumber(text))
end)
parser:option("--python", "a Python with torch, for bench"):default(os.getenv "PYTHON" or "python3")
parser:option("--out", "the file of results"):default(root .. "runs/gpu-check/gpu-check.json")
parser:flag("--without-gpu", "run the parts although there is no GPU (to test this program)")
local options = parser:parse()

local function say(...) io.stdout:write(string.format(...), "\n"):flush() end

local function fail(status, ...)
  io.stderr:write("gpu-check: ", string.format(...), "\n")
  os.exit(status)
end

local chosen, start = {}, circlet.tic()
for _, name in ipairs(options.only) do chosen[name] = true end
for _, part in ipairs(all_parts) do
  part.wanted, chosen[part.name] = #options.only == 0 or chosen[part.name], nil
end
if next(chosen) then fail(MISUSED, "there is no part %s", next(chosen)) end
if not options.seconds or options.seconds < 5 then
  fail(MISUSED, "--seconds must be 5 or more")
end

local logs = options.out:gsub("%.json$", "") .. ".logs"
assert(files.make_folder(logs))

-- busted of the bundle or of the system, run by the interpreter that runs this.
local lua = arg[-1] or "lua5.4"
local function busted()
  local own = root .. "runtime/bin/busted"
  return files.kind(own) and own or shell.output("command -v busted")
end

-- compute-sanitizer on the PATH or in CUDA's own folder.
local function sanitizer()
  return shell.output("command -v compute-sanitizer")
    or (shell.output("ls -d /usr/local/cuda*/bin/compute-sanitizer") or ""):match("[^\n]+")
end

local results = { date = os.date("!%Y-%m-%d %H:%M:%SZ"), seconds = 0, checks = json.array {},
  revision = parts.revision(root) }

local function write_results()
  results.seconds = circlet.toc(start)
  assert(files.write(options.out, json.encode(results) .. "\n"))
end

-- An entry of the table: check, state ("passed", "failed", "skipped"), passed and failed (counts),
-- seconds and what there is to say.
local function note(entry)
  results.checks[#results.checks + 1] = entry
  write_results()
  say("%-9s %-36s %5.1f s  %s", entry.state, entry.check, entry.seconds or 0, entry.note or "")
end

local function left() return options.seconds - circlet.toc(start) end

-- Seconds that a part may take: what the later ones are not sure of.
local function allowance(of)
  local reserved, later = 0, false
  for _, part in ipairs(all_parts) do
    if later and part.wanted then reserved = reserved + part.share * options.seconds end
    later = later or part == of
  end
  return math.max(of.share * options.seconds, left() - reserved)
end

local endings = { timeout = "ran out of time", interrupt = "interrupted",
  late = "no time was left" }

-- Why a program has no result: nil when it ended by itself.
local function trouble(result)
  if result.ended == "signal" then return "ended by signal " .. result.code end
  if result.ended == "unstarted" then return "could not be started: " .. result.message end
  return endings[result.ended]
end

local function note_spec(job)
  local text = files.read(job.log) or ""
  local counts = parts.counts(text)
  local failures, skips = parts.failures(text)
  local why = trouble(job.result) or not counts and ("no result; %s"):format(job.log)
  local entry = { check = job.name, seconds = job.result.seconds,
    passed = counts and counts.passed or 0, failed = counts and counts.failed or 0,
    skipped = counts and counts.skipped or 0, failures = json.array(failures),
    skips = json.array(skips) }
  entry.state = (why or entry.failed > 0) and "failed" or entry.passed > 0 and "passed" or "skipped"
  entry.note = why or ("%d passed, %d failed, %d skipped"):format(entry.passed, entry.failed,
    entry.skipped)
  if entry.state == "failed" and #failures == 0 then
    entry.output = parts.tail(job.log, 20)
  end
  note(entry)
end

local run = {}

function run.specs(seconds)
  local program = busted()
  if not program then
    return note { check = "specs", state = "skipped", note = "busted is not here" }
  end
  local names, jobs = {}, {}
  for name in lfs.dir(root .. "spec/cuda") do
    local wanted = #options.spec == 0
    for _, text in ipairs(options.spec) do wanted = wanted or name:find(text, 1, true) end
    if name:match("_spec%.lua$") and wanted then names[#names + 1] = name end
  end
  table.sort(names)
  -- Files run side by side: most of their time is the oracle's, on one core of the CPU.
  local cores = circlet.config().cores
  local at_once = options.jobs or math.max(1, math.min(6, cores // 2))
  local threads = ("%d"):format(math.max(1, cores // at_once))
  for i, name in ipairs(names) do
    jobs[i] = { name = name, log = ("%s/%s.log"):format(logs, name), words = { "sh", "-c",
      'cd "$1" && shift && exec "$@"', "sh", root == "" and "." or root, lua, program,
      "--helper=spec/helper.lua", "--pattern=_spec", "--output=spec/output.lua",
      "spec/cuda/" .. name },
      env = { OMP_NUM_THREADS = threads, OPENBLAS_NUM_THREADS = threads,
        OMP_WAIT_POLICY = "passive" } }
  end
  parts.run_all(jobs, at_once, seconds, note_spec)
end

function run.bench(seconds)
  local out = options.out:gsub("%.json$", "") .. ".bench"
  local log = logs .. "/bench.log"
  local scratch = parts.scratch() -- of this process: a bench that is killed leaves nothing behind
  local result = parts.run { seconds = seconds, log = log, words = { lua, folder .. "bench.lua",
    "--quick", "--python", options.python, "--out", out, "--scratch", scratch, "--seconds",
    ("%.0f"):format(math.max(5, seconds * 0.9)) } }
  parts.remove(scratch)
  local why = trouble(result) or result.code ~= 0 and "exit status " .. result.code
  local text = files.read(out .. ".json")
  results.bench = text and json.decode(text) or nil
  note { check = "bench", state = why and "failed" or "passed", seconds = result.seconds,
    note = why or text and out .. ".json", output = why and parts.tail(log, 20) or nil }
  if text then io.stdout:write(parts.tail(log, 60), "\n") end
end

local function sanitize(tool, seconds)
  local program = sanitizer()
  if not program then
    return note { check = tool, state = "skipped", note = "compute-sanitizer is not here" }
  end
  local log = ("%s/%s.log"):format(logs, tool)
  local words = { program, "--tool", tool, "--error-exitcode", "9", "--target-processes", "all",
    "--print-limit", "30" }
  -- Only memcheck looks at what CUDA's functions return, which circlet does itself.
  for _, word in ipairs { tool == "memcheck" and "--report-api-errors=no" or false, lua,
                          folder .. "reduced.lua" } do
    words[#words + 1] = word or nil
  end
  local result = parts.run { seconds = seconds, log = log, words = words }
  local errors, warnings = parts.sanitizer(files.read(log) or "")
  local why = trouble(result) or not errors and "no summary; " .. log
  local said = (files.read(log) or ""):match("reduced set: ([^\n]+)")
  if not why and errors == 0 and (result.code ~= 0 or not said) then
    why = ("exit status %d: %s"):format(result.code, said or "reduced.lua did not get to its end")
  end
  local failed = why or errors > 0
  note { check = tool, state = failed and "failed" or "passed", seconds = result.seconds,
    failed = errors, note = why or ("%d errors%s; %s"):format(errors,
      warnings and (", %d warnings"):format(warnings) or "", said or ""),
    output = failed and parts.tail(log, 60) or nil }
end

function run.memcheck(seconds) return sanitize("memcheck", seconds) end
function run.racecheck(seconds) return sanitize("racecheck", seconds) end

-- What there is, told by a process of its own: a driver that hangs must not hang this one.
local function look()
  local log = logs .. "/facts.log"
  local result = parts.run { seconds = 60, log = log, words = { lua, folder .. "facts.lua" } }
  local line = (files.read(log) or ""):match("({.*})")
  if not line then
    fail(FAILED, "the GPU could not be asked: %s\n%s", trouble(result)
      or "exit status " .. result.code, parts.tail(log, 10))
  end
  local facts = json.decode(line)
  for key, value in pairs(facts) do results[key] = value end
  if facts.available then
    local d = facts.device
    local function release(number) return ("%d.%d"):format(number // 1000, number % 1000 // 10) end
    say("%s, compute capability %d.%d, %.0f GB, driver for CUDA %s, runtime %s; %s", d.name,
      d.major, d.minor, d.totalGlobalMem / 1e9, release(d.driverVersion),
      release(d.runtimeVersion), facts.version)
  elseif not options.without_gpu then
    write_results()
    fail(NO_GPU, "nothing was checked, there is no GPU to check on: %s", facts.reason)
  end
end

look()
for _, part in ipairs(all_parts) do
  if part.wanted then
    local seconds = allowance(part)
    if left() < 2 then
      note { check = part.name, state = "failed", note = "no time was left" }
    else
      run[part.name](math.min(seconds, left()))
    end
  end
end

local counts = { passed = 0, failed = 0, skipped = 0 }
for _, entry in ipairs(results.checks) do
  counts[entry.state] = counts[entry.state] + 1
  for _, failure in ipairs(entry.failures or {}) do say("\n%s: %s", entry.check, failure) end
  if entry.output then say("\n%s ended so:\n%s", entry.check, entry.output) end
end
results.counts = counts
write_results()
say("\n%s", tables.render({
  { key = "check" }, { key = "state" }, { key = "passed" }, { key = "failed" }, { key = "skipped" },
  { key = "seconds", title = "s", format = "%.1f" }, { key = "note" },
}, results.checks, { ascii = true }))
say("%d passed, %d failed, %d skipped in %.0f s; results in %s", counts.passed, counts.failed,
  counts.skipped, results.seconds, options.out)
os.exit(counts.failed > 0 and FAILED or 0)
