-- circlet against the machine and against others, in one run: the bare matrix products of the eager
-- scheme, the measured rate of multiply-adds, the eager scheme in circlet's tensors, and PyTorch.
-- Every figure of a row was measured in turns with the others (lua/circlet/bench/measure.lua).
--
--     make bench                              the whole table; with PyTorch after make bench-peers
--     make bench FLAGS='--quick'              a few cells in seconds, without PyTorch
--     make bench FLAGS='--only pair-4096'     cells whose name contains this text
--
-- A whole run writes scripts/bench/results/bench-CPU.json, .md, .png and .svg; a partial one
-- writes below runs/bench.
local root = dofile((arg[0]:match("^.*/") or "./") .. "../prelude.lua")

local argparse = require "argparse"
local cells = require "circlet.bench.cells"
local circlet = require "circlet"
local files = require "circlet.report.files"
local measure = require "circlet.bench.measure"
local memory = require "circlet.bench.memory"
local peers = require "circlet.bench.peers"
local report = require "circlet.bench.report"
local shell = require "circlet.report.shell"
local tables = require "circlet.report.table"
local terminal = require "circlet.report.terminal"

local titles = { eager = "torch_eager", compile = "torch_compile", pml = "torch_pml" }

local parser = argparse("bench.lua", "Measures circlet against the machine and against PyTorch.")
parser:flag("--quick", "a few small cells, without PyTorch unless --peers is given")
parser:option("--only", "cells whose name contains this (may be repeated)"):count("*")
parser:option("--threads", "threads for everybody (default: circlet's own)"):convert(tonumber)
parser:option("--python", "an interpreter with torch; the first that works"):count("*")
parser:option("--peers", "eager,compile,pml or some of them, or none")
parser:option("--limit", "seconds that one call may take"):convert(tonumber):default("60")
parser:option("--out", "where to write, without the ending .json")
local options = parser:parse()

local function say(...) io.stdout:write(string.format(...), "\n"):flush() end

local function fail(...)
  io.stderr:write("bench: ", string.format(...), "\n")
  os.exit(1)
end

