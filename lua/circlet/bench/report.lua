--- What a benchmark run says: ratios, tables for terminal and README, one JSON file, one picture.
local cells = require "circlet.bench.cells"
local json = require "circlet.json"
local measure = require "circlet.bench.measure"
local plot_lines = require "circlet.plot.lines"
local tables = require "circlet.report.table"

local report = {}

-- The ways that can be compared by time, in the order of the tables.
local others = {
  { key = "eager", title = "eager, circlet" },
  { key = "torch_eager", title = "PyTorch eager" },
  { key = "torch_compile", title = "torch.compile" },
  { key = "torch_pml", title = "PML" },
}

--- The entry of a cell. `times` is what measure.rounds returned; `facts` by way may hold memory
-- (bytes), counted (bytes), compile_seconds, loss_error and gradient_error; `skipped` by way a
-- reason. Ratios: to_gemm and recomputed_to_gemm (circlet's time, and that without a similarity
-- kept, over that of the bare products), kept (all similarities kept over none), of_peak
-- (operations per second, none kept, over `peak`, what multiplying and adding in registers
-- reaches) and, by other way, how many times circlet's time it takes. `work`, what
-- measure.work gave on `threads` threads with no similarity kept, becomes shares of the time, and
-- with the peak of one thread the rate of the products while they run (products_of_peak).
function report.entry(cell, times, facts, skipped, peak, work, threads)
  local entry = { name = cell.name, kind = cell.kind, B = cell.B, C = cell.C, D = cell.D,
    operations = cells.operations(cell), ways = {}, ratios = {}, skipped = skipped }
  for name, list in pairs(times) do
    entry.ways[name] = measure.summary(list)
    for key, value in pairs(facts[name] or {}) do entry.ways[name][key] = value end
  end
  local own, recomputed = times.circlet, times.recomputed or times.circlet
  entry.gflops = entry.operations / entry.ways.circlet.median / 1e9
  if times.gemm then entry.ratios.to_gemm = measure.ratio(own, times.gemm) end
  if times.gemm and times.recomputed then
    entry.ratios.recomputed_to_gemm = measure.ratio(recomputed, times.gemm)
  end
  if times.kept then entry.ratios.kept = measure.ratio(times.kept, recomputed) end
  entry.ratios.of_peak = entry.operations / measure.median(recomputed) / peak
  for _, other in ipairs(others) do
    if times[other.key] then entry.ratios[other.key] = measure.ratio(times[other.key], own) end
  end
  if work then
    local total = 0
    for _, seconds in pairs(work) do total = total + seconds end
    entry.work = {}
    for part, seconds in pairs(work) do entry.work[part] = seconds / total end
    entry.products_of_peak = cells.recomputed_operations(cell)
      / (work.similarities + work.gradient) / (peak / threads)
  end
  return entry
end

local function milliseconds(value)
  return (value < 0.01 and "%.3f" or value < 0.1 and "%.2f" or value < 1 and "%.1f" or "%.0f")
    :format(value * 1e3)
end

local function times(value) return (value < 9.95 and "%.1fx" or "%.0fx"):format(value) end

local function megabytes(value) return (value < 9.95e6 and "%.1f" or "%.0f"):format(value / 1e6) end

local function size(entry)
  return entry.kind == "pair" and ("%d x %d"):format(entry.B, entry.D)
    or ("%d x %d, %d classes"):format(entry.B, entry.D, entry.C)
end

