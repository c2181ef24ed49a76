--- A heat map: a cell for each pair of values of two parameters, with its number in it.
--
-- Rows of y are of equal height.
-- @param options table
-- @option x number[] sorted
-- @option y number[] sorted
-- @option value fun(x:number,y:number):number? nil or NaN for an empty cell
-- @option log_x? boolean the x axis is log2
-- @option format? string of the numbers, "%.3f"
-- @option x_label? string and y_label, value_label
-- @family plot
-- @example
-- circlet.plot.heat_map { x = { 16, 64 }, y = { 0, 0.25 }, value = math.max }    --> ...
local Picture = require "circlet.plot.Picture"
local check = require "circlet.plot.check"
local gnuplot = require "circlet.plot.gnuplot"
local text = require "circlet.report.text"

-- Left and right edge of each cell: half way between neighbours.
local function edges(centres)
  local list = {}
  for i, x in ipairs(centres) do
    local below, above = centres[i - 1], centres[i + 1]
    local left = below and (x - below) / 2 or above and (above - x) / 2 or 0.5
    local right = above and (above - x) / 2 or left
    list[i] = { x - left, x + right }
  end
  return list
end

-- The cells that have a value, { column, row, value }, and the least and greatest value.
local function cells_of(x, y, value_of)
  local cells, low, high = {}, math.huge, -math.huge
  for j, b in ipairs(y) do
    for i, a in ipairs(x) do
      local value = value_of(a, b)
      if value and value - value == 0 then
        low, high = math.min(low, value), math.max(high, value)
        cells[#cells + 1] = { at = i, row = j, value = value }
      end
    end
  end
  return cells, low, high
end

return function(options)
  options = check.options("heat_map", options, { "x", "y", "value", "log_x", "format", "x_label",
    "y_label", "value_label" })
  local x = check.numbers("heat_map", "x", options.x)
  local y = check.numbers("heat_map", "y", options.y)
  if type(options.value) ~= "function" then
    check.fail("heat_map", "value must be a function, got %s", type(options.value))
  end
  local cells, low, high = cells_of(x, y, options.value)
  local size = { width = options.width, height = options.height }
  if #cells == 0 then
    size.empty = "no value to draw"
    return Picture.new(size)
  end
  local centres, x_tics, y_tics, rows = {}, {}, {}, {}
  for i, a in ipairs(x) do
    centres[i] = options.log_x and math.log(a, 2) or a
    x_tics[i] = { text.number(a), centres[i] }
  end
  for j, b in ipairs(y) do y_tics[j] = { text.number(b), j } end
  local span = edges(centres)
  for k, cell in ipairs(cells) do
    -- The upper end of the palette is light: dark digits there, light ones below.
    local light = high > low and (cell.value - low) / (high - low) > 0.6
    rows[k] = gnuplot.row(centres[cell.at], cell.row, span[cell.at][1], span[cell.at][2],
      cell.row - 0.5, cell.row + 0.5, cell.value) .. (light and " 0x000000" or " 0xffffff")
  end
  if high == low then high = low + math.max(1e-9, 1e-6 * math.abs(low)) end
  local frame = table.concat({ gnuplot.labels(options),
    gnuplot.range("cb", low, high), gnuplot.tics("x", x_tics), gnuplot.tics("y", y_tics),
    "set xtics out nomirror\nset ytics out nomirror\nunset key\nunset grid",
    gnuplot.range("x", span[1][1], span[#span][2]), gnuplot.range("y", 0.5, #y + 0.5),
  }, "\n")
  local function numbers(column, colour)
    return ("$cells using 1:2:(sprintf(%s, column(7)))%s with labels%s"):format(
      gnuplot.quote(options.format or "%.3f"), column, colour)
  end
  size.data = gnuplot.block("cells", rows)
  size.commands = frame .. "\nplot $cells using 1:2:3:4:5:6:7 with boxxyerror fillstyle solid "
    .. "noborder lc palette, \\\n  " .. numbers(":8", " textcolor rgb variable")
  size.characters = frame .. "\nplot " .. numbers("", "")
  return Picture.new(size)
end
