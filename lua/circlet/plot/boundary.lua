--- Pairs in the plane of s_n and s_p with the decision boundary of a loss.
--
-- The circle is where the logits of Circle Loss add up to 0: s_n^2 + (s_p - 1)^2 = 2 m^2, and
-- s_p = 1 - m where s_n < -m, as alpha_n is 0 there. Pairs beyond it, at its upper left, cost
-- little. Marked are the optimum, (0, 1), and (m, 1-m), where the two gradients agree.
-- @param sets table list of { title, s_n, s_p, colour }, s_n and s_p lists or tensors of as many
--   numbers
-- @param options? table
-- @option m? number the margin, from 0; 0.25 by default
-- @option shape? string "circle", or "line": s_p - s_n = m, the boundary of AM-Softmax, of triplet
--   and unified losses
-- @option most? integer points of a set that are drawn, evenly taken; 20000
-- @option low? number where both axes begin; by default 0, or below it the least of the numbers
-- @family plot
-- @source Sun et al., "Circle Loss", CVPR 2020, section 3.2 and figure 5
-- @example
-- circlet.plot.boundary { { title = "pairs", s_n = { 0.2, 0.6 }, s_p = { 0.9, 0.5 } } }    --> ...
local Picture = require "circlet.plot.Picture"
local check = require "circlet.plot.check"
local gnuplot = require "circlet.plot.gnuplot"

local STEPS = 120

-- The boundary from the left edge to the upper one.
local function circle(m, low)
  local rows, radius = {}, math.sqrt(2) * m
  if low < -m then rows[1] = gnuplot.row(low, 1 - m) end
  for i = 0, STEPS do
    local angle = -math.pi / 4 + (math.pi / 4 + math.pi / 2) * i / STEPS
    -- From (-m, 1-m), an eighth before the lowest point, to (radius, 1).
    rows[#rows + 1] = gnuplot.row(radius * math.sin(angle), 1 - radius * math.cos(angle))
  end
  return rows
end

local function line(m, low)
  return { gnuplot.row(low, low + m), gnuplot.row(1 - m, 1) }
end

local function points_of(set, k, most, low)
  local s_n = check.numbers("boundary", "s_n", set.s_n)
  local s_p = check.numbers("boundary", "s_p", set.s_p)
  if #s_n ~= #s_p then
    check.fail("boundary", "set %d has %d numbers in s_n and %d in s_p", k, #s_n, #s_p)
  end
  local rows, step = {}, math.max(1, #s_n / most)
  for place = 1, math.min(#s_n, most) do
    local i = math.floor((place - 1) * step) + 1
    if s_n[i] - s_n[i] == 0 and s_p[i] - s_p[i] == 0 then
      rows[#rows + 1] = gnuplot.row(s_n[i], s_p[i])
      low = math.min(low, s_n[i], s_p[i])
    end
  end
  return rows, low
end

return function(sets, options)
  options = check.options("boundary", options, { "m", "shape", "most", "low" })
  local m = check.number("boundary", "m", options.m, 0.25)
  if m < 0 then check.fail("boundary", "m must be 0 or more, got %g", m) end
  local most = check.whole("boundary", "most", options.most, 20000, 1)
  local shape = options.shape or "circle"
  if shape ~= "circle" and shape ~= "line" then
    check.fail("boundary", 'shape must be "circle" or "line", got %s', tostring(shape))
  end
  if type(sets) ~= "table" then
    check.fail("boundary", "a list of sets expected, got %s", type(sets))
  end
  local blocks, curves, low = {}, {}, 0
  for k, set in ipairs(sets) do
    local rows
    rows, low = points_of(set, k, most, low)
    if #rows > 0 then
      blocks[#blocks + 1] = gnuplot.block("set" .. k, rows)
      curves[#curves + 1] = ("$set%d using 1:2 with points pointtype 7 pointsize %s linecolor '%s' "
        .. "title %s"):format(k, #rows > 2000 and 0.25 or 0.5, set.colour or gnuplot.colour(k),
        gnuplot.quote(set.title or ""))
    end
  end
  low = check.number("boundary", "low", options.low, math.max(-1, math.floor(low * 10) / 10))
  blocks[#blocks + 1] = gnuplot.block("boundary", shape == "line" and line(m, low)
    or circle(m, low))
  blocks[#blocks + 1] = gnuplot.block("marks", { gnuplot.row(0, 1), gnuplot.row(m, 1 - m) })
  local empty = #curves == 0 and "no pair to draw" or nil
  curves[#curves + 1] = "$boundary using 1:2 with lines linewidth 2 linecolor '#000000' "
    .. "title 'boundary'"
  if shape == "circle" then
    curves[#curves + 1] = "$marks using 1:2 with points pointtype 2 pointsize 1.2 linewidth 2 "
      .. "linecolor '#d55e00' notitle"
  end
  return Picture.new {
    data = table.concat(blocks, "\n"), empty = empty,
    width = options.width or 560, height = options.height or 580,
    commands = table.concat({
      gnuplot.labels { title = options.title, x_label = "s_n", y_label = "s_p" },
      gnuplot.range("x", low, 1), gnuplot.range("y", low, 1), "set size ratio 1\nset key above",
      "plot " .. table.concat(curves, ", \\\n  ") }, "\n"),
  }
end
