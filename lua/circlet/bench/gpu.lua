--- What `make gpu-bench` measures: the ways of computing a cell on a GPU, in circlet and in
-- PyTorch, and what a run says.
local cells = require "circlet.bench.cells"
local circlet = require "circlet"
local measure = require "circlet.bench.measure"

local gpu = {}

--- Circlet's modes, each beside the matrix products of its precision.
gpu.precisions = { "fp32", "tf32", "bf16" }

--- The ways of PyTorch (scripts/gpu/peers.py), in the order in which they begin. `truth` gives a
-- gradient in double precision and takes no time.
gpu.peer_ways = {
  { name = "eager_double", truth = true },
  { name = "gemm_fp32" }, { name = "gemm_tf32" }, { name = "gemm_bf16" },
  { name = "eager" }, { name = "eager_tf32" }, { name = "compile", slow = true },
}

--- The inputs of a cell on the GPU: those of cells.inputs.
function gpu.upload(inputs)
  return { x = inputs.x:cuda(), labels = inputs.labels:cudaLong(),
    w = inputs.w and inputs.w:cuda() }
end

--- The way of circlet in a precision, for measure.rounds. A block ends when the GPU has done its
-- work.
function gpu.way(cell, inputs, precision)
  local cuda = circlet.cuda
  local function call() return cells.circlet(cell, inputs, { precision = precision }) end
  return { name = precision, call = call, block = function(calls)
    call() -- memory comes from the driver, clocks rise
    collectgarbage()
    cuda.synchronize()
    local start = circlet.tic()
    for _ = 1, calls do call() end
    cuda.synchronize()
    local seconds = circlet.toc(start) / calls
    collectgarbage()
    cuda.emptyCache() -- others want the memory
    return seconds
  end }
end

--- The first call of a way: seconds, and facts: memory (bytes that it adds at its peak, gradients
-- included), loss, gradient (of the rows).
function gpu.first(way)
  local cuda = circlet.cuda
  way.call() -- what is loaded and chosen once
  collectgarbage()
  cuda.synchronize()
  local held = cuda.memory(nil, true).used
  local start = circlet.tic()
  local loss, gradient = way.call()
  cuda.synchronize()
  local seconds = circlet.toc(start)
  return seconds, { memory = cuda.memory().used_peak - held, loss = loss,
    gradient = type(gradient) == "table" and gradient[1] or gradient }
end

--- The entry of a cell in the file of results. `times` is what measure.rounds returned; `facts` by
-- way may hold memory, loss_error, gradient_error, once; `skipped` by way a reason. Ratios:
-- gemm_PRECISION (circlet's time over that of the bare products in the same precision), eager,
-- eager_tf32 and compile (how many times circlet's time they take, in the same precision).
function gpu.entry(cell, times, facts, skipped)
  local entry = { name = cell.name, kind = cell.kind, B = cell.B, C = cell.C, D = cell.D,
    operations = cells.operations(cell), ways = {}, ratios = {}, skipped = skipped }
  for name, list in pairs(times) do
    entry.ways[name] = measure.summary(list)
    for key, value in pairs(facts[name] or {}) do entry.ways[name][key] = value end
  end
  for _, precision in ipairs(gpu.precisions) do
    local own, bare = times[precision], times["gemm_" .. precision]
    if own and bare then entry.ratios["gemm_" .. precision] = measure.ratio(own, bare) end
  end
  for other, own in pairs { eager = "fp32", compile = "fp32", eager_tf32 = "tf32" } do
    if times[other] and times[own] then
      entry.ratios[other] = measure.ratio(times[other], times[own])
    end
  end
  return entry
end

local function milliseconds(value)
  return (value < 0.01 and "%.3f" or value < 0.1 and "%.2f" or value < 1 and "%.1f" or "%.0f")
    :format(value * 1e3)
end

local function times(value) return (value < 9.95 and "%.1fx" or "%.0fx"):format(value) end

local function megabytes(value) return ("%.0f"):format(value / 1e6) end

local function size(entry)
  return entry.kind == "pair" and ("%d x %d"):format(entry.B, entry.D)
    or ("%d x %d, %d classes"):format(entry.B, entry.D, entry.C)
end

local function column(key, title, format)
  return { key = key, title = title, format = format, align = key ~= "size" and "right" or nil }
end

local columns = {
  time = {
    column("size", "B x D"), column("fp32", "fp32, ms", milliseconds),
    column("tf32", "tf32, ms", milliseconds), column("bf16", "bf16, ms", milliseconds),
    column("gemm_fp32", "fp32 / GEMMs", "%.2f"), column("gemm_tf32", "tf32 / GEMMs", "%.2f"),
    column("gemm_bf16", "bf16 / GEMMs", "%.2f"), column("eager", "PyTorch eager", times),
    column("eager_tf32", "eager, tf32", times), column("compile", "torch.compile", times),
  },
  bare = {
    column("size", "B x D"), column("gemm_fp32", "GEMMs fp32", milliseconds),
    column("gemm_tf32", "tf32", milliseconds), column("gemm_bf16", "bf16", milliseconds),
    column("eager", "PyTorch eager", milliseconds),
    column("eager_tf32", "eager, tf32", milliseconds),
    column("compile", "torch.compile", milliseconds),
  },
  memory = {
    column("size", "B x D"), column("fp32", "fp32", megabytes), column("tf32", "tf32", megabytes),
    column("bf16", "bf16", megabytes), column("eager", "PyTorch eager", megabytes),
    column("compile", "torch.compile", megabytes),
  },
  gradient_error = {
    column("size", "B x D"), column("fp32", "fp32", "%.1e"), column("tf32", "tf32", "%.1e"),
    column("bf16", "bf16", "%.1e"), column("eager", "PyTorch eager", "%.1e"),
    column("eager_tf32", "eager, tf32", "%.1e"),
  },
}

-- Rows of one measure; columns that no row has a value for are left out.
local function part(entries, of, value)
  local rows, list = {}, {}
  for i, entry in ipairs(entries) do
    rows[i] = { size = size(entry) }
    for _, c in ipairs(columns[of]) do
      if c.key ~= "size" then rows[i][c.key] = value(entry, c.key) end
    end
  end
  for _, c in ipairs(columns[of]) do
    local any = false
    for _, row in ipairs(rows) do any = any or row[c.key] ~= nil end
    if any then list[#list + 1] = c end
  end
  return list, rows
end

local function way_field(field)
  return function(entry, key) return entry.ways[key] and entry.ways[key][field] end
end

--- The tables as text. `render` is tables.render or tables.markdown.
function gpu.text(entries, render, options)
  local parts = {}
  local function add(title, of, value)
    local list, rows = part(entries, of, value)
    if #list > 1 then
      parts[#parts + 1] = title
      parts[#parts + 1] = render(list, rows, options)
    end
  end
  local own = {}
  for _, precision in ipairs(gpu.precisions) do own[precision] = true end
  add("Loss and gradient; the last columns are how many times circlet's time PyTorch takes:",
    "time", function(entry, key)
      if not own[key] then return entry.ratios[key] end
      return entry.ways[key] and entry.ways[key].median
    end)
  add("The others, ms:", "bare", way_field "median")
  add("Peak memory of a call beyond its inputs, MB:", "memory", way_field "memory")
  add("The gradient against PyTorch's in double precision, relative L2:", "gradient_error",
    way_field "gradient_error")
  return table.concat(parts, "\n\n")
end

return gpu
