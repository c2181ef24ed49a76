local text = require "circlet.report.text"

describe("text", function()
  it("counts columns, not bytes", function()
    assert.equal(0, text.width(""))
    assert.equal(5, text.width("gamma"))
    assert.equal(2, text.width("γ≤"))
    assert.equal(4, text.width("漢字"))
    assert.equal(1, text.width("e\u{301}")) -- e and a combining acute
    assert.equal(3, text.width("a\xffb")) -- a stray byte is one column
  end)

  it("lets Ctrl-C through, whenever it comes", function()
    -- The stock interpreter raises "interrupted!" from a hook, at the next call or instruction.
    local fired = 0
    for nth = 1, 300 do
      local left, raised = nth, false
      local function interrupt()
        left = left - 1
        if left > 0 then return end
        debug.sethook()
        raised = true
        error("interrupted!", 0)
      end
      local ok, message = pcall(function()
        debug.sethook(interrupt, "cr", 1)
        text.cut("aγ\xff漢b", 3)
        debug.sethook()
      end)
      debug.sethook()
      if raised then
        fired = fired + 1
        assert(not ok, "swallowed at event " .. nth)
        assert.equal("interrupted!", message)
      end
    end
    assert.is_true(fired > 100)
  end)

  it("cuts at a character and says so with an ellipsis", function()
    assert.equal("gamma", text.cut("gamma", 5))
    assert.equal("gam…", text.cut("gamma", 4))
    assert.equal("漢…", text.cut("漢字字", 4)) -- half a wide character does not fit
    assert.equal("…", text.cut("gamma", 1))
    assert.equal("", text.cut("gamma", 0))
  end)

  it("pads to columns on the side asked for", function()
    assert.equal("γ  ", text.pad("γ", 3))
    assert.equal("  γ", text.pad("γ", 3, "right"))
    assert.equal(" γ  ", text.pad("γ", 4, "center"))
    assert.equal("gamma", text.pad("gamma", 3))
  end)

  it("writes durations as people read them", function()
    assert.equal("0:00", text.duration(0.2))
    assert.equal("0:07", text.duration(6.6))
    assert.equal("12:34", text.duration(754))
    assert.equal("1:02:03", text.duration(3723))
    assert.equal("2d 03:04:05", text.duration(2 * 86400 + 3 * 3600 + 245))
    assert.equal("1:00", text.duration(59.7)) -- rounds before it splits
    for _, strange in ipairs { -1, 0 / 0, math.huge } do
      assert.equal("?", text.duration(strange))
    end
    assert.equal("?", text.duration(nil))
  end)

  it("writes the shortest number that reads back the same", function()
    for _, case in ipairs { { 64, "64" }, { 64.0, "64" }, { 0.1, "0.1" }, { 1e-5, "1e-05" },
                            { 0.1 + 0.2, "0.30000000000000004" }, { -0.25, "-0.25" },
                            { math.huge, "inf" }, { -math.huge, "-inf" }, { 0 / 0, "nan" } } do
      assert.equal(case[2], text.number(case[1]))
    end
  end)
end)
