local progress = require "circlet.report.progress"
local support = require "spec.support"

-- A bar whose clock stands still until told and whose output is kept.
local function bar(options)
  local out, now = {}, 0
  options.write = function(s) out[#out + 1] = s end
  options.clock = function() return now end
  options.unicode = options.unicode or false
  options.width = options.width or 80
  local made = progress(options)
  return made, function(seconds) now = now + seconds end, function()
    local all = table.concat(out)
    out = {}
    return all
  end
end

describe("a progress bar", function()
  it("shows share, cells, time gone and left, and a note", function()
    local b, wait = bar { total = 8, label = "sweep", terminal = true }
    wait(30)
    b:update(2, "gamma 64")
    assert.equal("sweep  25% #######----------------------- 0:30, 1:30 left  gamma 64",
      b:render(80))
  end)

  it("draws with block characters where they will be seen", function()
    local b = bar { total = 2, terminal = true, unicode = true }
    b:update(1)
    assert.equal(" 50% " .. ("█"):rep(15) .. ("░"):rep(15) .. " 0:00, 0:00 left", b:render(80))
  end)

  it("knows no time left before anything is done, and never exceeds the width", function()
    local b = bar { total = 2, terminal = true }
    assert.equal("  0% ------------------------------ 0:00, ? left", b:render(80))
    assert.equal("  0% ---------- 0:00,…", b:render(22))
  end)

  it("does not count work done before it started as speed", function()
    local b, wait = bar { total = 10, start = 8, terminal = true }
    wait(10)
    b:update(9)
    local elapsed, left = b:times()
    assert.equal(10, elapsed)
    assert.equal(10, left) -- one done in 10 s, one to go
  end)

  it("redraws at most ten times a second on a terminal", function()
    local b, wait, output = bar { total = 1000, terminal = true }
    for i = 1, 1000 do -- one second in all
      wait(0.001)
      b:update(i)
    end
    local _, draws = output():gsub("left", "")
    assert.is_true(draws >= 9 and draws <= 10, "drew " .. draws .. " times")
  end)

  it("takes back exactly the lines it drew", function()
    local b, wait, output = bar { total = 4, terminal = true }
    b:update(1)
    output()
    b:above { "best so far", "  gamma 64" }
    local drawn = output()
    assert.equal("\r\27[J", drawn:sub(1, 4)) -- one line was there
    assert.equal(2, select(2, drawn:gsub("\n", "")))
    wait(1)
    b:update(2)
    assert.equal("\r\27[2A\27[J", output():sub(1, 8)) -- three lines were
    b:line("epoch 1 done")
    assert.equal("\r\27[2A\27[Jepoch 1 done\n\27[", (output():gsub("best.*", "\27[")))
    b:finish("finished")
    assert.equal("\r\27[2A\27[Jfinished\n", output())
    b:finish()
    assert.equal("", output()) -- nothing left to take back
  end)

  it("writes quiet single lines when there is no terminal", function()
    local b, wait, output = bar { total = 100, label = "train", terminal = false }
    for i = 1, 25 do
      wait(1)
      b:update(i, "loss 3.2")
    end
    assert.equal("train: 10% done, 0:10, 1:30 left, loss 3.2\n"
      .. "train: 20% done, 0:20, 1:20 left, loss 3.2\n", output())
    b:above { "not shown" }
    assert.equal("", output())
    b:line("epoch 1 done")
    b:finish()
    assert.equal("epoch 1 done\n", output())
  end)

  it("refuses a total that is not positive", function()
    support.raises("progress: total must be a positive number, got 0", progress, { total = 0 })
    support.raises("got nil", progress, {})
    support.raises("got nil", progress, { label = "none" })
    support.raises("must be a positive number", progress, { total = 0 / 0 })
  end)
end)
