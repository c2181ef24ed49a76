--- The cells of the benchmark: sizes, data, the ways of computing them, and whether a way fits.
local circlet = require "circlet"
local eager = require "circlet.bench.eager"
local measure = require "circlet.bench.measure"

local cells = {}

--- The paper's setting for faces, at which every cell is measured.
cells.m, cells.gamma = 0.25, 256

local per_class = 8 -- rows of one label in a batch

local function pair(rows, dim)
  return { kind = "pair", name = ("pair-%dx%d"):format(rows, dim), B = rows, D = dim }
end

local function class(rows, classes, dim)
  return { kind = "class", name = ("class-%dx%dx%d"):format(rows, classes, dim), B = rows,
    C = classes, D = dim }
end

--- The list of cells, small ones first: { kind = "pair", name, B, D } or { kind = "class", name, B,
-- C, D }. With `quick`, a few that take no time.
function cells.list(quick)
  if quick then
    return { pair(256, 64), pair(1024, 64), pair(1024, 512), class(512, 1000, 512) }
  end
  local list = {}
  for _, rows in ipairs { 256, 1024, 4096, 16384 } do
    for _, dim in ipairs { 64, 128, 512 } do list[#list + 1] = pair(rows, dim) end
  end
  for _, classes in ipairs { 1000, 10000, 100000 } do list[#list + 1] = class(512, classes, 512) end
  return list
end

--- The same for GPUs, which need larger ones.
function cells.gpu_list(quick)
  if quick then return { pair(4096, 512), class(4096, 100000, 512), pair(32768, 512) } end
  local list = {}
  for _, rows in ipairs { 4096, 32768, 131072 } do
    for _, dim in ipairs { 128, 512 } do list[#list + 1] = pair(rows, dim) end
  end
  for _, classes in ipairs { 100000, 1000000 } do list[#list + 1] = class(4096, classes, 512) end
  return list
end

--- The cells whose name contains one of the texts (plain); all when there are none.
function cells.only(list, texts)
  if #texts == 0 then return list end
  local chosen = {}
  for _, cell in ipairs(list) do
    for _, text in ipairs(texts) do
      if cell.name:find(text, 1, true) then
        chosen[#chosen + 1] = cell
        break
      end
    end
  end
  return chosen
end

--- Similarities of the cell.
function cells.pairs(cell) return cell.B * (cell.C or cell.B) end

--- Float operations that count as the work of a cell. Pair-wise 4*B^2*D: each of B^2/2 similarities
-- twice, one product with the symmetric weights. Class-level 6*B*C*D: similarities once, a product
-- for either gradient.
function cells.operations(cell)
  return (cell.kind == "pair" and 4 or 6) * cells.pairs(cell) * cell.D
end

--- The operations of its products when no similarity is kept: similarities of class vectors are
-- computed twice.
function cells.recomputed_operations(cell)
  return (cell.kind == "pair" and 4 or 8) * cells.pairs(cell) * cell.D
end

--- The inputs, the same in every process: { x = [B,D], labels = [B], w = [C,D] or nil }.
function cells.inputs(cell)
  circlet.manualSeed(1)
  local labels = circlet.LongTensor(cell.B)
  for i = 1, cell.B do
    labels[i] = cell.C and (i * 7919) % cell.C + 1 or (i - 1) // per_class + 1
  end
  return { x = circlet.randn(cell.B, cell.D), labels = labels,
    w = cell.C and circlet.randn(cell.C, cell.D) }
end

--- Loss and gradients as circlet computes them; options are those of circlet.circle_loss.
function cells.circlet(cell, inputs, options)
  local all = { m = cells.m, gamma = cells.gamma }
  for key, value in pairs(options or {}) do all[key] = value end
  if cell.kind == "pair" then return circlet.circle_loss(inputs.x, inputs.labels, all) end
  return circlet.circle_class_loss({ inputs.x, inputs.w }, inputs.labels, all)
end

--- The same with every matrix stored.
function cells.eager(cell, inputs)
  if cell.kind == "pair" then
    return eager.pair(inputs.x, inputs.labels, cells.m, cells.gamma)
  end
  return eager.class(inputs.x, inputs.labels, inputs.w, cells.m, cells.gamma)
end

-- The three products of the eager scheme and nothing else, on the library's own threads.
local function gemm_way(cell, inputs, threads)
  local gemm = require("circlet.core").bench.gemm
  local x, w = inputs.x, inputs.w or inputs.x
  local s = circlet.FloatTensor(cell.B, cell.C or cell.B)
  local x_gradient, w_gradient = x:clone(), w:clone()
  return measure.way(function()
    gemm(s, x, w, false, true, threads)
    gemm(x_gradient, s, w, false, false, threads)
    gemm(w_gradient, s, x, cell.kind == "class", false, threads)
  end)
end

--- The way called `name` for measure.rounds: "circlet" as it is, "recomputed" and "kept" with no
-- and with all similarities kept between the passes, "eager", "gemm".
function cells.way(name, cell, inputs, threads)
  local way
  if name == "circlet" then
    way = measure.way(function() cells.circlet(cell, inputs) end)
  elseif name == "recomputed" or name == "kept" then
    local options = { memory_budget = name == "kept" and 8 * cells.pairs(cell) or 0 }
    way = measure.way(function() cells.circlet(cell, inputs, options) end)
  elseif name == "eager" then
    way = measure.way(function() cells.eager(cell, inputs) end)
  elseif name == "gemm" then
    way = gemm_way(cell, inputs, threads)
  else
    error("cells.way: there is no way " .. tostring(name), 2)
  end
  way.name = name
  return way
end

-- Bytes that a way holds per similarity at its peak, as measured with PyTorch 2.15 and
-- pytorch-metric-learning 2.9: what may be begun without having seen a smaller cell.
local bytes = { kept = 4, gemm = 4, eager = 26, torch_eager = 34, torch_compile = 6,
  torch_pml = 67 }

--- Why the way called `name` is left out of a cell, or nil. `known` is a list of what it took in
-- smaller cells, { cell, seconds, memory (bytes; may be nil) }; both grow with the number of
-- similarities. Limits: seconds for one call, memory in bytes. Cells too small to predict from do
-- not count.
function cells.refusal(name, cell, known, limits)
  local nearest
  for _, entry in ipairs(known) do
    local alike = entry.cell.kind == cell.kind and entry.cell.D == cell.D
      and cells.pairs(entry.cell) > 3e5
    if alike and (not nearest or cells.pairs(entry.cell) > cells.pairs(nearest.cell)) then
      nearest = entry
    end
  end
  local seconds, memory = 0, (bytes[name] or 0) * cells.pairs(cell)
  if nearest then
    local times = cells.pairs(cell) / cells.pairs(nearest.cell)
    seconds, memory = nearest.seconds * times, math.max(memory, (nearest.memory or 0) * times)
  end
  if memory > limits.memory then
    return ("would need about %.0f GB of memory, %.0f GB may be used"):format(memory / 1e9,
      limits.memory / 1e9)
  end
  if seconds > limits.seconds then
    return ("would take about %.0f s a call, more than %g s"):format(seconds, limits.seconds)
  end
  return nil
end

return cells
