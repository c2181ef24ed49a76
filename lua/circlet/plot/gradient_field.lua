--- What a loss asks of one positive and one negative pair, wherever they lie.
--
-- Each field makes a row of three panels over s_n and s_p: |dL/ds_p|, |dL/ds_n| and the way that a
-- step of gradient descent goes.
-- @param fields table list of { title, loss, options }: loss is the name of a pair-wise loss
--   ("circle", "unified", "triplet_hard", ...: circlet.NAME_loss with these options), or a function
--   (s_n, s_p) -> dL/ds_n, dL/ds_p
-- @param options? table
-- @option low? number where the axes begin, from -1; 0 by default. They end at 1
-- @option steps? integer of the grid on each axis, 40
-- @option points? table list of { name, s_n, s_p } to mark
-- @error Raises for a loss that there is not, and where a gradient is not a number.
-- @family plot
-- @source Sun et al., "Circle Loss", CVPR 2020, figure 2
-- @example
-- circlet.plot.gradient_field { { loss = "circle", options = { gamma = 8 } } }    --> ...
local Picture = require "circlet.plot.Picture"
local check = require "circlet.plot.check"
local gnuplot = require "circlet.plot.gnuplot"
local gradient_of = require "circlet.plot.gradient_of"

local ARROWS = 12 -- on each axis

-- The grid of one field: rows of s_n, s_p, |dL/ds_p|, |dL/ds_n|; arrows; the greatest gradient.
local function grid_of(gradient, low, steps)
  local grid, arrows, top = {}, {}, 0
  local every = math.max(1, steps // ARROWS)
  local length = 0.8 * every * (1 - low) / steps
  for j = 0, steps do
    for i = 0, steps do
      local s_n, s_p = low + (1 - low) * i / steps, low + (1 - low) * j / steps
      local g_n, g_p = gradient(s_n, s_p)
      if g_n ~= g_n or g_p ~= g_p then
        check.fail("gradient_field", "the gradient at s_n %g, s_p %g is not a number", s_n, s_p)
      end
      grid[#grid + 1] = gnuplot.row(s_n, s_p, math.abs(g_p), math.abs(g_n))
      top = math.max(top, math.abs(g_n), math.abs(g_p))
      local norm = math.sqrt(g_n * g_n + g_p * g_p)
      if i % every == every // 2 and j % every == every // 2 and norm > 0 then
        local x, y = -g_n / norm * length, -g_p / norm * length
        arrows[#arrows + 1] = gnuplot.row(s_n - x / 2, s_p - y / 2, x, y, norm)
      end
    end
    grid[#grid + 1] = ""
  end
  return grid, arrows, top
end

local marks_over = ", $marks using 2:3:1 with labels point pointtype 7 pointsize 0.7 "
  .. "linecolor '#ffffff' textcolor '#ffffff' offset 1,0.6 notitle"

-- A panel with its title; what is marked lies over it.
local function panel(title, drawn, marked)
  return ("set title %s\nplot %s%s"):format(gnuplot.quote(title), drawn,
    marked and marks_over or "")
end

local function panels_of(k, name, top, marked)
  local arrows = (", $arrows%d using 1:2:3:4 with vectors head size 0.02,20 linecolor '#ffffff' "
    .. "notitle"):format(k)
  return table.concat({ gnuplot.range("cb", 0, top > 0 and top or 1),
    panel(name .. ": |dL/ds_p|", ("$grid%d using 1:2:3 with image notitle"):format(k), marked),
    panel(name .. ": |dL/ds_n|", ("$grid%d using 1:2:4 with image notitle"):format(k), marked),
    panel("descent", ("$grid%d using 1:2:(sqrt($3**2+$4**2)) with image notitle"):format(k)
      .. (top > 0 and arrows or "")),
  }, "\n")
end

return function(fields, options)
  options = check.options("gradient_field", options, { "low", "steps", "points" })
  local low = check.number("gradient_field", "low", options.low, 0)
  local steps = check.whole("gradient_field", "steps", options.steps, 40, 2)
  if type(fields) ~= "table" or not (low >= -1 and low < 1) then
    check.fail("gradient_field", "a list of fields, and low from -1 to below 1, expected")
  end
  local blocks, panels, arrow_panels, marks = {}, {}, {}, {}
  for i, point in ipairs(options.points or {}) do
    marks[i] = gnuplot.row(point[1], point[2], point[3])
  end
  if #marks > 0 then blocks[1] = gnuplot.block("marks", marks) end
  for k, field in ipairs(fields) do
    local gradient = type(field.loss) == "function" and field.loss
      or gradient_of(field.loss, field.options)
    local grid, arrows, top = grid_of(gradient, low, steps)
    local name = field.title or tostring(field.loss)
    blocks[#blocks + 1] = gnuplot.block("grid" .. k, grid)
    blocks[#blocks + 1] = gnuplot.block("arrows" .. k, arrows)
    panels[k] = panels_of(k, name, top, #marks > 0)
    arrow_panels[k] = panel(name .. ": descent", ("$arrows%d using 1:2:3:4 with vectors"):format(k))
  end
  local frame = table.concat({ "unset key\nunset grid\nset size ratio 1",
    "set xlabel 's_n'\nset ylabel 's_p'", gnuplot.range("x", low, 1), gnuplot.range("y", low, 1),
  }, "\n")
  local function layout(columns)
    return ("\nset multiplot layout %d,%d%s\n"):format(#fields, columns,
      options.title and " title " .. gnuplot.quote(options.title) or "")
  end
  return Picture.new {
    data = table.concat(blocks, "\n"), empty = #fields == 0 and "no loss to draw" or nil,
    rows = 24 * #fields,
    width = options.width or 1080, height = options.height or 40 + 330 * #fields,
    commands = frame .. layout(3) .. table.concat(panels, "\n") .. "\nunset multiplot",
    characters = frame .. "\nset size noratio" .. layout(1)
      .. table.concat(arrow_panels, "\n") .. "\nunset multiplot",
  }
end
