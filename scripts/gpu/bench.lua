-- circlet's losses on this machine's GPU beside bare matrix products of cuBLAS, PyTorch eager and
-- torch.compile, in one run: same data, same formula, in turns. gpu.sh finds what this needs.
--
--     make gpu-bench                                   the whole table, in minutes
--     make gpu-bench FLAGS='--quick'                   a few cells in less than a minute
--     sh scripts/gpu/gpu.sh bench --only pair-4096     cells whose name contains this text
--
-- A whole run writes scripts/bench/results/gpu-DEVICE.json and .md; a partial one writes below
-- runs/gpu-bench. What does not fit into memory or time is left out, and said to be.
local folder = arg[0]:match("^.*/") or "./"
local root = dofile(folder .. "../prelude.lua")

local argparse = require "argparse"
local cells = require "circlet.bench.cells"
local circlet = require "circlet"
local files = require "circlet.report.files"
local gpu = require "circlet.bench.gpu"
local measure = require "circlet.bench.measure"
local parts = dofile(folder .. "parts.lua")
local peers = require "circlet.bench.peers"
local report = require "circlet.bench.report"
local tables = require "circlet.report.table"

local NO_GPU = 77

local parser = argparse("gpu.sh bench", "Measures circlet on this machine's GPU.")
parser:flag("--quick", "a few cells, without torch.compile unless --compile is given")
parser:flag("--compile", "torch.compile in a quick run, too")
parser:flag("--no-torch", "circlet alone")
parser:option("--only", "cells whose name contains this (may be repeated)"):count("*")
parser:option("--python", "an interpreter with torch"):default(os.getenv "PYTHON" or "python3")
parser:option("--seconds", "time for all of it"):convert(tonumber)
parser:option("--limit", "seconds that a first call, compiling included, may take")
  :convert(tonumber):default("120")
parser:option("--out", "where to write, without the ending .json")
parser:option("--scratch", "a folder for what PyTorch is given (default: one in memory, removed)")
local options = parser:parse()
options.seconds = options.seconds or (options.quick and 60 or 900)

local function say(...) io.stdout:write(string.format(...), "\n"):flush() end

local function fail(status, ...)
  io.stderr:write("gpu-bench: ", string.format(...), "\n")
  os.exit(status)
end

local begun = circlet.tic()
local function left() return options.seconds - circlet.toc(begun) end

local function start_torch(scratch)
  if options.no_torch then return nil end
  local python = peers.find({ options.python }, "torch")
  if not python then
    say("PyTorch is left out: %s has no torch", options.python)
    return nil
  end
  local peer, message = peers.start { python = python, script = folder .. "peers.py", peer = "gpu",
    folder = scratch }
  if not peer then say("PyTorch is left out: %s", message) end
  return peer
end

-- A cell being measured: the ways that take part, facts and reasons by way.
local Cell = {}
Cell.__index = Cell

