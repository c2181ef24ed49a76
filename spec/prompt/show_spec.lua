local circlet = require "circlet"
local show = require "circlet.prompt.show"

describe("a value at the prompt", function()
  it("is written as Lua would read it", function()
    assert.equal('{1, "a\\"b\\n", ["end"] = 2, x = true, [2.5] = 3}',
      show.line { 1, 'a"b\n', x = true, ["end"] = 2, [2.5] = 3 })
    assert.equal('"\\000\\127é"', show.line "\0\127é")
    assert.equal("1.0", show.line(1.0))
    assert.equal("nil", show.line(nil))
  end)

  it("does not go on for ever", function()
    local t = {}
    t.self = t
    assert.equal("{self = {...}}", show.line(t))
    assert.equal("{{{{...}, {}}}}", show.line { { { { 1 }, {} } } })
    local long = {}
    for i = 1, 100 do long[i] = i end
    assert.truthy(show.line(long):find("40, ... 60 more}", 1, true))
  end)

  it("names tensors inside of tables and shows them whole by themselves", function()
    assert.equal("{FloatTensor [2, 3], LongStorage of size 2}",
      show.line { circlet.ones(2, 3), circlet.ones(2, 3):size() })
    assert.equal(" 1\n[circlet.FloatTensor of size 1]", show.text(circlet.ones(1)))
    assert.equal("nn.Linear(2 -> 3)", show.text(circlet.nn.Linear(2, 3)))
  end)

  it("breaks long tables into lines", function()
    assert.equal('{\n  "' .. ("a"):rep(50) .. '",\n  b = "' .. ("b"):rep(50) .. '"\n}',
      show.text { ("a"):rep(50), b = ("b"):rep(50) })
  end)

  it("fits a tensor into the screen", function()
    for _, size in ipairs { { 500 }, { 500, 3 }, { 500, 500 }, { 3, 500 }, { 40, 40, 40 } } do
      local text = show.text(circlet.randn(table.unpack(size)), { width = 80, height = 24 })
      local lines = 0
      for line in (text .. "\n"):gmatch "(.-)\n" do
        assert(#line <= 80)
        lines = lines + 1
      end
      assert(lines <= 32 and (#size > 2 or lines <= 24), lines)
    end
  end)
end)
