local files = require "circlet.report.files"
local plot = require "circlet.report.plot"
local shell = require "circlet.report.shell"

local folder

local function map(value)
  return plot.heat_map(folder .. "/map", {
    x = { 4, 8, 16 }, y = { 0, 0.25 }, log_x = true, value = value, title = "it's a 'map'",
    x_label = "gamma", y_label = "m", value_label = "MAP@R", width = 300, height = 200,
  })
end

describe("plot", function()
  before_each(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(files.make_folder(folder))
  end)
  after_each(function() os.execute("rm -rf " .. shell.quote(folder)) end)

  it("draws a heat map with one labelled cell per value", function()
    if not shell.has("gnuplot") then return pending("gnuplot is not installed") end
    local images = assert(map(function(x, y)
      if x ~= 16 or y ~= 0 then return x / 100 + y end
    end))
    assert.same({ folder .. "/map.png", folder .. "/map.svg" }, images)
    assert.equal("\137PNG\r\n\26\n", files.read(images[1]):sub(1, 8))
    local svg = files.read(images[2])
    for _, label in ipairs { "0.040", "0.080", "0.290", "0.330", "0.410", "it's a 'map'",
                             "gamma" } do
      assert.truthy(svg:gsub("&#39;", "'"):find(label, 1, true), "the picture lacks " .. label)
    end
    assert.falsy(svg:find(">%s*0%.160%s*<")) -- the cell without a value
    -- Five cells, the x positions being log2 of gamma.
    local script = files.read(folder .. "/map.gp")
    assert.truthy(script:find("\n2 1 1.5 2.5 0.5 1.5 0.04 ", 1, true), script)
    assert.truthy(script:find("\n4 2 3.5 4.5 1.5 2.5 0.41", 1, true), script)
    assert.equal(nil, files.kind(folder .. "/map.gp.tmp"))
  end)

  it("leaves a script that draws the same picture again", function()
    if not shell.has("gnuplot") then return pending("gnuplot is not installed") end
    assert(map(function(x) return x end))
    local before = files.read(folder .. "/map.svg")
    os.remove(folder .. "/map.svg")
    assert.is_true(os.execute("cd " .. shell.quote(folder) .. " && gnuplot map.gp"))
    assert.equal(before, files.read(folder .. "/map.svg"))
  end)

  it("draws equal values, lines, and a second scale", function()
    if not shell.has("gnuplot") then return pending("gnuplot is not installed") end
    assert(map(function() return 0.5 end))
    assert(plot.lines(folder .. "/lines", {
      title = "run", x_label = "epoch", y_label = "loss", y2_label = "MAP@R", width = 300,
      height = 200, series = { { title = "loss", x = { 1, 2 }, y = { 3.5, 2 } },
                               { title = "MAP@R", x = { 1, 2 }, y = { 0.25, 0.5 }, axis = 2 } },
    }))
    assert.truthy(files.read(folder .. "/lines.svg"):find("epoch", 1, true))
  end)

  it("returns nil and a reason when it cannot draw", function()
    local images, message = map(function() end)
    assert.is_nil(images)
    assert.equal("plot: no value to draw", message)
    local has, run = shell.has, shell.run
    finally(function() shell.has, shell.run = has, run end)
    shell.has = function() return true end
    shell.run = function() return nil, "line 3: syntax error" end
    images, message = map(function() return 1 end)
    assert.is_nil(images)
    assert.equal("gnuplot failed: line 3: syntax error", message)
    assert.is_nil(files.kind(folder .. "/map.gp.tmp"))
    shell.has = function() return false end
    images, message = map(function() return 1 end)
    assert.is_nil(images)
    assert.truthy(message:find("gnuplot is not installed", 1, true))
    assert.is_nil(files.kind(folder .. "/map.png"))
  end)
end)