-- The first calls in circlet. Gradients of the rows are kept for comparison, on the CPU.
function Cell:begin_own()
  self.there = gpu.upload(self.inputs)
  for _, precision in ipairs(gpu.precisions) do
    local way = gpu.way(self.cell, self.there, precision)
    local ok, seconds, facts = pcall(gpu.first, way)
    if ok then
      way.first, self.facts[precision] = seconds, facts
      self.gradients[precision], facts.gradient = facts.gradient:float(), nil
      self.ways[#self.ways + 1] = way
    else
      self.skipped[precision] = tostring(seconds):gsub("^.-:%d+: ", "")
    end
    collectgarbage()
    pcall(circlet.cuda.emptyCache)
  end
end

-- Ways of PyTorch whose gradient is compared: those of cells small enough to hold it in double.
local comparable = 2 ^ 25

function Cell:begin_peer(peer, scratch)
  local job = { kind = self.cell.kind, m = cells.m, gamma = cells.gamma,
    limit = math.max(10, math.ceil(math.min(options.limit, left()))) }
  for key, tensor in pairs(self.inputs) do
    job[key] = ("%s/%s.npy"):format(scratch, key)
    assert(circlet.npy.save(job[key], tensor))
  end
  local ready, message = peer:begin(job)
  if not ready then
    self.skipped.torch = message
    return
  end
  self.peer, self.job = peer, job
  local small = cells.pairs(self.cell) <= comparable
  for _, way in ipairs(gpu.peer_ways) do
    if way.slow and options.quick and not options.compile then
      self.skipped[way.name] = "not in a quick run"
    elseif left() < 5 then
      self.skipped[way.name] = "no time was left"
    elseif small or not way.truth then
      self:begin_peer_way(peer, way, small and scratch .. "/gradient.npy" or nil)
    end
  end
end

function Cell:begin_peer_way(peer, way, path)
  local bare = way.name:find("^gemm")
  local first, message = peer:ask { op = "begin", way = way.name,
    gradient = not bare and path or nil }
  if not first then
    self.skipped[way.name] = message
    -- Another process takes the place of one that had to be ended, for what it was ready for.
    if message:find("ended", 1, true) then peer:begin(self.job) end
    return
  end
  if path and not bare then self.gradients[way.name] = assert(circlet.npy.load(path)) end
  if way.truth then
    self.truth, self.gradients[way.name] = { loss = first.loss,
      gradient = self.gradients[way.name] }, nil
    return
  end
  self.facts[way.name] = { memory = tonumber(first.memory), once = first.once,
    loss = not bare and first.loss or nil }
  self.ways[#self.ways + 1] = { name = way.name, first = first.seconds, block = function(calls)
    local answer, why = peer:ask { op = "block", way = way.name, calls = calls }
    return answer and answer.seconds or error(("%s: %s"):format(way.name, why), 0)
  end }
end

-- How far losses and gradients are from those in double precision.
function Cell:compare()
  local truth = self.truth
  if not truth then return end
  local length = truth.gradient:norm()
  for name, gradient in pairs(self.gradients) do
    local facts = self.facts[name]
    facts.gradient_error = (gradient:double() - truth.gradient):norm() / length
    facts.loss_error = math.abs(facts.loss - truth.loss) / truth.loss
  end
end

-- Measures every way that fits, in turns. Returns the entry of the report.
local function run_cell(cell, peer, scratch, share)
  local self = setmetatable({ cell = cell, inputs = cells.inputs(cell), ways = {}, facts = {},
    skipped = {}, gradients = {} }, Cell)
  self:begin_own()
  if peer then self:begin_peer(peer, scratch) end
  self:compare()
  self.inputs, self.gradients, self.truth = nil, nil, nil
  collectgarbage()
  local budget = math.max(0.05, math.min(options.quick and 0.3 or 1.5, share / 12))
  local ok, times = pcall(measure.rounds, self.ways, { block = 0.03, budget = budget,
    most = options.quick and 5 or 9, settle = function() end })
  if self.peer then self.peer:finish() end
  if not ok then
    self.skipped.rounds, times = tostring(times), {}
    for _, way in ipairs(self.ways) do times[way.name] = { way.first } end
  end
  return gpu.entry(cell, times, self.facts, self.skipped)
end

local function describe(entry)
  local list = { ("%-24s"):format(entry.name) }
  for _, name in ipairs { "fp32", "tf32", "bf16", "gemm_fp32", "gemm_tf32", "gemm_bf16", "eager",
                          "eager_tf32", "compile" } do
    local way = entry.ways[name]
    if way then list[#list + 1] = ("%s %.3g ms"):format(name, way.median * 1e3) end
  end
  return table.concat(list, "  ")
end

local function write_results(head, entries, whole)
  local base = options.out
  if not base then
    local place = root .. (whole and "scripts/bench/results" or "runs/gpu-bench")
    assert(files.make_folder(place))
    base = ("%s/gpu-%s"):format(place, report.slug(head.device.name))
  end
  head.seconds = circlet.toc(begun)
  assert(files.write(base .. ".json", report.json(head, entries)))
  assert(files.write(base .. ".md", gpu.text(entries, tables.markdown) .. "\n"))
  return base
end

local function run(scratch)
  local list = cells.only(cells.gpu_list(options.quick), options.only)
  if #list == 0 then fail(2, "no cell is called so; they are called like pair-4096x512") end
  local device, config = circlet.cuda.getDeviceProperties(), circlet.config()
  say("%s, %.0f GB; %s", device.name, device.totalGlobalMem / 1e9, config.circlet)
  local peer = start_torch(scratch)
  local head = { date = os.date("!%Y-%m-%d"), device = device, version = config.circlet,
    cpu = config.cpu, versions = peer and peer.versions or {}, m = cells.m, gamma = cells.gamma,
    revision = parts.revision(root) }
  local whole = not options.quick and #options.only == 0
  local entries, base = {}, nil
  for i, cell in ipairs(list) do
    if left() < 8 then
      say("%s is left out: no time was left", cell.name)
      entries[i] = gpu.entry(cell, {}, {}, { all = "no time was left" })
    else
      entries[i] = run_cell(cell, peer, scratch, left() / (#list - i + 1))
      say("%s", describe(entries[i]))
    end
    collectgarbage()
    base = write_results(head, entries, whole)
  end
  if peer then peer:close() end
  for _, reason in ipairs(report.skipped(entries)) do say("left out: %s", reason) end
  say("\n%s\n", gpu.text(entries, tables.render, { ascii = true }))
  say("written to %s.json, .md; %.0f s in all", base, circlet.toc(begun))
end

local available, reason = circlet.cuda.available()
if not available then
  fail(NO_GPU, "nothing was measured, there is no GPU to measure on: %s", reason)
end

local scratch = options.scratch or parts.scratch()
local ok, message = xpcall(run, function(e) return debug.traceback(tostring(e), 2) end, scratch)
if not options.scratch then parts.remove(scratch) end
if not ok then fail(1, "%s", message) end
