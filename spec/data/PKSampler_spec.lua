local circlet = require "circlet"
local support = require "spec.support"

local PKSampler = circlet.data.PKSampler

-- Labels with sizes[c] samples of class c, dealt in turn so that classes are mixed.
local function labels_of(sizes)
  local list, left, any = {}, { table.unpack(sizes) }, true
  while any do
    any = false
    for c = 1, #left do
      if left[c] > 0 then
        list[#list + 1], left[c], any = c, left[c] - 1, true
      end
    end
  end
  return circlet.LongTensor(list), list
end

-- Checks what holds for every batch, and returns how often each sample came in the epoch.
local function check_epoch(sampler, list, sizes, epoch)
  local uses, batches = {}, 0
  for b, indices in sampler:epoch(epoch) do
    batches = batches + 1
    assert.equal(batches, b)
    assert.equal("circlet.LongTensor", indices:type())
    assert.same({ sampler.P * sampler.K }, indices:size():totable())
    local classes, in_batch, index = {}, {}, indices:totable()
    for i, sample in ipairs(index) do
      local class = list[sample]
      if (i - 1) % sampler.K == 0 then
        assert(not classes[class], "a class comes twice in a batch")
        classes[class] = true
      else
        assert.equal(list[index[i - 1]], class)
      end
      in_batch[sample] = (in_batch[sample] or 0) + 1
      uses[sample] = (uses[sample] or 0) + 1
    end
    for sample, count in pairs(in_batch) do
      local n = sizes[list[sample]]
      local most = n < sampler.K and math.ceil(sampler.K / n) or 1
      local least = n < sampler.K and sampler.K // n or 1
      assert(count >= least and count <= most, ("%d times in a batch"):format(count))
    end
  end
  assert.equal(sampler:size(), batches)
  return uses
end

describe("PKSampler", function()
  it("takes K samples of each of P classes, every sample once when it adds up", function()
    for _, case in ipairs { { 3, 4, { 12, 12, 12, 12, 12 } }, { 2, 3, { 6, 6, 6 } },
      { 5, 2, { 10, 10, 10, 10, 10 } }, { 1, 4, { 8, 4, 12 } }, { 2, 4, { 8, 4, 12 } },
      { 1, 1, { 3, 1 } } } do
      local P, K, sizes = table.unpack(case)
      local labels, list = labels_of(sizes)
      local sampler = PKSampler(labels, P, K, { seed = 3 })
      assert.equal(#list // (P * K), sampler:size())
      for epoch = 1, 5 do
        local uses = check_epoch(sampler, list, sizes, epoch)
        for i = 1, #list do assert.equal(1, uses[i]) end
      end
    end
  end)

  it("repeats nothing while there are fresh groups of K, whatever the sizes", function()
    local sizes = { 100, 37, 5, 4, 23, 64, 8, 9 }
    local labels, list = labels_of(sizes)
    local sampler = PKSampler(labels, 3, 4, { batches = 15 }) -- 45 draws; 60 fresh ones are there
    for epoch = 1, 10 do
      for _, count in pairs(check_epoch(sampler, list, sizes, epoch)) do assert.equal(1, count) end
    end
  end)

  it("goes through a class before any of it comes again", function()
    local sizes = { 7, 3, 9 }
    local labels, list = labels_of(sizes)
    local sampler = PKSampler(labels, 3, 3, { batches = 14 })
    for epoch = 1, 5 do
      local uses = check_epoch(sampler, list, sizes, epoch)
      for i, class in ipairs(list) do -- 42 draws from n samples: floor or ceil of 42 / n each
        local n = sizes[class]
        assert(uses[i] >= 42 // n and uses[i] <= (42 + n - 1) // n, uses[i])
      end
    end
  end)

  it("repeats first in classes that have samples left over", function()
    local sizes = { 7, 7, 7, 4 } -- 4 fresh groups of 4; 6 draws: two repeat, never in class 4
    local labels, list = labels_of(sizes)
    local sampler = PKSampler(labels, 2, 4)
    assert.equal(3, sampler:size())
    for epoch = 1, 20 do
      local uses = check_epoch(sampler, list, sizes, epoch)
      for i, class in ipairs(list) do
        if class == 4 then assert.equal(1, uses[i]) end
      end
    end
  end)

  it("draws with replacement only from classes with fewer than K samples", function()
    local sizes = { 2, 9, 1, 8 }
    local labels, list = labels_of(sizes)
    local sampler = PKSampler(labels, 4, 4, { batches = 2 })
    for epoch = 1, 5 do
      local uses = check_epoch(sampler, list, sizes, epoch)
      for i, class in ipairs(list) do
        if sizes[class] >= 8 then assert((uses[i] or 0) <= 1) end
      end
    end
  end)

  it("draws from classes in proportion to their samples", function()
    local sizes = { 400, 200, 100, 50, 50 }
    local labels, list = labels_of(sizes)
    local sampler = PKSampler(labels, 2, 2)
    for epoch = 1, 3 do
      local uses = check_epoch(sampler, list, sizes, epoch)
      local seen = 0
      for _ in pairs(uses) do seen = seen + 1 end
      assert.equal(800, seen) -- 400 draws of 2; the largest class is in each of the 200 batches
    end
  end)

  it("mixes which classes meet", function()
    local labels = labels_of { 40, 40, 40, 40, 40, 40 }
    local sampler, pairs_met = PKSampler(labels, 3, 2), {}
    local list = labels:totable()
    for epoch = 1, 5 do
      for _, indices in sampler:epoch(epoch) do
        local index = indices:totable()
        for a = 1, 5, 2 do
          for b = 1, 5, 2 do
            local x, y = list[index[a]], list[index[b]]
            if x < y then pairs_met[x .. y] = (pairs_met[x .. y] or 0) + 1 end
          end
        end
      end
    end
    local found = 0
    for _, count in pairs(pairs_met) do
      found = found + 1
      -- 5 epochs x 40 batches x 3 pairs over 15 pairs: 40 each, within 5 deviations of sqrt(40)
      assert(math.abs(count - 40) < 32, count)
    end
    assert.equal(15, found)
  end)

  it("depends on seed, epoch and batch alone", function()
    local labels = labels_of { 30, 30, 30, 30 }
    local a, b = PKSampler(labels, 2, 5, { seed = 9 }), PKSampler(labels, 2, 5, { seed = 9 })
    local third = a:get(2, 3):totable()
    a:get(7, 1)
    assert.same(third, a:get(2, 3):totable())
    assert.same(third, b:get(2, 3):totable())
    assert.are_not.same(third, b:get(3, 3):totable())
    assert.are_not.same(third, b:get(2, 4):totable())
    assert.are_not.same(third, PKSampler(labels, 2, 5, { seed = 8 }):get(2, 3):totable())
    b:get(2, 3):fill(0) -- what the caller does to a batch stays with the caller
    assert.same(third, b:get(2, 3):totable())
  end)

  it("gives the same batches on every machine", function()
    local labels = labels_of { 4, 4, 4 }
    local sampler = PKSampler(labels, 2, 2, { seed = 1 })
    assert.same({ 4, 7, 11, 2 }, sampler:get(1, 1):totable())
    assert.same({ 3, 12, 5, 8 }, sampler:get(1, 2):totable())
  end)

  it("goes on from a saved state with the batch that would have come", function()
    local labels = labels_of { 30, 30, 30, 30 }
    local a = PKSampler(labels, 2, 5, { seed = 4 })
    for _ = 1, 17 do a:next() end -- 12 batches an epoch
    local state = circlet.deserialize(circlet.serialize(a:state()))
    local b = PKSampler(labels, 2, 5, { seed = 4 }):restore(state)
    for _ = 1, 30 do
      local x, epoch_x, batch_x = a:next()
      local y, epoch_y, batch_y = b:next()
      assert.same(x:totable(), y:totable())
      assert.same({ epoch_x, batch_x }, { epoch_y, batch_y })
    end
    local c = circlet.deserialize(circlet.serialize(a))
    assert.same(a:next():totable(), (c:next():totable()))
    support.raises("taken with K = 5, here it is 4", function()
      PKSampler(labels, 2, 4, { seed = 4 }):restore(state)
    end)
  end)

  it("can begin an epoch in its middle", function()
    local sampler = PKSampler(labels_of { 30, 30, 30, 30 }, 2, 5)
    local seen = {}
    for b, indices in sampler:epoch(3, 10) do
      seen[#seen + 1] = b
      assert.same(sampler:get(3, b):totable(), indices:totable())
    end
    assert.same({ 10, 11, 12 }, seen)
    local state = sampler:state()
    assert.same({ 4, 1 }, { state.epoch, state.batch })
  end)

  it("takes fewer samples than one batch as one batch", function()
    local labels, list = labels_of { 1, 1, 2 }
    local sampler = PKSampler(labels, 3, 4)
    assert.equal(1, sampler:size())
    check_epoch(sampler, list, { 1, 1, 2 }, 1)
  end)

  it("says what is wrong with its arguments", function()
    local labels = labels_of { 4, 4 }
    support.raises("3 classes per batch asked for, the labels have 2", PKSampler, labels, 3, 1)
    support.raises("labels must be a tensor, got table", PKSampler, { 1, 2 }, 1, 1)
    support.raises("P must be an integer >= 1, got 0", PKSampler, labels, 0, 1)
    support.raises("K must be an integer >= 1, got 1.5", PKSampler, labels, 1, 1.5)
    support.raises("option seed must be an integer >= 0, got -1", PKSampler, labels, 1, 1,
      { seed = -1 })
    support.raises("there is no option sede", PKSampler, labels, 1, 1, { sede = 1 })
    support.raises("label 1 is 0", PKSampler, circlet.LongTensor { 0, 1 }, 1, 1)
    support.raises("the labels have 0", PKSampler, circlet.LongTensor(0), 1, 1)
    support.raises("batch 3 of an epoch of 2", function() PKSampler(labels, 2, 2):get(1, 3) end)
    support.raises("the epoch must be an integer >= 1", function()
      PKSampler(labels, 2, 2):get(0, 1)
    end)
  end)
end)

describe("data.batches", function()
  local batches = circlet.data.batches

  local function collect(...)
    local list = {}
    for b, indices in batches(...) do list[b] = indices:totable() end
    return list
  end

  it("go through all samples once, the last batch short or left out", function()
    local list, seen = collect(10, 4, 1, 1), {}
    assert.same({ 4, 4, 2 }, { #list[1], #list[2], #list[3] })
    for _, batch in ipairs(list) do for _, i in ipairs(batch) do seen[i] = true end end
    assert.equal(10, #seen)
    assert.equal(2, #collect(10, 4, 1, 1, { drop_last = true }))
    assert.equal(2, #collect(8, 4, 1, 1, { drop_last = true }))
    assert.equal(0, #collect(0, 4))
  end)

  it("depend on seed and epoch, and can begin in the middle", function()
    assert.same(collect(50, 8, 3, 2), collect(50, 8, 3, 2))
    assert.are_not.same(collect(50, 8, 3, 2), collect(50, 8, 3, 3))
    local rest = collect(50, 8, 3, 2, { first = 5 })
    assert.same(collect(50, 8, 3, 2)[5], rest[5])
    assert.is_nil(rest[4])
  end)

  it("refuse sizes that are none", function()
    support.raises("a batch of at least 1 sample expected, got 0", batches, 10, 0)
    support.raises("a number of samples expected, got x", batches, "x", 1)
  end)
end)
