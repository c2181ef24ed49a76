local study = require "circlet.study"
local pruners = study.pruners
local support = require "spec.study.support"
local raises = require("spec.support").raises

describe("a pruner", function()
  local folder

  before_each(function() folder = support.folder() end)
  after_each(function() support.remove(folder) end)

  -- Runs trials that report the values of `curves` at the steps 1, 2, ...; what became of each: the
  -- step at which it was pruned, or "complete".
  local function run(pruner, direction, curves)
    local s = assert(study.open { path = folder .. "/a.journal", direction = direction,
                                  pruner = pruner })
    assert(s:optimize(function(t)
      local curve = curves[t.number + 1]
      for step, value in ipairs(curve) do
        t:report(value, step)
        if t:should_prune() then t:prune() end
      end
      return curve[#curve]
    end, { trials = #curves }))
    local list = {}
    for i, t in ipairs(s:trials()) do
      local steps = 0
      for _ in pairs(t.intermediate) do steps = steps + 1 end
      list[i] = t.state == "pruned" and steps or t.state
      if t.state == "pruned" then
        local last = t.intermediate[steps]
        assert.equal(last == last and last or nil, t.value)
      end
    end
    return list, s
  end

  it("is no more than its absence when there is none", function()
    assert.same({ "complete", "complete" }, (run(nil, "minimize", { { 1 }, { 9 } })))
  end)

  it("by the median ends what is worse than the median at its step", function()
    local curves = { { 1, 1 }, { 3, 3 }, { 5, 5 }, { 4, 0 }, { 2, 4 }, { 3, 9 }, { 0 / 0, 0 } }
    -- From the third trial on: medians at step 1 are 2, 3; then those of 1, 3, 5 ...
    assert.same({ "complete", "complete", 1, 1, "complete", 1, 1 },
      (run(pruners.median { startup = 2 }, "minimize", curves)))
  end)

  it("by the median looks at the best value so far, from both directions", function()
    local curves = { { 1, 5 }, { 1, 5 }, { 2, 3 }, { 0.5, 9 } }
    assert.same({ "complete", "complete", 2, 1 },
      (run(pruners.median { startup = 2 }, "maximize", curves)))
  end)

  it("by the median waits for warm-up, intervals and enough values", function()
    local curves = { { 1, 1, 1, 1 }, { 1, 1, 1, 1 }, { 9, 9, 9, 9 } }
    assert.equal(3, run(pruners.median { startup = 2, warmup = 3 }, "minimize", curves)[3])
    os.remove(folder .. "/a.journal")
    assert.equal(2, run(pruners.median { startup = 2, interval = 2 }, "minimize", curves)[3])
    os.remove(folder .. "/a.journal")
    assert.equal("complete", run(pruners.median { startup = 2, least = 3 }, "minimize", curves)[3])
    os.remove(folder .. "/a.journal")
    assert.equal("complete", run(pruners.median { startup = 3 }, "minimize", curves)[3])
  end)

  it("by successive halving lets the best 1/eta of a rung go on", function()
    -- Rungs at steps 1, 2, 4 with eta 2. At rung 0: 5 is first; 6 is beaten by 5 (1 of 2 may go
    -- on); 4 is best; 4.5 is second of 4; 7 is fifth of 5; NaN is never good.
    local curves = { { 5, 5, 5, 5 }, { 6, 1, 1, 1 }, { 4, 6, 6, 6 }, { 4.5, 4, 4, 6 }, { 7 },
                     { 0 / 0 } }
    assert.same({ "complete", 1, 2, 4, 1, 1 },
      (run(pruners.asha { eta = 2 }, "minimize", curves)))
  end)

  it("by successive halving starts at its first rung, and catches up after a gap", function()
    local s = assert(study.open { path = folder .. "/a.journal", direction = "maximize",
                                  pruner = pruners.asha { min_resource = 2, eta = 2, early = 1 } })
    local function at(...)
      local t, result = assert(s:ask()), nil
      for _, step in ipairs { ... } do
        t:report(-t.number, step)
        result = t:should_prune()
        if result then break end
      end
      assert(s:tell(t, 0))
      return result
    end
    assert.is_false(at(3, 20)) -- rungs at 4, 8, 16
    assert.is_false(at(3))
    assert.is_true(at(4))
    local attrs = s:record().trials[1].system_attrs
    assert.equal(0, attrs["circlet:rung_2"])
    assert.is_nil(attrs["circlet:rung_3"])
    assert.is_false((assert(s:ask())):should_prune()) -- has reported nothing
  end)

  it("by Hyperband parts trials into brackets in the paper's proportions", function()
    -- Rungs of eta 3 up to step 9: brackets with 2, 1, 0 halvings of 9, 5 (4.5), 3 trials.
    local hyperband = pruners.hyperband { max_resource = 9, eta = 3, seed = 4 }
    assert.same({ 9, 5, 3 }, hyperband.weights)
    local counts = { 0, 0, 0 }
    for number = 0, 1699 do
      local b = hyperband:bracket(number) + 1
      counts[b] = counts[b] + 1
    end
    -- Binomial deviations are at most 21; four of them.
    for b, expected in ipairs { 900, 500, 300 } do
      assert.is_true(math.abs(counts[b] - expected) < 84, table.concat(counts, " "))
    end
  end)

  it("by Hyperband lets only trials of one bracket compete, each from its own step", function()
    local hyperband = pruners.hyperband { max_resource = 4, eta = 2, seed = 1 }
    local curves = {}
    for i = 1, 24 do curves[i] = { i, i, i, i } end -- every trial is worse than all before
    local list = run(hyperband, "minimize", curves)
    local met = {}
    for i, state in ipairs(list) do
      local b = hyperband:bracket(i - 1)
      if not met[b] then
        assert.equal("complete", state) -- the first of a bracket
        met[b] = true
      else
        assert.equal(2 ^ b, state)
      end
    end
    assert.is_true(met[0] and met[1] and met[2])
  end)

  it("says which options there are", function()
    raises("there is no option start", pruners.median, { start = 1 })
    raises("eta must be a whole number of at least 2, got 1", pruners.asha, { eta = 1 })
    raises("warmup must be a whole number", pruners.median, { warmup = 0.5 })
    raises("max_resource must be given", pruners.hyperband)
  end)
end)
