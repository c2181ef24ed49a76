--- Aligned text tables, and the ranking of rows.
--
--     print(tables.render({
--       { key = "name", title = "model" },
--       { key = "map", title = "MAP@R", format = "%.3f" },
--     }, { { name = "raw pixels", map = 0.331 }, { name = "MLP", map = 0.515 } }))
--
--     model       MAP@R
--     ──────────  ─────
--     raw pixels  0.331
--     MLP         0.515
local text = require "circlet.report.text"

local tables = {}

local function cell(column, row)
  local value = row[column.key]
  if value == nil then return column.missing or "-" end
  local format = column.format
  if type(format) == "function" then return format(value, row) end
  if type(value) == "number" then
    if value ~= value then return "nan" end
    return format and format:format(value) or text.number(value)
  end
  return tostring(value)
end

-- Numbers stand right, words left, unless the column says otherwise.
local function alignment(column, rows)
  if column.align then return column.align end
  for _, row in ipairs(rows) do
    if row[column.key] ~= nil and type(row[column.key]) ~= "number" then return "left" end
  end
  return #rows > 0 and "right" or "left"
end

--- The table as a list of lines. columns: a list of { key, title, format, align, missing }, where
-- format is a string.format pattern for numbers or a function (value, row) -> string. Options:
-- ascii (boolean: the rule is made of "-"), width (columns at most; longer lines are cut).
-- @param columns table[]
-- @param rows table[]
-- @param options? table
-- @return string[] lines
-- @example
-- local rows = { { m = 0.1, map = 0.5 }, { m = 0.2, map = 0.6 } }
-- #report.table.lines({ { key = "m" }, { key = "map" } }, rows)    --> 4
function tables.lines(columns, rows, options)
  options = options or {}
  local cells, widths, aligns = {}, {}, {}
  for c, column in ipairs(columns) do
    widths[c], aligns[c] = text.width(column.title or column.key), alignment(column, rows)
  end
  for r, row in ipairs(rows) do
    cells[r] = {}
    for c, column in ipairs(columns) do
      cells[r][c] = cell(column, row)
      widths[c] = math.max(widths[c], text.width(cells[r][c]))
    end
  end
  local function line(of)
    local parts = {}
    for c in ipairs(columns) do parts[c] = text.pad(of(c), widths[c], aligns[c]) end
    local joined = table.concat(parts, "  "):gsub("%s+$", "")
    return options.width and text.cut(joined, options.width) or joined
  end
  local lines = {
    line(function(c) return columns[c].title or columns[c].key end),
    line(function(c) return (options.ascii and "-" or "─"):rep(widths[c]) end),
  }
  for r in ipairs(rows) do lines[#lines + 1] = line(function(c) return cells[r][c] end) end
  return lines
end

--- The same as one string without a newline at its end.
-- @param columns table[]
-- @param rows table[]
-- @param options? table
-- @return string text
-- @example
-- local rows = { { m = 0.1, map = 0.5 }, { m = 0.2, map = 0.6 } }
-- report.table.render({ { key = "m" } }, rows, { ascii = true })    --> m --- 0.1 0.2
function tables.render(columns, rows, options)
  return table.concat(tables.lines(columns, rows, options), "\n")
end

--- The same as a Markdown table.
-- @param columns table[]
-- @param rows table[]
-- @return string text
-- @example
-- local rows = { { m = 0.1, map = 0.5 }, { m = 0.2, map = 0.6 } }
-- report.table.markdown({ { key = "m" } }, rows):match "%d.*"    --> 0.1 | | 0.2 |
function tables.markdown(columns, rows)
  local function line(of)
    local parts = {}
    for c, column in ipairs(columns) do parts[c] = of(column, c):gsub("|", "\\|") end
    return "| " .. table.concat(parts, " | ") .. " |"
  end
  local lines = {
    line(function(column) return column.title or column.key end),
    line(function(column) return alignment(column, rows) == "right" and "---:" or "---" end),
  }
  for _, row in ipairs(rows) do
    lines[#lines + 1] = line(function(column) return cell(column, row) end)
  end
  return table.concat(lines, "\n")
end

--- A list of the rows for which accept(row) is true.
-- @param rows table[]
-- @param accept function
-- @return table[] rows
-- @example
-- local rows = { { m = 0.1, map = 0.5 }, { m = 0.2, map = 0.6 } }
-- #report.table.where(rows, function(row) return row.m > 0.1 end)    --> 1
function tables.where(rows, accept)
  local list = {}
  for _, row in ipairs(rows) do
    if accept(row) then list[#list + 1] = row end
  end
  return list
end

--- One row that sums up others: for each key of `formats` the mean and the sample deviation of the
-- rows' numbers as text ("0.636 ± 0.009"), written by the format ("%.3f"). Options: ascii.
-- @param rows table[]
-- @param formats table<string, string>
-- @param options? table
-- @return table row
-- @example
-- local rows = { { m = 0.1, map = 0.5 }, { m = 0.2, map = 0.6 } }
-- report.table.spread(rows, { map = "%.3f" }, { ascii = true }).map    --> 0.550 +- 0.071
function tables.spread(rows, formats, options)
  local row = {}
  for key, format in pairs(formats) do
    local count, sum, squares = 0, 0, 0
    for _, one in ipairs(rows) do
      if type(one[key]) == "number" then count, sum = count + 1, sum + one[key] end
    end
    local mean = sum / count
    for _, one in ipairs(rows) do
      if type(one[key]) == "number" then squares = squares + (one[key] - mean) ^ 2 end
    end
    local sign = options and options.ascii and " +- " or " ± "
    if count > 0 then
      row[key] = format:format(mean)
        .. (count > 1 and sign .. format:format(math.sqrt(squares / (count - 1))) or "")
    end
  end
  return row
end

--- A new list of the rows, best first by row[key], largest first unless options.ascending. Rows
-- of equal value keep their order; rows without a number there (failed trials) come last.
-- @param rows table[]
-- @param key string
-- @param options? table
-- @return table[] rows
-- @example
-- local rows = { { m = 0.1, map = 0.5 }, { m = 0.2, map = 0.6 } }
-- report.table.ranked(rows, "map")[1].m    --> 0.2
function tables.ranked(rows, key, options)
  local ascending = options and options.ascending
  local list, place = {}, {}
  for i, row in ipairs(rows) do list[i], place[row] = row, i end
  local function value(row)
    local v = row[key]
    if type(v) ~= "number" or v ~= v then return -math.huge end
    return ascending and -v or v
  end
  table.sort(list, function(a, b)
    local x, y = value(a), value(b)
    if x ~= y then return x > y end
    return place[a] < place[b]
  end)
  return list
end

return tables
