local circlet = require "circlet"
local measure = require "circlet.bench.measure"

describe("measure", function()
  it("takes the middle of a list, or of its middle two", function()
    assert.equal(2, measure.median { 9, 1, 2 })
    assert.equal(2.5, measure.median { 4, 1, 9, 1 })
    local list = { 3, 1, 2 }
    assert.same({ median = 2, low = 1, high = 3, samples = 3 }, measure.summary(list))
    assert.same({ 3, 1, 2 }, list)
  end)

  it("compares round by round, so that a slow spell of the machine cancels", function()
    assert.equal(0.5, measure.ratio({ 1, 10, 2 }, { 2, 20, 4 }))
    -- Rounds that only one of them had do not count.
    assert.equal(0.5, measure.ratio({ 1, 10 }, { 2 }))
  end)

  it("makes short calls in blocks and long ones few times", function()
    local limits = { block = 0.05, budget = 1, most = 7 }
    assert.same({ 50, 7 }, { measure.plan(0.001, limits) }) -- 50 ms a block, 7 of 20 blocks
    assert.same({ 2, 3 }, { measure.plan(0.2, limits) }) -- two, and one before them
    assert.same({ 1, 3 }, { measure.plan(1.5, limits) })
    assert.same({ 1, 3 }, { measure.plan(3, limits) })
    assert.same({ 1, 1 }, { measure.plan(6, limits) })
    assert.same({ 1, 0 }, { measure.plan(30, limits) }) -- the first call was enough
    assert.same({ 1000, 7 }, { measure.plan(0, limits) })
    assert.same({ 2, 1 }, { measure.plan(0.2, { block = 0.05, budget = 1, most = 1 }) })
  end)

  it("times a block of calls by the clock it is given, after one that does not count", function()
    local now, calls = 0, 0
    local way = measure.way(function()
      now, calls = now + (calls == 0 and 100 or 2), calls + 1
    end, function() return now end)
    assert.equal(2, way.block(4))
    assert.equal(5, calls)
    assert.equal(2, way.block(1)) -- a long call: none before it
    assert.equal(6, calls)
  end)

  it("lets the ways take turns, each as often as its plan says", function()
    local order = {}
    local function way(name, first, seconds)
      return { name = name, first = first, block = function(calls)
        order[#order + 1] = name .. calls
        return seconds
      end }
    end
    local settled = 0
    local times = measure.rounds({ way("a", 0.01, 1), way("b", 6, 2), way("c", nil, 3),
                                   way("d", 9, 0) },
      { most = 3, settle = function() settled = settled + 1 end })
    -- c is called once to learn that it takes 3 s; b drops out after one round;
    -- d is too long to be called again.
    assert.equal("c1 a5 b1 c1 c1 a5 a5 c1", table.concat(order, " "))
    assert.same({ a = { 1, 1, 1 }, b = { 2 }, c = { 3, 3, 3 }, d = { 9 } }, times)
    assert.equal(7, settled)
  end)

  it("tells what the threads of a loss spend their time on", function()
    local bench, threads = require("circlet.core").bench, circlet.getnumthreads()
    finally(function() circlet.setnumthreads(threads) end)
    circlet.setnumthreads(2)
    local x, labels = circlet.randn(700, 64), circlet.LongTensor(700):random(1, 50)
    local start, calls = circlet.tic(), 0
    local work = measure.work(function()
      calls = calls + 1
      circlet.circle_loss(x, labels, { memory_budget = 0 })
    end, 2, 3)
    local most, sum = 2 * circlet.toc(start) / 3, 0
    for part, seconds in pairs(work) do
      assert(part == "rest" or seconds >= 0, part)
      sum = sum + seconds
    end
    assert.equal(4, calls) -- the first one does not count
    assert(sum > 0 and sum <= most, sum)
    for _, part in ipairs { "similarities", "sums", "weights", "gradient" } do
      assert(work[part] > 0, part)
    end
    assert.equal(0, work.rows) -- of references and class vectors, which there are none of
    local before = bench.spent().gradient
    circlet.circle_loss(x, labels)
    assert.equal(before, bench.spent().gradient) -- the clocks stand still again
    work = measure.work(function() circlet.circle_class_loss({ x, x }, labels) end, 2, 1)
    assert(work.rows > 0)
    assert.is_false(pcall(bench.clocks, 1))
  end)
end)
