local circlet = require "circlet"
local plot = circlet.plot
local raises = require("spec.support").raises
local support = require "spec.plot.support"

describe("plot.lines", function()
  it("draws each series over its own x, with its title and on its scale", function()
    local p = plot.lines({ { title = "loss", x = { 1, 2, 4 }, y = { 3.5, 2, 0.1 } },
                           { title = "it's", x = circlet.LongTensor { 1, 4 },
                             y = circlet.FloatTensor { 0.25, 0.5 }, axis = 2, style = "-" } },
      { title = "a run", x_label = "epoch", y2_label = "MAP@R" })
    assert.same({ { 1, 3.5 }, { 2, 2 }, { 4, 0.1 } }, support.rows(p, "series1"))
    assert.same({ { 1, 0.25 }, { 4, 0.5 } }, support.rows(p, "series2"))
    support.commands(p, "set title 'a run'", "set xlabel 'epoch'", "set y2label 'MAP@R'",
      "axes x1y1 with linespoints", "axes x1y2 with lines", "title 'it''s'", "set y2tics")
    local text = support.draws(p)
    assert(text == "" or text:find("a run", 1, true))
  end)

  it("leaves gaps for what is no number, and series of nothing out", function()
    local p = plot.lines { { x = { 1, 2, 3, 4 }, y = { 1, 0 / 0, 1 / 0, 2 } },
                           { x = { 1 }, y = { 0 / 0 } }, { x = {}, y = {} } }
    assert.same({ { 1, 1 }, { 2, "NaN" }, { 3, "NaN" }, { 4, 2 } }, support.rows(p, "series1"))
    assert.is_nil(support.rows(p, "series2"))
    assert.is_nil(p.commands:find("$series3", 1, true))
    support.draws(p)
  end)

  it("has logarithmic axes, ranges, and dashes where colours begin anew", function()
    local series = {}
    for k = 1, 9 do series[k] = { x = { 1, 8 }, y = { 10, 10 ^ k } } end
    local p = plot.lines(series, { log_x = true, log_y = true, x_range = { 1, nil }, x_step = 2,
      y_range = { nil, 1e9 } })
    support.commands(p, "set logscale x 2", "set logscale y 10", "set xrange [1:*]",
      "set yrange [*:1000000000", "set xtics 2", "dashtype 2 title ''")
    assert.equal(1, select(2, p.commands:gsub("dashtype", "")))
    support.commands(plot.lines(series, { log_x = 10 }), "set logscale x 10")
    support.draws(p)
  end)

  it("has nothing to draw without a number", function()
    for _, series in ipairs { {}, { { x = {}, y = {} } }, { { x = { 1 }, y = { 0 / 0 } } } } do
      local paths, message, code = plot.lines(series):save "/no/where"
      assert.is_nil(paths)
      assert.equal("plot: no value to draw", message)
      assert.equal("format", code)
    end
  end)

  it("refuses what does not fit", function()
    raises("plot.lines: a list of series expected, got number", plot.lines, 3)
    raises("series 1 has 2 numbers in x and 1 in y", plot.lines, { { x = { 1, 2 }, y = { 1 } } })
    raises("y must be a list of numbers or a tensor, got nil", plot.lines, { { x = { 1 } } })
    raises("x must hold numbers, number 2 is string", plot.lines, { { x = { 1, "2" }, y = { 1 } } })
    raises("there is no option colour", plot.lines, {}, { colour = 1 })
    raises("options must be a table, got string", plot.lines, {}, "title")
  end)

  it("names the place where the user called it", function()
    local _, message = pcall(function() plot.lines(3) end)
    assert(message:find("lines_spec.lua", 1, true), message)
  end)
end)

