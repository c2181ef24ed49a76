-- Time and peak memory of the measures on random clusters, each in a process of its own:
--
--     lua scripts/bench/measures.lua                       10,000 rows of 128 numbers
--     lua scripts/bench/measures.lua --rows 100000 --dim 512 --only retrieval,cmc
--
-- (The syntax keeps to Lua 5.1 for the reason that prelude.lua gives.)
local root = dofile((arg[0]:match("^.*/") or "./") .. "../prelude.lua")
local argparse = require "argparse"
local circlet = require "circlet"
local shell = require "circlet.report.shell"
local whole = require("circlet.train.options").count

local parser = argparse("lua scripts/bench/measures.lua", "Time and memory of circlet.metrics.")
parser:option("--rows", "Embeddings (default: 10000)."):convert(whole):default "10000"
parser:option("--dim", "Numbers in each (default: 128)."):convert(whole):default "128"
parser:option("--each", "Rows of a label (default: 20)."):convert(whole):default "20"
parser:option("--only", "Some of: retrieval, cmc, verification, rerank, clustering.")
parser:option("--measure"):hidden(true)
local flags = parser:parse()

local metrics = circlet.metrics

local measures = {
  { "retrieval", function(x, labels) return metrics.retrieval(x, labels).map_at_r end },
  { "recall and MAP@R alone", function(x, labels)
    return metrics.retrieval(x, labels, { measures = { "recall", "map_at_r" } }).map_at_r
  end },
  { "cmc", function(x, labels)
    local cameras = circlet.LongTensor(x:size(1)):random(1, 6)
    return metrics.cmc(x, labels, { cameras = cameras }).map
  end },
  { "verification", function(x, labels) return metrics.verification(x, labels).tar[1e-3] end },
  { "rerank", function(x, labels) -- half of the rows against the other half
    local n, half = x:size(1), x:size(1) // 2
    return metrics.cmc({ x:narrow(1, 1, half), x:narrow(1, half + 1, n - half) },
      { labels:narrow(1, 1, half), labels:narrow(1, half + 1, n - half) },
      { rerank = true }).map
  end },
  { "clustering", function(x, labels)
    return metrics.clustering(x, labels,
      { clusters = math.min(100, x:size(1)), iterations = 20 }).nmi
  end },
}

-- Kilobytes of resident memory: now (VmRSS) or at most since forget_peak() (VmHWM).
local function resident(key)
  for line in io.lines "/proc/self/status" do
    local size = line:match("^" .. key .. ":%s+(%d+)")
    if size then return tonumber(size) end
  end
  return 0 / 0
end

local function forget_peak()
  local file = io.open("/proc/self/clear_refs", "w")
  if file then
    file:write "5"
    file:close()
  end
end

local function measure(f)
  circlet.manualSeed(1)
  local labels = circlet.range(circlet.LongTensor(), 0, flags.rows - 1)
    :remainder(math.max(1, flags.rows // flags.each)):add(1)
  local centres = circlet.randn(labels:max(), flags.dim)
  local x = circlet.randn(flags.rows, flags.dim):mul(2):add(centres:index(1, labels))
  centres = nil -- luacheck: ignore
  collectgarbage()
  f(circlet.randn(256, 8), circlet.LongTensor(256):random(1, 9)) -- the libraries' own memory
  forget_peak()
  local before, timer = resident "VmRSS", circlet.Timer()
  local value = f(x, labels)
  local seconds = timer:time().real
  print(("%.2f %.0f %.6f"):format(seconds, (resident "VmHWM" - before) / 1024, value))
end

if flags.measure then
  for _, entry in ipairs(measures) do
    if entry[1] == flags.measure then measure(entry[2]) end
  end
  return
end

local wanted = flags.only and {}
for name in (flags.only or ""):gmatch "[^,]+" do wanted[name] = true end
print(("%d x %d, %d rows a label, %d threads; %.0f MB of embeddings\n"):format(flags.rows,
  flags.dim, flags.each, circlet.getnumthreads(), flags.rows * flags.dim * 4 / 1e6))
print(("%-24s %9s %12s %10s"):format("measure", "s", "more, MB", "value"))
for _, entry in ipairs(measures) do
  if not wanted or wanted[entry[1]] then
    local output = shell.output(table.concat({ "lua5.4", shell.quote(arg[0]), "--rows", flags.rows,
      "--dim", flags.dim, "--each", flags.each, "--measure", shell.quote(entry[1]) }, " "))
    local seconds, memory, value = tostring(output):match "(%S+) (%S+) (%S+)"
    if not seconds then
      io.stderr:write("measures: ", entry[1], " failed in ", root, ": ", tostring(output), "\n")
      os.exit(1, true)
    end
    print(("%-24s %9s %12s %10s"):format(entry[1], seconds, memory, value))
    io.stdout:flush()
  end
end
