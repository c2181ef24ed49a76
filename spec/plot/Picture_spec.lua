local Picture = require "circlet.plot.Picture"
local circlet = require "circlet"
local files = require "circlet.report.files"
local gnuplot = require "circlet.plot.gnuplot"
local raises = require("spec.support").raises
local shell = require "circlet.report.shell"
local support = require "spec.plot.support"
local terminal = require "circlet.report.terminal"

local function picture(more)
  local body = { data = gnuplot.block("points", { "1 2", "2 4" }), width = 300, height = 200,
    commands = "set title 'it''s'\nplot $points using 1:2 with lines" }
  for name, value in pairs(more or {}) do body[name] = value end
  return Picture.new(body)
end

describe("the words of gnuplot", function()
  it("keep titles from being commands", function()
    assert.equal("'a''b \"$c` d'", gnuplot.quote "a'b \"$c`\nd")
    assert.equal('1 "a_b_c_d" NaN', gnuplot.row(1, 'a"b\\c\nd', 0 / 0))
  end)

  it("write numbers with every digit, and gaps for what is none", function()
    assert.equal("0.1", gnuplot.numeral(0.1))
    assert.equal("16777217", gnuplot.numeral(16777217))
    assert.equal("1e+300", gnuplot.numeral(1e300))
    for _, x in ipairs { math.huge, -math.huge, 0 / 0 } do
      assert.equal("NaN", gnuplot.numeral(x))
    end
  end)
end)