-- The peers that answer, started.
local function start_peers(folder)
  local wanted = options.peers or (options.quick and "none" or "eager,compile,pml")
  local started, names = {}, {}
  for name in wanted:gmatch("[^,%s]+") do
    if name ~= "none" then
      if not titles[name] then fail("there is no peer %q: eager, compile, pml, none", name) end
      names[#names + 1] = name
    end
  end
  if #names == 0 then return started end
  local python = peers.find(#options.python > 0 and options.python or { "python3" })
  if not python then
    say("PyTorch is left out: no Python here has torch and numpy (make bench-peers installs them)")
    return started
  end
  for _, name in ipairs(names) do
    local peer, message = peers.start { python = python, script = root .. "scripts/bench/peers.py",
      peer = name, folder = folder }
    if peer then started[#started + 1] = peer else say("%s is left out: %s", name, message) end
  end
  return started
end

-- Peak memory of circlet comes from a process of its own: bytes, and bytes counted by circlet.
local function own_memory(cell, threads)
  local words = {}
  for i, word in ipairs { arg[-1] or "lua5.4", root .. "scripts/bench/memory.lua", cell.name,
                          threads } do
    words[i] = shell.quote(word)
  end
  local answer = shell.output(table.concat(words, " ")) or ""
  local added, counted = answer:match("^(%S+)\t(%d+)$")
  return tonumber(added), tonumber(counted)
end

-- A cell being measured: the ways that take part, facts and reasons by way.
local Cell = {}
Cell.__index = Cell

local function new_cell(cell, context)
  return setmetatable({
    cell = cell, context = context, inputs = cells.inputs(cell), ways = {}, facts = {},
    skipped = {}, begun = {},
    limits = { seconds = options.limit, memory = 0.85 * (memory.available() or 4e9) },
  }, Cell)
end

function Cell:fits(name)
  local known = self.context.known
  known[name] = known[name] or {}
  self.skipped[name] = cells.refusal(name, self.cell, known[name], self.limits)
  return not self.skipped[name]
end

function Cell:add(way, seconds, facts)
  way.first, self.facts[way.name] = seconds, facts
  self.ways[#self.ways + 1] = way
end

-- The ways within this process. The gradient is kept for comparison.
function Cell:begin_own()
  local cell, threads = self.cell, self.context.threads
  local own = {}
  own.memory, own.counted = own_memory(cell, threads)
  local start = circlet.tic()
  self.loss, self.gradient = cells.circlet(cell, self.inputs)
  local seconds = circlet.toc(start)
  if cell.C then self.gradient = self.gradient[1] end
  self:add(cells.way("circlet", cell, self.inputs, threads), seconds, own)
  local pairwise = { recomputed = true, kept = true }
  for _, name in ipairs { "recomputed", "kept", "gemm", "eager" } do
    if (cell.kind == "pair" or not pairwise[name]) and self:fits(name) then
      local way = cells.way(name, cell, self.inputs, threads)
      collectgarbage()
      local held = circlet.memory(true)
      seconds = way.block(1)
      local _, peak = circlet.memory()
      self:add(way, seconds, { memory = name ~= "gemm" and peak - held or nil })
    end
  end
end

-- The same inputs for every peer, as files.
function Cell:write_inputs()
  local paths = { gradient = self.context.folder .. "/gradient.npy" }
  for key, tensor in pairs(self.inputs) do
    paths[key] = ("%s/%s.npy"):format(self.context.folder, key)
    assert(circlet.npy.save(paths[key], tensor))
  end
  return paths
end

function Cell:begin_peer(peer, paths)
  local name = titles[peer.name]
  if not self:fits(name) then return end
  local job = { kind = self.cell.kind, m = cells.m, gamma = cells.gamma,
    threads = self.context.threads }
  for key, path in pairs(paths) do job[key] = path end
  local first, message = peer:begin(job)
  if not first then
    self.skipped[name] = message
    return
  end
  self.begun[#self.begun + 1] = peer
  local gradient = assert(circlet.npy.load(paths.gradient))
  self:add({ name = name, block = function(calls) return peer:block(calls) end }, first.seconds, {
    memory = tonumber(first.memory), compile_seconds = tonumber(first.compile_seconds),
    loss_error = math.abs(first.loss - self.loss) / math.abs(self.loss),
    gradient_error = (gradient - self.gradient):norm() / self.gradient:norm(),
  })
end

-- Measures every way that fits, in turns. Returns the entry of the report.
local function run_cell(cell, context)
  local self = new_cell(cell, context)
  self:begin_own()
  if #context.peers > 0 then
    local paths = self:write_inputs()
    for _, peer in ipairs(context.peers) do self:begin_peer(peer, paths) end
  end
  local times = measure.rounds(self.ways, options.quick and { block = 0.02, budget = 0.2, most = 3 }
    or { block = 0.05, budget = 1.5, most = 7 })
  for _, peer in ipairs(self.begun) do peer:finish() end
  for name, known in pairs(context.known) do
    if times[name] then
      known[#known + 1] = { cell = cell, seconds = measure.median(times[name]),
        memory = self.facts[name].memory }
    end
  end
  -- The best of the run so far: another program may have been in the way of one measurement.
  measure.settle()
  context.peak = math.max(context.peak, measure.peak(context.threads, 3))
  local calls = math.max(1, math.ceil(0.3 / measure.median(times.circlet)))
  local work = measure.work(function()
    cells.circlet(cell, self.inputs, { memory_budget = 0 })
  end, context.threads, calls)
  return report.entry(cell, times, self.facts, self.skipped, context.peak, work, context.threads)
end

local function describe(entry)
  local parts = { ("%-22s %8.2f ms"):format(entry.name, entry.ways.circlet.median * 1e3) }
  local function add(format, value)
    if value then parts[#parts + 1] = format:format(value) end
  end
  add("%.0f%% of peak", entry.ratios.of_peak and 100 * entry.ratios.of_peak)
  add("%.2f of bare GEMMs", entry.ratios.to_gemm)
  add("eager %.1fx", entry.ratios.eager)
  add("PyTorch %.1fx", entry.ratios.torch_eager)
  add("torch.compile %.1fx", entry.ratios.torch_compile)
  add("PML %.1fx", entry.ratios.torch_pml)
  return table.concat(parts, "  ")
end

-- What the run leaves behind.
local function write_results(head, entries, config)
  local whole = not options.quick and #options.only == 0
  local folder = root .. (whole and "scripts/bench/results" or "runs/bench")
  local base = options.out or ("%s/bench-%s"):format(folder, report.slug(config.cpu))
  if not options.out then assert(files.make_folder(folder)) end
  assert(files.write(base .. ".json", report.json(head, entries)))
  assert(files.write(base .. ".md", report.text(entries, tables.markdown) .. "\n"))
  local _, message = report.plot(base, entries, ("%s, %d threads"):format(config.cpu, head.threads))
  say(message and "no picture: " .. message or ("picture: %s.png, .svg, .gp"):format(base))
  say("written to %s.json, .md", base)
end

local function run(folder)
  local list = cells.only(cells.list(options.quick), options.only)
  if #list == 0 then fail("no cell is called so; they are called like pair-4096x512") end
  if options.threads then circlet.setnumthreads(options.threads) end
  local config, threads = circlet.config(), circlet.getnumthreads()
  say("%s", tostring(config))
  local peak_one, peak = measure.peak(1, 5), measure.peak(threads, 5)
  say("  FMA peak  %.0f GFLOP/s on one thread, %.0f on %d", peak_one / 1e9, peak / 1e9, threads)
  local load = tonumber((files.read("/proc/loadavg") or ""):match("^(%S+)"))
  if load and load > 0.3 * config.cores then
    say("  warning: other programs keep this machine busy (load %.1f): expect noise, and much less "
      .. "of it with OMP_WAIT_POLICY=passive, by which threads wait asleep", load)
  end
  local context = { threads = threads, peak = peak, folder = folder, known = {},
    peers = start_peers(folder) }
  local versions = {}
  for _, peer in ipairs(context.peers) do
    for key, value in pairs(peer.versions) do versions[key] = value end
  end
  local entries, start = {}, circlet.tic()
  for i, cell in ipairs(list) do
    entries[i] = run_cell(cell, context)
    collectgarbage()
    say("%s", describe(entries[i]))
    for _, reason in ipairs(report.skipped { entries[i] }) do say("  left out: %s", reason) end
  end
  for _, peer in ipairs(context.peers) do peer:close() end
  local facts = {}
  for key, value in pairs(config) do facts[key] = value end
  facts.warnings = circlet.json.array(config.warnings)
  local head = { date = os.date("!%Y-%m-%d"), machine = facts, versions = versions, load = load,
    threads = threads, m = cells.m, gamma = cells.gamma, seconds = circlet.toc(start),
    peak_gflops = { one_thread = peak_one / 1e9, all_threads = context.peak / 1e9 } }
  say("\n%s\n", report.text(entries, tables.render, { ascii = not terminal.unicode() }))
  write_results(head, entries, config)
  say("%.0f s in all", head.seconds)
end

local folder = os.tmpname()
os.remove(folder)
assert(files.make_folder(folder))
local ok, message = xpcall(run, function(e) return debug.traceback(tostring(e), 2) end, folder)
os.execute("rm -rf " .. shell.quote(folder))
if not ok then fail("%s", message) end