-- Columns that no row has a value for are left out.
local function present(columns, rows)
  local list = {}
  for _, column in ipairs(columns) do
    for _, row in ipairs(rows) do
      if row[column.key] ~= nil then
        list[#list + 1] = column
        break
      end
    end
  end
  return list
end

local function column(key, title, format)
  return { key = key, title = title, format = format, align = key ~= "size" and "right" or nil }
end

local function speed_table(entries)
  local columns = {
    column("size", "B x D"), column("ms", "ms", milliseconds), column("gflops", "GFLOP/s", "%.0f"),
    column("of_peak", "of FMA peak", function(v) return ("%.0f%%"):format(100 * v) end),
    column("to_gemm", "/ bare GEMMs", "%.2f"),
    column("recomputed_to_gemm", "none kept / GEMMs", "%.2f"),
    column("kept", "kept / recomputed", "%.2f"),
  }
  for _, other in ipairs(others) do
    columns[#columns + 1] = column(other.key, other.title, times)
  end
  local rows = {}
  for i, entry in ipairs(entries) do
    rows[i] = { size = size(entry), ms = entry.ways.circlet.median, gflops = entry.gflops }
    for key, value in pairs(entry.ratios) do rows[i][key] = value end
  end
  return present(columns, rows), rows
end

local function memory_table(entries)
  local columns = { column("size", "B x D"), column("circlet", "circlet", megabytes) }
  for _, other in ipairs(others) do
    columns[#columns + 1] = column(other.key, other.title, megabytes)
  end
  local rows = {}
  for i, entry in ipairs(entries) do
    rows[i] = { size = size(entry) }
    for name, way in pairs(entry.ways) do rows[i][name] = way.memory end
  end
  return present(columns, rows), rows
end

local function percent(value) return ("%.1f%%"):format(100 * value) end

local function work_table(entries)
  local columns = {
    column("size", "B x D"), column("similarities", "similarities", percent),
    column("sums", "sums", percent), column("weights", "weights", percent),
    column("gradient", "gradient", percent), column("rows", "rows in and out", percent),
    column("wait", "waiting", percent), column("rest", "rest", percent),
    column("products", "products of peak", percent),
  }
  local rows = {}
  for i, entry in ipairs(entries) do
    rows[i] = { size = size(entry), products = entry.products_of_peak }
    for part, share in pairs(entry.work or {}) do rows[i][part] = share end
  end
  return present(columns, rows), rows
end

--- The tables as text. `render` is tables.render or tables.markdown.
function report.text(entries, render, options)
  local titles, parts = { pair = "Pair-wise", class = "Class-level" }, {}
  for _, kind in ipairs { "pair", "class" } do
    local list = {}
    for _, entry in ipairs(entries) do
      if entry.kind == kind then list[#list + 1] = entry end
    end
    if #list > 0 then
      local columns, rows = speed_table(list)
      parts[#parts + 1] = titles[kind] .. ": loss and gradient; the last columns are how many "
        .. "times circlet's time the others take"
      parts[#parts + 1] = render(columns, rows, options)
      columns, rows = memory_table(list)
      if #columns > 1 then
        parts[#parts + 1] = titles[kind] .. ": peak memory of a call beyond its inputs, MB"
        parts[#parts + 1] = render(columns, rows, options)
      end
      columns, rows = work_table(list)
      if #columns > 1 then
        parts[#parts + 1] = titles[kind] .. ": what the time goes into when no similarity is kept, "
          .. "and the rate of its products (similarities, gradient) of what the cores can multiply "
          .. "and add"
        parts[#parts + 1] = render(columns, rows, options)
      end
    end
  end
  local reasons = report.skipped(entries)
  if #reasons > 0 then
    parts[#parts + 1] = "Left out:"
    parts[#parts + 1] = (render == tables.markdown and "- " or "")
      .. table.concat(reasons, render == tables.markdown and "\n- " or "\n")
  end
  return table.concat(parts, "\n\n")
end

--- One line for each way that was left out of a cell, or failed in it.
function report.skipped(entries)
  local list = {}
  for _, entry in ipairs(entries) do
    for name, reason in pairs(entry.skipped or {}) do
      list[#list + 1] = ("%s in %s: %s"):format(name, entry.name, reason)
    end
  end
  table.sort(list)
  return list
end

-- Five digits say all that a measurement knows; whole numbers stay whole.
local function rounded(value)
  if type(value) == "table" then
    local copy = setmetatable({}, getmetatable(value))
    for key, item in pairs(value) do copy[key] = rounded(item) end
    return copy
  end
  return math.type(value) == "float" and tonumber(("%.5g"):format(value)) or value
end

--- The JSON text of a run: `head` is a table of facts; each cell stands on a line of its own.
-- Fractions are rounded to five digits.
function report.json(head, entries)
  local lines = {}
  for key, value in pairs(head) do
    lines[#lines + 1] = ("%s: %s"):format(json.encode(key), json.encode(rounded(value)))
  end
  table.sort(lines)
  local list = {}
  for i, entry in ipairs(entries) do list[i] = json.encode(rounded(entry)) end
  lines[#lines + 1] = '"cells": [\n' .. table.concat(list, ",\n") .. "\n]"
  return "{\n" .. table.concat(lines, ",\n") .. "\n}\n"
end

--- A name for files out of a processor's: "AMD EPYC 9B14" -> "amd-epyc-9b14".
function report.slug(processor)
  local name = processor:gsub("%b()", " "):gsub("@.*$", ""):lower()
  return (name:gsub("[^%w]+", "-"):gsub("^%-+", ""):gsub("%-+$", ""))
end

--- The picture: milliseconds by batch size for each way, pair-wise, at the largest D that has two
-- sizes or more. Written to base.png, base.svg and base.gp; returns as Picture:save does.
function report.plot(base, entries, title)
  local by_dim, dim = {}, nil
  for _, entry in ipairs(entries) do
    if entry.kind == "pair" then
      local list = by_dim[entry.D] or {}
      by_dim[entry.D], list[#list + 1] = list, entry
      if #list >= 2 and entry.D >= (dim or 0) then dim = entry.D end
    end
  end
  if not dim then return nil, "plot: too few sizes to draw", "format" end
  local ways = { { key = "circlet", title = "circlet" }, { key = "gemm", title = "bare GEMMs" } }
  table.move(others, 1, #others, 3, ways)
  local series = {}
  for _, way in ipairs(ways) do
    local line = { title = way.title, x = {}, y = {} }
    for _, entry in ipairs(by_dim[dim]) do
      local facts = entry.ways[way.key]
      if facts then
        line.x[#line.x + 1], line.y[#line.y + 1] = entry.B, facts.median * 1e3
      end
    end
    if #line.x > 0 then series[#series + 1] = line end
  end
  return plot_lines(series, { log_x = true, log_y = true, width = 760, height = 460,
    title = ("Loss and gradient, D = %d: %s"):format(dim, title), x_label = "batch size B",
    y_label = "milliseconds" }):save(base)
end

return report