describe("plot.training", function()
  local history = { { epoch = "untrained", recall_at_1 = 0.3 },
    { epoch = 1, loss = 9, recall_at_1 = 0.4, map_at_r = 0.2, seconds = 0.5, s_n = -0.1 },
    { epoch = 2, loss = 7, recall_at_1 = 0.6, map_at_r = 0.3, seconds = 0.5, s_n = 0.1 } }

  it("draws the loss on the left and shares on the right, without baselines", function()
    local p = plot.training(history, { title = "gamma 64" })
    assert.same({ { 1, 9 }, { 2, 7 } }, support.rows(p, "series1"))
    assert.same({ { 1, 0.2 }, { 2, 0.3 } }, support.rows(p, "series2"))
    assert.same({ { 1, 0.4 }, { 2, 0.6 } }, support.rows(p, "series3"))
    assert.is_nil(support.rows(p, "series4")) -- neither seconds nor s_n, which is no share
    support.commands(p, "title 'loss'", "title 'MAP@R'", "title 'R@1'", "set xlabel 'epoch'",
      "set xtics 1", "set title 'gamma 64'")
    support.draws(p)
  end)

  it("draws what it is told to", function()
    local rows = { { step = 10, loss = 3, s_p = 0.5 }, { step = 20, loss = 2, s_p = 0.7 } }
    local p = plot.training(rows, {
      left = { "s_p" }, right = { "loss" }, titles = { s_p = "positives" }, log_y = true,
    })
    support.commands(p, "pointsize 0.6 linecolor '#0072b2' title 'positives'", "axes x1y1",
      "set xlabel 'step'", "set logscale y")
    assert.same({ { 10, 3 }, { 20, 2 } }, support.rows(p, "series2"))
  end)

  it("has nothing to draw without rows, and refuses what are none", function()
    assert.equal("no value to draw", plot.training({}).empty)
    assert.equal("no value to draw", plot.training({ { epoch = "untrained" } }).empty)
    raises("a list of tables expected, got nil", plot.training)
    raises("row 1 must be a table, got number", plot.training, { 3 })
  end)
end)

describe("plot.live", function()
  it("draws while rows come, no more often than it may, and the rest at the end", function()
    if not support.has_gnuplot then return pending "gnuplot is not installed" end
    local folder, remove = support.folder()
    finally(remove)
    local shown = {}
    local live = plot.live { path = folder .. "/curves.svg", show = true, every = 1000,
      title = "a run", write = function(s) shown[#shown + 1] = s end }
    for epoch = 1, 3 do
      assert(live:add { epoch = epoch, loss = 10 / epoch, map_at_r = epoch / 10 })
    end
    assert.equal(1, #shown)
    local first = require("circlet.report.files").read(folder .. "/curves.svg")
    assert(live:close())
    assert(live:close())
    assert.equal(2, #shown)
    assert(shown[1]:find("a run", 1, true))
    -- The second picture goes over the lines of the first.
    local up = tonumber(shown[2]:match "^\27%[(%d+)A\27%[J")
    assert.equal(select(2, shown[1]:gsub("\n", "")), up)
    assert.not_equal(first, require("circlet.report.files").read(folder .. "/curves.svg"))
    assert.equal(3, #live.history)
  end)

  it("goes on with the rows of a run that is resumed", function()
    if not support.has_gnuplot then return pending "gnuplot is not installed" end
    local folder, remove = support.folder()
    finally(remove)
    local before = { { epoch = "untrained" }, { epoch = 1, loss = 4 }, { epoch = 2, loss = 3 } }
    local live = plot.live { path = folder .. "/a", history = before }
    assert(live:close())
    local script = require("circlet.report.files").read(folder .. "/a.gp")
    assert(script:find("\n1 4\n2 3\n", 1, true))
    assert.equal(3, #before)
  end)

  it("keeps rows that could not be drawn, and says why", function()
    local live = plot.live { path = "/no/such/folder/a.svg", every = 0 }
    local ok, message, code = live:add { epoch = 1, loss = 2 }
    assert.is_nil(ok)
    assert.is_string(message)
    assert.equal("io", code)
    assert.equal(1, #live.history)
  end)

  it("refuses what does not fit when it is made", function()
    raises("options with a path, or with show = true, expected", plot.live, {})
    raises("there is no option colour", plot.live, { show = true, colour = 1 })
    raises("not as .gif", plot.live, { path = "a.gif" })
    raises("every must be a number", plot.live, { show = true, every = "often" })
    raises("add needs a table of numbers, got number", function()
      plot.live({ path = "a.svg" }):add(3)
    end)
  end)
end)
