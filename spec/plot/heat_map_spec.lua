local plot = require("circlet").plot
local raises = require("spec.support").raises
local support = require "spec.plot.support"

local function map(value, more)
  local options = { x = { 4, 8, 16 }, y = { 0, 0.25 }, log_x = true, value = value,
    title = "it's a 'map'", x_label = "gamma", y_label = "m", value_label = "MAP@R", width = 300,
    height = 200 }
  for name, one in pairs(more or {}) do options[name] = one end
  return plot.heat_map(options)
end

describe("plot.heat_map", function()
  it("draws a cell with its number for each value, dark on light and light on dark", function()
    local p = map(function(x, y)
      if x ~= 16 or y ~= 0 then return x / 128 + y end
    end)
    local rows = support.rows(p, "cells")
    assert.equal(5, #rows)
    -- The x positions are log2 of gamma, the edges half way between them.
    assert.same({ 2, 1, 1.5, 2.5, 0.5, 1.5, 4 / 128, 0xffffff }, rows[1])
    assert.same({ 4, 2, 3.5, 4.5, 1.5, 2.5, 0.375, 0 }, rows[5])
    support.commands(p, "set title 'it''s a ''map'''", "set xtics ('4' 2, '8' 3, '16' 4)",
      "set ytics ('0' 1, '0.25' 2)", "sprintf('%.3f', column(7))", "set cbrange [0.03125:0.375]")
    local text = support.draws(p)
    for _, number in ipairs { "0.031", "0.062", "0.281", "0.312", "0.375" } do
      assert(text == "" or text:find(number, 1, true), text)
    end
    assert.is_nil(text:find("0.125", 1, true))
  end)

  it("draws equal values, and one cell", function()
    support.draws(map(function() return 0.5 end))
    support.draws(map(function() return 1e9 end, { x = { 4 }, y = { 1 }, format = "%.0f" }))
  end)

  it("leaves cells without a number empty, and has nothing to draw without any", function()
    local p = map(function(x) return x == 4 and 1 or 0 / 0 end)
    assert.equal(2, #support.rows(p, "cells"))
    for _, empty in ipairs { map(function() end), map(function() return 0 / 0 end),
                             map(function() return 1 end, { x = {} }) } do
      assert.equal("no value to draw", empty.empty)
    end
  end)

  it("refuses what does not fit", function()
    raises("value must be a function, got nil", plot.heat_map, { x = { 1 }, y = { 1 } })
    raises("x must be a list of numbers or a tensor, got nil", plot.heat_map, { value = print })
    raises("there is no option z", plot.heat_map, { z = 1 })
  end)
end)

describe("plot.contour", function()
  local function contour(more)
    local options = { x = { 16, 64, 16, 64, 32 }, y = { 0, 0, 1, 1, 0.5 },
      value = { 1, 2, 3, 4, 2.5 }, log_x = true, x_label = "gamma" }
    for name, value in pairs(more or {}) do options[name] = value end
    return plot.contour(options)
  end

  it("passes near the points and stays between their values", function()
    local p = contour()
    assert.same({ { 4, 0, 1 }, { 6, 0, 2 }, { 4, 1, 3 }, { 6, 1, 4 }, { 5, 0.5, 2.5 } },
      support.rows(p, "points"))
    local rows = support.rows(p, "grid")
    assert.equal(61 * 61, #rows)
    for _, row in ipairs(rows) do assert(row[3] >= 1 and row[3] <= 4) end
    -- At a point, its weight 1e-4^-1.5 = 1e6 is all but the others' 1 each or less.
    assert.same({ 4, 0 }, { rows[1][1], rows[1][2] })
    assert.near(1, rows[1][3], 3 * 4 / 1e6)
    assert.near(4, rows[#rows][3], 3 * 4 / 1e6)
    support.commands(p, "set xtics ('16' 4, '32' 5, '64' 6)", "set cntrparam levels 12")
    support.draws(p)
  end)

  it("leaves out points without a value, and draws in the range that was asked for", function()
    local p = contour { value = { 1, 2, 3, 4, 0 / 0 }, x_range = { 4, 1024 }, y_range = { -1, nil },
      levels = 3 }
    assert.equal(4, #support.rows(p, "points"))
    support.commands(p, "set xrange [2:10", "set yrange [-1:1]", "levels 3")
  end)

  it("needs four points that differ in both parameters", function()
    for _, more in ipairs { { x = { 1, 2, 3 }, y = { 1, 2, 3 }, value = { 1, 2, 3 } },
                            { x = { 16, 16, 16, 16, 16 } }, { x = { -1, 0, 16, 64, 0 } } } do
      local p = contour(more)
      assert(p.empty:find("four points", 1, true))
    end
    raises("x has 5 numbers and value 1", contour, { value = { 1 } })
    raises("levels must be a whole number from 1 up, got 0", contour, { levels = 0 })
  end)
end)
