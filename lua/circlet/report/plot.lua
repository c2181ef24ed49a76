--- Pictures through gnuplot: heat maps and lines, as PNG and SVG.
--
-- Each picture leaves the script that drew it beside the image (data included), so that a figure
-- can be restyled and drawn again with `gnuplot NAME.gp`. Images appear whole or not at all.
local files = require "circlet.report.files"
local shell = require "circlet.report.shell"
local text = require "circlet.report.text"

local plot = {}

-- Perceptually even and readable in grey: dark violet, blue, green, yellow.
local palette = [[set palette defined (0 "#440154", 1 "#414487", 2 "#2a788e", 3 "#22a884", \
  4 "#7ad151", 5 "#fde725")]]

local function quote(s) return "'" .. tostring(s):gsub("[\r\n]", " "):gsub("'", "''") .. "'" end

local function numeral(x) return (text.number(x):gsub("^%-?inf$", "NaN")) end

local terminals = {
  png = "set terminal pngcairo noenhanced size %d,%d font 'DejaVu Sans,11'",
  svg = "set terminal svg noenhanced size %d,%d font 'DejaVu Sans,13' background 'white'",
}

plot.palette, plot.quote, plot.numeral = palette, quote, numeral

--- Runs drawing commands once per image: base.png, base.svg. body: data (named blocks) and
-- commands, the script without terminal and output. options: width, height (pixels). Returns the
-- two paths, or nil, message, "io" when gnuplot is missing or fails.
function plot.draw(base, body, options)
  if not shell.has("gnuplot") then
    return nil, "gnuplot is not installed, so no picture is drawn (Debian: gnuplot-nox)", "io"
  end
  local width, height = options.width or 900, options.height or 420
  local name = base:match("[^/]*$")
  local script = { ("# Drawn by circlet. To draw it again: gnuplot %s.gp"):format(name), body.data }
  local images = {}
  local ready = { body.data }
  for _, kind in ipairs { "png", "svg" } do
    local set_terminal = terminals[kind]:format(width, height)
    images[kind] = base .. "." .. kind
    for list, path in pairs { [script] = name .. "." .. kind, [ready] = images[kind] .. ".tmp" } do
      list[#list + 1] = set_terminal .. "\nset output " .. quote(path) .. "\n" .. body.commands
        .. "\nunset output"
    end
  end
  local job = base .. ".gp.tmp"
  local ok, message, code = files.write(job, table.concat(ready, "\n") .. "\n")
  if not ok then return nil, message, code end
  ok, message = shell.run { "gnuplot", job }
  os.remove(job)
  for _, image in pairs(images) do
    if ok then
      ok, message = os.rename(image .. ".tmp", image)
    else
      os.remove(image .. ".tmp")
    end
  end
  if not ok then return nil, "gnuplot failed: " .. tostring(message), "io" end
  ok, message, code = files.write(base .. ".gp", table.concat(script, "\n") .. "\n")
  if not ok then return nil, message, code end
  return { images.png, images.svg }
end

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

--- A heat map of options.value(x, y) (nil leaves the cell empty) over sorted lists options.x and
-- options.y of numbers, written to base.png and base.svg. The x axis is log2 when options.log_x is
-- set; rows of y are of equal height. Each cell shows its value by options.format ("%.3f").
-- Options: title, x_label, y_label, value_label, width, height (pixels).
-- Returns the two paths, or nil, message, "io" when gnuplot is missing or fails.
function plot.heat_map(base, options)
  local centres, x_tics, y_tics, cells = {}, {}, {}, {}
  for i, x in ipairs(options.x) do
    centres[i] = options.log_x and math.log(x, 2) or x
    x_tics[i] = ("%s %s"):format(quote(text.number(x)), numeral(centres[i]))
  end
  local low, high = math.huge, -math.huge
  for j, y in ipairs(options.y) do
    y_tics[j] = ("%s %d"):format(quote(text.number(y)), j)
    for i, x in ipairs(options.x) do
      local value = options.value(x, y)
      if value and value == value then
        low, high = math.min(low, value), math.max(high, value)
        cells[#cells + 1] = { at = i, row = j, value = value }
      end
    end
  end
  if #cells == 0 then return nil, "plot: no value to draw", "format" end
  local span = edges(centres)
  local rows = {}
  for k, cell in ipairs(cells) do
    -- The upper end of the palette is light: dark digits there, light ones below.
    local light = high > low and (cell.value - low) / (high - low) > 0.6
    rows[k] = ("%s %d %s %s %s %s %s %s"):format(numeral(centres[cell.at]), cell.row,
      numeral(span[cell.at][1]), numeral(span[cell.at][2]), numeral(cell.row - 0.5),
      numeral(cell.row + 0.5), numeral(cell.value), light and "0x000000" or "0xffffff")
  end
  if high == low then high = low + 1e-9 end
  local format = options.format or "%.3f"
  return plot.draw(base, {
    data = "$cells << EOD\n" .. table.concat(rows, "\n") .. "\nEOD",
    commands = table.concat({
      "set encoding utf8",
      palette,
      "set title " .. quote(options.title or ""),
      "set xlabel " .. quote(options.x_label or "x"),
      "set ylabel " .. quote(options.y_label or "y"),
      "set cblabel " .. quote(options.value_label or ""),
      ("set cbrange [%s:%s]"):format(numeral(low), numeral(high)),
      "set xtics out nomirror (" .. table.concat(x_tics, ", ") .. ")",
      "set ytics out nomirror (" .. table.concat(y_tics, ", ") .. ")",
      ("set xrange [%s:%s]"):format(numeral(span[1][1]), numeral(span[#span][2])),
      ("set yrange [0.5:%d.5]"):format(#options.y),
      "unset key",
      "plot $cells using 1:2:3:4:5:6:7 with boxxyerror fillstyle solid noborder lc palette, \\",
      ("  $cells using 1:2:(sprintf(%s, column(7))):8 with labels textcolor rgb variable")
        :format(quote(format)),
    }, "\n"),
  }, options)
end

-- Torch7's marks for lines and points, as gnuplot says them.
local function drawn(style)
  local line, point = (style or "+-"):find("-", 1, true), (style or "+-"):find "[^-]"
  if line and point then return "linespoints linewidth 2 pointtype 7 pointsize 0.6" end
  return line and "lines linewidth 2" or "points pointtype 7 pointsize 0.6"
end

--- Lines, written to base.png and base.svg. options.series is a list of { title =, x = list, y =
-- list, axis = 1 or 2, style = "-", "+" or "+-" }; axis 2 is the right-hand scale. Options: title,
-- x_label, y_label, y2_label, x_step (between the tics of x), log_x (base 2), log_y (base 10),
-- width, height. Returns as heat_map does.
function plot.lines(base, options)
  local blocks, curves, second = {}, {}, false
  for k, series in ipairs(options.series) do
    local rows = {}
    for i, x in ipairs(series.x) do rows[i] = numeral(x) .. " " .. numeral(series.y[i]) end
    if #rows == 0 then return nil, "plot: no value to draw", "format" end
    blocks[k] = ("$series%d << EOD\n%s\nEOD"):format(k, table.concat(rows, "\n"))
    second = second or series.axis == 2
    -- gnuplot has eight colours: lines beyond them are dashed.
    curves[k] = ("$series%d using 1:2 axes x1y%d with %s%s title %s"):format(k, series.axis or 1,
      drawn(series.style), k > 8 and " dashtype 2" or "", quote(series.title or ""))
  end
  return plot.draw(base, {
    data = table.concat(blocks, "\n"),
    commands = table.concat({
      "set encoding utf8",
      "set title " .. quote(options.title or ""),
      "set xlabel " .. quote(options.x_label or ""),
      "set ylabel " .. quote(options.y_label or ""),
      second and "set ytics nomirror\nset y2tics" or "",
      second and "set y2label " .. quote(options.y2_label or "") or "",
      "set grid linecolor '#dddddd'",
      "set key above",
      options.x_step and "set xtics " .. numeral(options.x_step) or "",
      options.log_x and "set logscale x 2" or "",
      options.log_y and "set logscale y 10" or "",
      "plot " .. table.concat(curves, ", \\\n  "),
    }, "\n"),
  }, options)
end

return plot
