local circlet = require "circlet"
local slices = require "spec.ops.slices"
local support = require "spec.support"

local function sizes(t) return t:size():totable() end

-- Few distinct values, so that ties are everywhere.
local function sample(kind, ...)
  local t = circlet[kind .. "Tensor"](...)
  local flat = t:view(-1)
  for i = 1, t:nElement() do flat[i] = (i * 7 + i // 3) % 5 - (kind == "Byte" and 0 or 2) end
  return t
end

-- NaN above all numbers; equal elements by position.
local function plain_sort(x, descending)
  local order = {}
  for i = 1, #x do order[i] = i end
  table.sort(order, function(i, j)
    local a, b = x[i], x[j]
    local a_nan, b_nan = a ~= a, b ~= b
    if a == b or (a_nan and b_nan) then return i < j end
    local less = b_nan or (not a_nan and a < b)
    if descending then return not less end
    return less
  end)
  local sorted = {}
  for i, at in ipairs(order) do sorted[i] = x[at] end
  return sorted, order
end

local function plain_mode(x)
  local sorted, order = plain_sort(x)
  local best, longest = 1, 0
  for i = 1, #x do
    local n = 0
    for j = i, #x do if sorted[j] == sorted[i] then n = n + 1 end end
    if n > longest then best, longest = i, n end
  end
  return sorted[best], order[best]
end

-- Checks two results against f(slice) -> list of values, list of positions.
local function check(x, dim, values, indices, f)
  local v, i = {}, {}
  for s, slice in ipairs(slices.of(x, dim)) do v[s], i[s] = f(slice) end
  local inner = slices.inner(x, dim)
  support.near(slices.flat(v, inner), support.flat(values), 0, "values")
  assert.same(slices.flat(i, inner), support.flat(indices))
  assert.equal(x:type(), values:type())
end

describe("orderings", function()
  for _, kind in ipairs(support.types) do
    it("sort every dimension of every layout, equal elements in place, for " .. kind, function()
      for _, x in ipairs(support.layouts(sample(kind, 3, 7, 4))) do
        for dim = 1, 3 do
          for _, descending in ipairs { false, true } do
            local values, indices = x:sort(dim, descending)
            check(x, dim, values, indices, function(s) return plain_sort(s, descending) end)
          end
        end
        local values, indices = circlet.sort(x)
        check(x, 3, values, indices, plain_sort)
      end
    end)

    it("select for " .. kind, function()
      for _, x in ipairs(support.layouts(sample(kind, 3, 7, 4))) do
        for dim = 1, 3 do
          for k = 1, x:size(dim) do
            for _, largest in ipairs { false, true } do
              local values, indices = x:topk(k, dim, largest)
              assert.equal(k, values:size(dim))
              check(x, dim, values, indices, function(s)
                local v, i = plain_sort(s, largest)
                return { table.unpack(v, 1, k) }, { table.unpack(i, 1, k) }
              end)
            end
            local values, indices = x:kthvalue(k, dim)
            check(x, dim, values, indices, function(s)
              local v, i = plain_sort(s)
              return { v[k] }, { i[k] }
            end)
          end
          local values, indices = x:median(dim)
          check(x, dim, values, indices, function(s)
            local v, i = plain_sort(s)
            return { v[(#s + 1) // 2] }, { i[(#s + 1) // 2] }
          end)
          values, indices = x:mode(dim)
          check(x, dim, values, indices, function(s)
            local v, i = plain_mode(s)
            return { v }, { i }
          end)
        end
      end
    end)
  end

  it("place NaN above infinity and treat -0 as 0", function()
    local nan, inf = 0 / 0, math.huge
    for _, kind in ipairs(support.real_types) do
      local x = circlet[kind .. "Tensor"] { nan, 1, inf, 0.0, nan, -0.0, -inf }
      local _, indices = x:sort()
      assert.same({ 7, 4, 6, 2, 3, 1, 5 }, support.flat(indices))
      _, indices = x:sort(1, true)
      assert.same({ 1, 5, 3, 2, 4, 6, 7 }, support.flat(indices))
      assert.same({ 1, 5 }, support.flat(select(2, x:topk(2, 1, true))))
      assert.same({ 2 }, support.flat(select(2, x:median())))
      assert.same({ 1 }, support.flat(select(2, circlet[kind .. "Tensor"] { nan, 1, nan }:mode())))
    end
  end)

  it("sort integers at the ends of their range", function()
    local x = circlet.LongTensor { 0, math.maxinteger, -1, math.mininteger }
    assert.same({ math.mininteger, -1, 0, math.maxinteger }, support.flat((x:sort())))
  end)

  it("sort long, ordered and constant slices, with every number of threads", function()
    local before = circlet.getnumthreads()
    local n = 3000
    local x = circlet.FloatTensor(4, n)
    for j = 1, n do
      x[1][j] = j * 7919 % 3001 -- a permutation: 3001 is prime
      x[2][j] = j
      x[3][j] = -j
      x[4][j] = 5
    end
    for _, threads in ipairs { 1, 2, 3, 8 } do
      circlet.setnumthreads(threads)
      local values, indices = x:sort(2)
      assert.same(x[2]:totable(), values[1]:totable())
      assert.same(x[2]:totable(), values[2]:totable())
      assert.same(x[3]:sort(1, true):mul(-1):totable(), x[2]:totable())
      for j = 1, n do assert(indices[4][j] == j and x[1][indices[1][j]] == j) end
      local top, at = x:topk(1000, 2, true)
      for j = 1, 1000 do
        assert(top[1][j] == n + 1 - j and at[2][j] == n + 1 - j and at[4][j] == j)
      end
    end
    circlet.setnumthreads(before)
  end)

  it("write into given results and over the source", function()
    local x = circlet.FloatTensor { 3, 1, 2 }
    local values, indices = circlet.FloatTensor(), circlet.LongTensor()
    local v, i = circlet.sort(values, indices, x, 1, true)
    assert.is_true(v == values and i == indices)
    assert.same({ 3, 2, 1 }, values:totable())
    x:sort(indices, x)
    assert.same({ 1, 2, 3 }, x:totable())
    x:topk(indices, x, 2)
    assert.same({ 1, 2 }, x:totable())
  end)

  it("accept nothing to sort and refuse to select from it", function()
    local values, indices = circlet.FloatTensor():sort()
    assert.same({ 0, 0 }, { values:nElement(), indices:nElement() })
    assert.same({ 2, 0 }, sizes(circlet.FloatTensor(2, 0):sort(2)))
    assert.same({ 0, 1 }, sizes(circlet.FloatTensor(0, 3):median(2)))
    local none = circlet.FloatTensor(2, 0)
    support.raises("median: dimension 2 is empty", none.median, none, 2)
    support.raises("mode: dimension 1 is empty", function() circlet.FloatTensor(0):mode() end)
    support.raises("topk: k must be within 1..0", function() circlet.FloatTensor(0):topk(1) end)
  end)

  it("refuse misuse, and say why", function()
    local x = circlet.FloatTensor { { 1, 2, 3 } }
    support.raises("topk: k must be within 1..3, the size of dimension 2, got 4", x.topk, x, 4)
    support.raises("kthvalue: k must be within 1..3, the size of dimension 2, got 0", x.kthvalue, x,
      0)
    support.raises("dimension 3 is out of range", x.sort, x, 3)
    support.raises("sort: Float values and Long indices expected, got Long and Long", circlet.sort,
      circlet.LongTensor(), circlet.LongTensor(), x)
    support.raises("sort: expected (tensor) or (tensor, integer)", x.sort, x, "descending")
    support.raises("values and indices are given both or not at all", x.median, x, x)
  end)

  it("leave the source alone when memory runs out", function()
    local x = circlet.FloatTensor { 3, 1, 2 }
    local values, indices = circlet.FloatTensor(3), circlet.LongTensor(3)
    circlet.fail_allocation(1)
    support.raises("not enough memory", values.sort, values, indices, x)
    circlet.fail_allocation(0)
    assert.same({ 3, 1, 2 }, x:totable())
  end)
end)