describe("a picture", function()
  local folder, remove
  before_each(function() folder, remove = support.folder() end)
  after_each(function() remove() end)

  local function needs_gnuplot()
    if not support.has_gnuplot then pending "gnuplot is not installed" end
    return support.has_gnuplot
  end

  it("is drawn as the kind of image that its name says, in its size", function()
    if not needs_gnuplot() then return end
    for ending, scale in pairs { svg = 1, png = 1, pdf = 72 / 96, PNG = 1 } do
      local path = folder .. "/a.b." .. ending
      assert.same({ path }, assert(picture():save(path)))
      if ending == "PNG" then
        assert.equal("\137PNG", files.read(path):sub(1, 4))
      else
        local width, height = support.size(path)
        assert.near(300 * scale, width, 1) -- PDF files have whole points
        assert.near(200 * scale, height, 1)
      end
    end
  end)

  it("without an ending makes PNG and SVG, and a script that draws them again", function()
    if not needs_gnuplot() then return end
    local base = folder .. "/loss.log"
    assert.same({ base .. ".png", base .. ".svg" }, assert(picture():save(base)))
    local before = files.read(base .. ".svg")
    assert(before:gsub("&#39;", "'"):find("it's", 1, true))
    os.remove(base .. ".svg")
    assert.is_true(os.execute("cd " .. shell.quote(folder) .. " && gnuplot loss.log.gp"))
    assert.equal(before, files.read(base .. ".svg"))
    local count = 0
    for name in require("lfs").dir(folder) do count = count + (name:find "^%." and 0 or 1) end
    assert.equal(3, count, "files are left over")
  end)

  it("is drawn into a list of files at once", function()
    if not needs_gnuplot() then return end
    local paths = { folder .. "/a.svg", folder .. "/b.pdf", folder .. "/c" }
    assert.same({ paths[1], paths[2], paths[3] .. ".png", paths[3] .. ".svg" },
      assert(picture():save(paths)))
    assert.equal("file", files.kind(folder .. "/c.gp"))
  end)

  it("is text for a terminal of characters, of the size that was asked for", function()
    if not needs_gnuplot() then return end
    local text = assert(picture():text { columns = 50, rows = 12 })
    assert(text:find("it's", 1, true))
    local lines = 0
    for line in text:gmatch "[^\n]+" do
      lines = lines + 1
      assert(#line <= 50 and not line:find "[\27\f]", line)
    end
    assert(lines > 8 and lines <= 12)
    assert(assert(picture():text { colour = true }):find "\27%[")
    assert.equal(tostring(picture { characters = function(columns) return columns .. "!" end }),
      terminal.columns() .. "!")
  end)

  it("is shown in characters, or as sixel graphics where the terminal has them", function()
    if not needs_gnuplot() then return end
    local shown = {}
    local function write(s) shown[#shown + 1] = s end
    assert(picture():show { terminal = "characters", columns = 40, write = write })
    assert(shown[1]:find("it's", 1, true))
    assert(picture():show { terminal = "sixel", write = write })
    assert(shown[2]:find '^\27Pq"1;1;300;200' and shown[2]:find "\27\\%s*$")
    local attached, sixel = terminal.attached, terminal.sixel
    finally(function() terminal.attached, terminal.sixel = attached, sixel end)
    terminal.attached = function() return true end
    terminal.sixel = function() return true end
    assert(picture():show { write = write })
    assert.equal(shown[2], shown[3])
    raises('terminal must be "sixel" or "characters", got pie', picture().show, picture(),
      { terminal = "pie" })
  end)

  it("refuses what is no name of a picture", function()
    local p = picture()
    raises("not as .jpg", p.save, p, folder .. "/a.jpg")
    raises("the name of a file expected, got 7", p.save, p, 7)
    raises("the name of a file expected, got nil", p.save, p)
    raises("an empty list", p.save, p, {})
    raises("the name of a file expected", p.save, p, folder .. "/")
  end)

  it("returns nil and why when it cannot be drawn, and leaves nothing behind", function()
    local function refused(code, text, p)
      local paths, message, got = p:save(folder .. "/a")
      assert.is_nil(paths)
      assert(message:find(text, 1, true), message)
      assert.equal(code, got)
      local shown
      shown, message = p:show { terminal = "characters", write = error }
      assert.is_nil(shown)
      assert(message:find(text, 1, true), message)
      assert(tostring(p):find(text, 1, true))
      for name in require("lfs").dir(folder) do assert(name:find "^%.+$", name) end
    end
    refused("format", "plot: no value to draw", picture { empty = "no value to draw" })
    local has, run = shell.has, shell.run
    finally(function() shell.has, shell.run = has, run end)
    shell.has = function() return false end
    refused("io", "gnuplot is not installed", picture())
    shell.has = function() return true end
    shell.run = function() return nil, "line 3: syntax error" end
    refused("io", "gnuplot failed: line 3: syntax error", picture())
    shell.run = function() error("interrupted!", 0) end
    raises("interrupted!", Picture.save, picture(), folder .. "/a")
    for name in require("lfs").dir(folder) do assert(name:find "^%.+$", name) end
  end)

  it("leaves old images alone, and no new ones, when drawing fails half way", function()
    if not needs_gnuplot() then return end
    assert(files.write(folder .. "/a.svg", "old"))
    local run = shell.run
    finally(function() shell.run = run end)
    shell.run = function(words)
      assert(run(words))
      return nil, "killed"
    end
    local paths, message = picture():save { folder .. "/a.svg", folder .. "/a.png" }
    assert.is_nil(paths)
    assert.equal("gnuplot failed: killed", message)
    assert.equal("old", files.read(folder .. "/a.svg"))
    for name in require("lfs").dir(folder) do
      assert(name:find "^%.+$" or name == "a.svg", name)
    end
  end)

  it("says which folder is missing", function()
    if not needs_gnuplot() then return end
    local paths, message, code = picture():save(folder .. "/none/a.svg")
    assert.is_nil(paths)
    assert(message:find("none", 1, true), message)
    assert.equal("io", code)
  end)

  it("is a type that circlet.type knows", function()
    assert.equal("circlet.Picture", circlet.type(picture()))
  end)
end)

describe("a terminal's answer about sixel graphics", function()
  -- script(1) runs a command in a pseudo-terminal; what it reads is what the terminal answers. It
  -- waits there until the program asks.
  local function asked(folder, answer)
    assert(files.write(folder .. "/ask.lua", ([[
      local answer = tostring(require("circlet.report.terminal").sixel())
      io.open(%q, "w"):write(answer):close()]]):format(folder .. "/answer")))
    os.execute(("printf '%s' | timeout 20 script -qec 'lua5.4 %s/ask.lua' /dev/null >/dev/null")
      :format(answer, folder))
    return files.read(folder .. "/answer")
  end

  it("is found, and its absence too", function()
    if not shell.has "script" then return pending "script(1) is not installed" end
    local folder, remove = support.folder()
    finally(remove)
    assert.equal("true", asked(folder, [[\033[?62;4;6c]]))
    assert.equal("false", asked(folder, [[\033[?62;6c]]))
    assert.equal("false", asked(folder, ""))
  end)
end)
