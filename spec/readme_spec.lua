-- The Lua in README.md is run as it stands there.
local files = require "circlet.report.files"

local temporary = require "spec.io.support"

local function examples()
  local list = {}
  for code in files.read("README.md"):gmatch("```lua\n(.-)```") do list[#list + 1] = code end
  return list
end

-- Runs an example; returns what it printed.
local function run(code)
  local lines = {}
  local environment = setmetatable({
    print = function(...)
      local words = table.pack(...)
      for i = 1, words.n do words[i] = tostring(words[i]) end
      lines[#lines + 1] = table.concat(words, "\t")
    end,
  }, { __index = _G })
  require("circlet").manualSeed(1)
  assert(load(code, "=README.md", "t", environment))()
  return table.concat(lines, "\n")
end

describe("README.md", function()
  it("shows the loss in five lines that run", function()
    local code = examples()[1]
    assert.equal(5, select(2, code:gsub("\n", "")))
    local loss, norm, valid = run(code):match("^(%S+)\t(%S+)\t(%S+)$")
    assert.is_true(tonumber(loss) > 0 and tonumber(norm) > 0)
    assert.equal("512", valid)
  end)

  it("shows a prompt that answers so", function()
    local session = files.read("README.md"):match "%$ scripts/circlet\n(.-)\n    > :time"
    local typed, shown = {}, {}
    for line in session:gmatch "    ([^\n]+)" do
      if line:find "^> " then typed[#typed + 1] = line:sub(3) else shown[#shown + 1] = line end
    end
    table.remove(shown, 1) -- the banner
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    assert(files.write(path, table.concat(typed, "\n") .. "\n"))
    local pipe = io.popen((os.getenv("LUA") or "lua5.4") .. " scripts/circlet repl <" .. path
      .. " 2>&1")
    local text = pipe:read "a"
    pipe:close()
    assert.equal(table.concat(shown, "\n") .. "\n", text)
  end)

  it("shows a training loop that learns to retrieve better than raw pixels do", function()
    if not require("circlet").data.fashion_mnist() then
      return pending("the package dataset-fashion-mnist is not installed")
    end
    local circlet = require "circlet"
    local threads = circlet.getnumthreads()
    finally(function() circlet.setnumthreads(threads) end)
    circlet.setnumthreads(1) -- on a busy machine two that wait for each other take longer
    local map = tonumber((run(examples()[2]):match("(%S+)$")))
    assert(map > 0.40 and map < 0.60, "MAP@R is " .. map) -- raw pixels: 0.331
  end)

  it("shows how images in folders make batches", function()
    local folder, remove = temporary.folder()
    finally(remove)
    for i = 1, 96 do
      local class = folder .. "/" .. string.char(96 + i % 24 + 1)
      assert(files.make_folder(class))
      assert(files.write(class .. "/" .. i .. ".pgm", "P5 8 8 255\n" .. ("ab"):rep(32)))
    end
    local code, places = examples()[3]:gsub('"photos"', ("%q"):format(folder))
    assert.equal(1, places)
    assert(run(code):find "^1\t64\t%d+$")
  end)

  it("shows refinements of losses that run", function()
    for _, code in ipairs(examples()) do
      if code:find("hardest_negatives", 1, true) then return run(code) end
    end
    error "README.md shows none"
  end)

  it("shows a picture that is saved and shown", function()
    if not require("circlet.report.shell").has "gnuplot" then
      return pending("gnuplot is not installed")
    end
    local folder, remove = temporary.folder()
    local Picture = require "circlet.plot.Picture"
    local show, shown = Picture.show, nil
    finally(function()
      Picture.show = show
      remove()
    end)
    Picture.show = function(self) shown = assert(self:text()) end
    local found
    for _, code in ipairs(examples()) do
      if code:find("plot.similarities", 1, true) then found = code end
    end
    run((found:gsub('"similarities.svg"', ("%q"):format(folder .. "/a.svg"))))
    assert(shown:find("positive pairs", 1, true))
    assert(files.read(folder .. "/a.svg"):find("</svg>", 1, true))
  end)

  it("shows a study that runs, and that goes on where it stopped", function()
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    local code, places = examples()[4]:gsub("runs/study%.journal", path)
    assert.equal(1, places)
    local number, value = run(code):match("^(%d+)\t(%S+)\t%S+$")
    assert.is_true(tonumber(number) < 20 and tonumber(value) > 0.95)
    local journal = assert(require("circlet").study.Journal.open(path))
    assert.equal(20, journal.trial_count)
    assert.equal(64, journal.trials[0].params.gamma)
  end)

  -- Those that leave nothing behind; make check-readme runs all of them in a clone.
  it("tells commands that do what it says", function()
    if not files.kind "Makefile" then return pending "this is no checkout" end
    local folder, remove = temporary.folder()
    finally(remove)
    local pipe = io.popen("lua5.4 spec/check/readme.lua " .. folder ..
      " '^lua scripts/.*%-%-help$' '^make help$' '^LUA_PATH.* circlet$' 2>&1")
    local output = pipe:read "a"
    assert(pipe:close(), output)
    assert.truthy(output:find "\n%d+ commands ran, 0 failed, 0 left out\n$")
  end)
end)
