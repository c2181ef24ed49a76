local circlet = require "circlet"
local sampling = require("circlet.core").sampling
local files = require "spec.io.support"
local support = require "spec.support"

describe("seeded shuffles", function()
  it("are permutations that depend on seed and epoch alone", function()
    for _, n in ipairs { 0, 1, 2, 1000 } do
      local list = sampling.shuffled(n, 7, 1):totable()
      sampling.shuffled(10, n, 3) -- other draws in between do not matter
      assert.same(list, sampling.shuffled(n, 7, 1):totable())
      table.sort(list)
      for i = 1, n do assert.equal(i, list[i]) end
    end
    local one = sampling.shuffled(100, 7, 1):totable()
    assert.are_not.same(one, sampling.shuffled(100, 7, 2):totable())
    assert.are_not.same(one, sampling.shuffled(100, 8, 1):totable())
  end)

  it("give each order the same chance", function()
    local counts, draws = {}, 6000
    for epoch = 1, draws do
      local order = table.concat(sampling.shuffled(3, 1, epoch):totable())
      counts[order] = (counts[order] or 0) + 1
    end
    local orders = 0
    for _, count in pairs(counts) do
      orders = orders + 1
      -- 1000 expected of each; 5 standard deviations of a binomial with p = 1/6: 5 * 28.9
      assert(math.abs(count - draws / 6) < 145, count)
    end
    assert.equal(6, orders)
  end)
end)

describe("grouping by class", function()
  it("lists the samples of each class in order, for labels of any type and layout", function()
    for _, name in ipairs(support.types) do
      for _, labels in ipairs(support.layouts(circlet[name .. "Tensor"] { 9, 2, 9, 1, 2, 9 })) do
        local order, start, label = sampling.group(labels)
        assert.same({ 4, 2, 5, 1, 3, 6 }, order:totable())
        assert.same({ 0, 1, 3, 6 }, start:totable())
        assert.same({ 1, 2, 9 }, label:totable())
      end
    end
    local order, start, label = sampling.group(circlet.LongTensor(0))
    assert.same({ 0, 1, 0 }, { order:nElement(), start:nElement(), label:nElement() })
  end)

  it("refuses labels that are no classes", function()
    support.raises("label 2 is 0", sampling.group, circlet.LongTensor { 1, 0 })
    support.raises("label 1 is 1.5", sampling.group, circlet.FloatTensor { 1.5, 1 })
    support.raises("label 1 is", sampling.group, circlet.DoubleTensor { 0 / 0 })
    support.raises("label 1 is inf", sampling.group, circlet.DoubleTensor { math.huge })
    support.raises("one dimension, got 2", sampling.group, circlet.LongTensor(2, 2):fill(1))
    support.raises("one dimension, got 0", sampling.group, circlet.LongTensor())
  end)
end)

describe("the plan of an epoch", function()
  it("refuses groups that are not whole", function()
    local order, start = sampling.group(circlet.LongTensor { 1, 1, 2, 2 })
    support.raises("a result of group() expected", sampling.pk_epoch, order,
      circlet.LongTensor { 0, 2, 9 }, 1, 1, 1, 1, 1)
    support.raises("a result of group() expected", sampling.pk_epoch, order, circlet.LongTensor(),
      1, 1, 1, 1, 1)
    support.raises("an integer >= 1 expected", sampling.pk_epoch, order, start, 0, 1, 1, 1, 1)
    support.raises("3 classes a batch asked for, the labels have 2", sampling.pk_epoch, order,
      start, 3, 1, 1, 1, 1)
    support.raises("exceed the address space", sampling.pk_epoch, order, start, 1, 1 << 40,
      1 << 40, 1, 1)
  end)

  it("survives failing allocations", function()
    local labels = circlet.LongTensor { 1, 1, 2, 2, 3 }
    assert(files.failing_allocations(function()
      local order, start = sampling.group(labels)
      sampling.pk_epoch(order, start, 2, 2, 1, 1, 1)
    end) >= 9)
  end)
end)
