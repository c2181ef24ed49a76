--- Lines and points over one x axis.
--
-- @param series table list of { title, x, y, axis, style, dashed, colour }: x and y are lists or
--   tensors of as many numbers; axis 2 is the right-hand scale; style is "-" (line), "+" (points)
--   or "+-" (both, the default); colour is "#rrggbb"
-- @param options? table
-- @option x_label? string and y_label, y2_label
-- @option x_step? number between the tics of x
-- @option log_x? boolean a logarithmic x axis, base 2; a number is the base
-- @option log_y? boolean a logarithmic y axis, base 10
-- @option x_range? table { low, high }, either may be nil; and y_range, y2_range
-- @error Raises for x and y of different lengths.
-- @family plot
-- @example
-- circlet.plot.lines { { title = "loss", x = { 1, 2, 3 }, y = { 9, 4, 2 } } }    --> ...
local Picture = require "circlet.plot.Picture"
local check = require "circlet.plot.check"
local gnuplot = require "circlet.plot.gnuplot"

local known = { "x_label", "y_label", "y2_label", "x_step", "log_x", "log_y", "x_range", "y_range",
                "y2_range" }

-- Torch7's marks for lines and points, as gnuplot says them.
local function drawn(style)
  local line, point = style:find("-", 1, true), style:find "[^-]"
  if line and point then return "linespoints linewidth 2 pointtype 7 pointsize 0.6" end
  return line and "lines linewidth 2" or "points pointtype 7 pointsize 0.6"
end

local function range(axis, limits)
  if not limits then return "" end
  local function word(x) return x and gnuplot.numeral(x) or "*" end
  return ("set %srange [%s:%s]\n"):format(axis, word(limits[1]), word(limits[2]))
end

-- The rows of a series, and how many of them are points that can be drawn.
local function rows_of(series, k)
  local x = check.numbers("lines", "x", series.x)
  local y = check.numbers("lines", "y", series.y)
  if #x ~= #y then
    check.fail("lines", "series %d has %d numbers in x and %d in y", k, #x, #y)
  end
  local rows, count = {}, 0
  for i = 1, #x do
    rows[i] = gnuplot.row(x[i], y[i])
    if x[i] - x[i] == 0 and y[i] - y[i] == 0 then count = count + 1 end
  end
  return rows, count
end

local function commands_of(options, curves, second)
  return table.concat({
    gnuplot.labels(options),
    second and "set ytics nomirror\nset y2tics" or "",
    "set key above",
    options.x_step and "set xtics " .. gnuplot.numeral(options.x_step) or "",
    options.log_x and ("set logscale x %d"):format(options.log_x == true and 2 or options.log_x)
      or "",
    options.log_y and "set logscale y 10" or "",
    range("x", options.x_range) .. range("y", options.y_range) .. range("y2", options.y2_range)
      .. "plot " .. table.concat(curves, ", \\\n  "),
  }, "\n")
end

return function(series, options)
  options = check.options("lines", options, known)
  if type(series) ~= "table" then
    check.fail("lines", "a list of series expected, got %s", type(series))
  end
  local blocks, curves, second, points = {}, {}, false, 0
  for k, one in ipairs(series) do
    local rows, count = rows_of(one, k)
    if count > 0 then
      blocks[#blocks + 1] = gnuplot.block("series" .. k, rows)
      local colour, again = gnuplot.colour(k)
      second, points = second or one.axis == 2, points + count
      curves[#curves + 1] = ("$series%d using 1:2 axes x1y%d with %s linecolor '%s'%s title %s")
        :format(k, one.axis or 1, drawn(one.style or "+-"), one.colour or colour,
          (one.dashed or again) and " dashtype 2" or "", gnuplot.quote(one.title or ""))
    end
  end
  return Picture.new {
    data = table.concat(blocks, "\n"), commands = commands_of(options, curves, second),
    width = options.width, height = options.height,
    empty = points == 0 and "no value to draw" or nil,
  }
end
