-- The scripts of the paper from end to end, on a data set of a few pictures.
local files = require "circlet.report.files"
local tiny = require "spec.train.tiny"
local support = require "spec.plot.support"

local function contains(output, ...)
  for _, text in ipairs { ... } do
    assert(output:find(text, 1, true), ("%q is not in:\n%s"):format(text, output))
  end
end

-- The rows of a CSV file by column.
local function csv(path)
  local rows, columns = {}, nil
  for line in assert(files.read(path)):gmatch "[^\n]+" do
    local fields, rest = {}, line .. ","
    while rest ~= "" do
      local field, after = rest:match '^"(.-)",(.*)$'
      if not field then field, after = rest:match "^(.-),(.*)$" end
      fields[#fields + 1], rest = field, after
    end
    if columns then
      local row = {}
      for i, name in ipairs(columns) do row[name] = tonumber(fields[i]) or fields[i] end
      rows[#rows + 1] = row
    else
      columns = fields
    end
  end
  return rows
end

describe("a script of the paper", function()
  local data, out
  before_each(function() data, out = tiny.write(tiny.path()), tiny.path() end)
  after_each(function()
    tiny.remove(data)
    tiny.remove(out)
  end)

  local function run(script, ...)
    local code, output = tiny.run("paper/" .. script, "--data", data, "--batch", "4x4", "--dim",
      "8", "--threads", "1", ...)
    assert.equal(0, code, output)
    return output
  end

  local function drawn(...)
    if not support.has_gnuplot then return end
    for _, name in ipairs { ... } do
      local width, height = support.size(out .. "/" .. name)
      assert(width >= 500 and height >= 400, name)
    end
  end

  it("gives the gradients that the formulas do", function()
    local code, output = tiny.run("paper/gradients.lua", "--out", out, "--gamma", "2", "--m", "0.1")
    assert.equal(0, code, output)
    contains(output, "m 0.1, gamma 2", "AM-Softmax", "written: " .. out .. "/gradients.csv")
    local rows = csv(out .. "/gradients.csv")
    assert.equal(9, #rows)
    for _, row in ipairs(rows) do
      local n, p = row.s_n, row.s_p
      local z, a_n, a_p = 2 * (n - p + 0.1), 1, 1
      if row.loss == "Circle Loss" then
        a_n, a_p = n + 0.1, 1.1 - p
        z = 2 * (a_n * (n - 0.1) - a_p * (p - 0.9))
      end
      if row.loss ~= "triplet" then
        local share = 1 / (1 + math.exp(-z))
        assert.near(2 * share * a_n, row.gradient_n, 1e-12)
        assert.near(2 * share * a_p, row.gradient_p, 1e-12)
      else
        assert.equal(n - p + 0.1 > 0 and 1 or 0, row.gradient_n)
      end
    end
    drawn("gradients.png", "gradients-settings.png")
  end)

  it("trains each setting of gamma and m once, and goes on where it stopped", function()
    local flags = { "--gamma", "8,64", "--m", "0,0.25", "--at-gamma", "64", "--steps", "1",
      "--seeds", "2", "--workers", "1", "--out", out }
    local output = run("sensitivity.lua", table.unpack(flags))
    contains(output, "closed set; mlp, 8-d; batches of 4 x 4; 1 epoch, 2 seeds", "cosface")
    local name
    for file in require("lfs").dir(out) do name = file:match "^(sensitivity%-.*)%.csv$" or name end
    local rows = csv(out .. "/" .. name .. ".csv")
    assert.equal(9, #rows) -- three losses at (8, .25), (64, 0) and (64, .25)
    for _, row in ipairs(rows) do assert.equal(2, row.seeds) end
    drawn(name .. "-gamma.svg", name .. "-m.svg")
    output = run("sensitivity.lua", table.unpack(flags))
    assert.is_nil(output:find("complete:", 1, true), output)
  end)

  it("follows s_p and s_n step by step", function()
    local output = run("trajectories.lua", "--epochs", "2", "--out", out .. "/work", "--results",
      out)
    contains(output, "s_p at the end", "Circle Loss, class-level", "CosFace")
    local name
    for file in require("lfs").dir(out) do name = file:match "^(trajectories.*)%.csv$" or name end
    local rows = csv(out .. "/" .. name .. ".csv")
    assert.equal(12, #rows) -- two losses, two epochs of three steps
    for _, row in ipairs(rows) do
      assert(row.s_p > -1 and row.s_p <= 1 and row.s_n > -1 and row.s_n <= 1)
    end
    drawn(name .. ".svg")
  end)

  it("follows samples across the boundaries", function()
    local output = run("boundary.lua", "--epochs", "8", "--gamma", "16", "--learning-rate", "0.01",
      "--out", out)
    contains(output, "AM-Softmax, m = 0.35", "Circle Loss, m = 0.25", "48 samples")
    local name
    for file in require("lfs").dir(out) do name = file:match "^(boundary.*)%.csv$" or name end
    for _, row in ipairs(csv(out .. "/" .. name .. ".csv")) do
      assert(row.crossed > 0 and row.crossed <= 1, output)
    end
    drawn(name .. "-line-0.35.png", name .. "-circle-0.25.png", name .. "-circle-0.4.png")
  end)

  it("compares the losses of the paper's tables", function()
    local output = run("losses.lua", "--seeds", "1", "--epochs", "1", "--out", out)
    contains(output, "NormFace", "CosFace (AM-Softmax)", "ArcFace", "triplet, batch-hard",
      "Circle Loss, pair-wise", "raw pixels")
    local name
    for file in require("lfs").dir(out) do name = file:match "^(losses.*)%.csv$" or name end
    assert.equal(8, #csv(out .. "/" .. name .. ".csv"))
    drawn(name .. ".svg")
    output = run("losses.lua", "--seeds", "1", "--epochs", "1", "--out", out)
    contains(output, "8 of 8 runs were finished earlier")
  end)

  it("says what is wrong with its flags and its data", function()
    local code, output = tiny.run("paper/boundary.lua", "--data", "/no/such", "--out", out)
    assert.equal(1, code)
    contains(output, "boundary: /no/such: there is no such data set")
    code, output = tiny.run("paper/gradients.lua", "--gamma", "0")
    assert.equal(2, code)
    contains(output, "'0' is not a positive number")
    assert.falsy(output:find("traceback", 1, true), output)
  end)
end)

describe("placement of samples", function()
  it("is the cosine to the own class vector and the greatest to another", function()
    local circlet = require "circlet"
    local x = circlet.FloatTensor { { 2, -1 }, { 0.3, 0.4 }, { 0, 0 } }
    local vectors = circlet.FloatTensor { { 5, 0 }, { 0, 1 }, { -1, 0 } }
    local s_n, s_p = circlet.train.placement(x, circlet.LongTensor { 1, 3, 2 }, vectors)
    local near = require("spec.support").near
    near({ 2 / math.sqrt(5), -0.6, 0 }, s_p, 1e-6)
    near({ -1 / math.sqrt(5), 0.8, 0 }, s_n, 1e-6)
  end)
end)
