--- Contours of a quantity over two parameters, as a sweep leaves them: points that lie anywhere.
--
-- Between the points stands their mean with weights 1 / distance^3 (Shepard's interpolation; both
-- axes scaled to 0..1), which never goes beyond their values. Points without a value are left out.
-- A picture of fewer than four points, or of points that have the same x or the same y, is empty.
-- @param options table
-- @option x number[] or a tensor; and y, value, of as many numbers
-- @option log_x? boolean the axis is log2; and log_y
-- @option levels? integer 12
-- @option x_range? table { low, high }, by default those of the points; and y_range
-- @option x_label? string and y_label, value_label
-- @family plot
-- @source Shepard, "A two-dimensional interpolation function for irregularly-spaced data", 1968
-- @example
-- local x, y = { 1, 2, 1, 2 }, { 1, 1, 2, 2 }
-- circlet.plot.contour { x = x, y = y, value = { 1, 2, 2, 3 } }        --> ...
local Picture = require "circlet.plot.Picture"
local check = require "circlet.plot.check"
local gnuplot = require "circlet.plot.gnuplot"

local GRID = 60 -- steps on each axis

local function limits(list, range)
  local low, high = math.huge, -math.huge
  for _, x in ipairs(list) do low, high = math.min(low, x), math.max(high, x) end
  return range and range[1] or low, range and range[2] or high
end

-- The values on the grid, as lines of data: a block of lines for each row.
local function interpolate(points, low_x, high_x, low_y, high_y)
  local grid = {}
  for j = 0, GRID do
    for i = 0, GRID do
      local sum, weight = 0, 0
      for _, p in ipairs(points) do
        local dx = (p[1] - low_x) / (high_x - low_x) - i / GRID
        local dy = (p[2] - low_y) / (high_y - low_y) - j / GRID
        local w = (dx * dx + dy * dy + 1e-4) ^ -1.5
        sum, weight = sum + w * p[3], weight + w
      end
      grid[#grid + 1] = gnuplot.row(low_x + (high_x - low_x) * i / GRID,
        low_y + (high_y - low_y) * j / GRID, sum / weight)
    end
    grid[#grid + 1] = ""
  end
  return grid
end

-- The points that can be drawn, with logarithms where the axes have them.
local function points_of(options)
  local lists = {}
  for i, name in ipairs { "x", "y", "value" } do
    lists[i] = check.numbers("contour", name, options[name])
    if #lists[i] ~= #lists[1] then
      check.fail("contour", "x has %d numbers and %s %d", #lists[1], name, #lists[i])
    end
  end
  local points, xs, ys = {}, {}, {}
  for i, x in ipairs(lists[1]) do
    local y, value = lists[2][i], lists[3][i]
    if options.log_x then x = x > 0 and math.log(x, 2) or 0 / 0 end
    if options.log_y then y = y > 0 and math.log(y, 2) or 0 / 0 end
    if x - x == 0 and y - y == 0 and value - value == 0 then
      points[#points + 1] = { x, y, value }
      xs[#points], ys[#points] = x, y
    end
  end
  return points, xs, ys
end

local function axis(name, log, low, high)
  return (log and gnuplot.log_tics(name, low, high) or ("set %stics autofreq"):format(name))
    .. "\n" .. gnuplot.range(name, low, high)
end

local function log_range(range, log)
  if not range or not log then return range end
  return { range[1] and math.log(range[1], 2), range[2] and math.log(range[2], 2) }
end

return function(options)
  options = check.options("contour", options, { "x", "y", "value", "log_x", "log_y", "levels",
    "x_range", "y_range", "x_label", "y_label", "value_label" })
  local levels = check.whole("contour", "levels", options.levels, 12, 1)
  local points, xs, ys = points_of(options)
  local low_x, high_x = limits(xs, log_range(options.x_range, options.log_x))
  local low_y, high_y = limits(ys, log_range(options.y_range, options.log_y))
  local body = { width = options.width, height = options.height or 500 }
  if #points < 4 or not (low_x < high_x and low_y < high_y) then
    body.empty = "four points or more that differ in both parameters are needed for contours"
    return Picture.new(body)
  end
  local rows = {}
  for i, p in ipairs(points) do rows[i] = gnuplot.row(p[1], p[2], p[3]) end
  local frame = table.concat({ "unset key",
    "set contour base\nset cntrparam levels " .. levels .. "\nunset surface",
    "set table $lines\nsplot $grid\nunset table", axis("x", options.log_x, low_x, high_x),
    axis("y", options.log_y, low_y, high_y), gnuplot.labels(options) }, "\n")
  body.data = gnuplot.block("grid", interpolate(points, low_x, high_x, low_y, high_y)) .. "\n"
    .. gnuplot.block("points", rows)
  body.commands = frame .. "\nplot $grid using 1:2:3 with image, "
    .. "$lines using 1:2 with lines linecolor '#ffffff', \\\n"
    .. "  $points using 1:2 with points pointtype 7 pointsize 0.9 linecolor '#d55e00'"
  body.characters = frame .. "\nplot $lines using 1:2 with lines, $points using 1:2:3 with labels"
  return Picture.new(body)
end
