local json = require "circlet.json"
local d = require "circlet.study.distribution"
local raises = require("spec.support").raises

describe("a distribution", function()
  it("reads back as it was written", function()
    for _, one in ipairs {
      d.float("x", 1e-5, 0.1 + 0.2, { log = true }), d.float("x", 0, 0.5, { step = 0.1 }),
      d.float("x", -1, 1), d.int("n", 1, 512, { log = true }), d.int("n", 0, 9, { step = 2 }),
      d.categorical("c", { "a", true, 2.5, 3, json.null }),
    } do
      local text = d.encode(one)
      local read = assert(d.decode(text))
      assert.equal(read, d.decode(text)) -- the same table again
      assert.is_true(d.compatible(one, read))
      for _, key in ipairs { "name", "low", "high", "log", "step" } do
        assert.equal(one[key], read[key], text)
      end
    end
  end)

  it("lowers the upper end to the last step", function()
    assert.equal(8, d.int("n", 2, 9, { step = 3 }).high)
    assert.equal(0.5, d.float("x", 0, 0.5, { step = 0.1 }).high) -- 0.5/0.1 is a hair off
    assert.equal(0.75, d.float("x", 0, 0.9, { step = 0.25 }).high)
  end)

  it("turns values into the journal's numbers and back", function()
    local c = d.categorical("c", { "a", false, json.null })
    for i, value in ipairs(c.choices) do
      assert.equal(i - 1, d.internal(c, value))
      assert.equal(value, d.external(c, i - 1.0))
    end
    assert.is_nil(d.internal(c, "b"))
    assert.is_nil(d.external(c, 3))
    assert.is_nil(d.external(c, 0.5))
    local n = d.int("n", 1, 5)
    assert.equal("integer", math.type(d.external(n, 3.0)))
    assert.is_nil(d.internal(n, 2.5))
    assert.is_nil(d.internal(n, 6))
    assert.is_nil(d.internal(d.float("x", 0, 1), 0 / 0))
    assert.equal("float", math.type(d.external(d.float("x", 0, 1), 1)))
  end)

  it("knows ranges of one value, and what may share a name", function()
    assert.is_true(d.single(d.int("n", 3, 3)))
    assert.is_true(d.single(d.int("n", 3, 4, { step = 2 })))
    assert.is_false(d.single(d.float("x", 0, 1)))
    assert.is_true(d.single(d.categorical("c", { 1 })))
    assert.is_true(d.compatible(d.float("x", 0, 1), d.float("x", 1, 9, { log = true })))
    assert.is_false(d.compatible(d.float("x", 0, 1), d.int("x", 0, 1)))
    assert.is_false(d.compatible(d.categorical("c", { 1, 2 }), d.categorical("c", { 2, 1 })))
    assert.is_false(d.compatible(d.categorical("c", { 1, 2 }), d.categorical("c", { 1 })))
  end)

  it("is the same when its values are, and drawn alike", function()
    local all = {
      d.float("x", 0, 1), d.float("x", 0, 2), d.float("x", 1, 2),
      d.float("x", 1, 2, { log = true }),
      d.float("x", 0, 1, { step = 0.5 }), d.int("x", 0, 1), d.int("x", 1, 9), d.int("x", 1, 9, {
        log = true }), d.int("x", 1, 9, { step = 2 }), d.categorical("x", { 1, 2 }),
      d.categorical("x", { 2, 1 }), d.categorical("x", { 1, 2, 3 }), d.categorical("x", { "1", 2 }),
    }
    for i, a in ipairs(all) do
      for k, b in ipairs(all) do
        assert.equal(i == k, d.same(a, b))
        assert.equal(i == k, d.same(a, d.decode(d.encode(b))))
      end
    end
  end)

  it("refuses ranges that make no sense", function()
    raises("x: low must not exceed high, got 2 and 1", d.float, "x", 2, 1)
    raises("must be finite numbers", d.float, "x", 0 / 0, 1)
    raises("finite numbers, got a", d.int, "x", "a", 1)
    raises("log needs low > 0, got 0", d.float, "x", 0, 1, { log = true })
    raises("log and step exclude", d.float, "x", 1, 2, { log = true, step = 1 })
    raises("step must be a positive number", d.float, "x", 1, 2, { step = 0 })
    raises("whole numbers, got 1.5", d.int, "x", 1.5, 2)
    raises("step must be at least 1", d.int, "x", 1, 2, { step = 0 })
    raises("log needs low >= 1", d.int, "x", 0, 2, { log = true })
    raises("a list of choices expected", d.categorical, "x", {})
    raises("choice 2 must be a string", d.categorical, "x", { 1, {} })
  end)

  it("says what is wrong with a text", function()
    for text, message in pairs {
      ["{"] = "json", ["[]"] = "not a float", ['{"name":"FloatDistribution"}'] = "not a float",
      ['{"name":"FloatDistribution","attributes":{"low":1}}'] = "needs low, high, log and step",
      ['{"name":"CategoricalDistribution","attributes":{"choices":[]}}'] = "without choices",
    } do
      local value, why = d.decode(text)
      assert.is_nil(value)
      assert.truthy(why:find(message, 1, true), why)
    end
  end)
end)
