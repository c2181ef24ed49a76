local circlet = require "circlet"
local support = require "spec.support"

local function sizes(t) return t:size():totable() end

local function numbered(kind, ...)
  local t = circlet[kind .. "Tensor"](...)
  local flat = t:view(-1)
  for i = 1, t:nElement() do flat[i] = i end
  return t
end

local function walk(size, f)
  local position = {}
  local function go(d)
    if d > #size then return f(position) end
    for i = 1, size[d] do
      position[d] = i
      go(d + 1)
    end
  end
  go(1)
end

describe("cat", function()
  for _, kind in ipairs(support.types) do
    it("joins along every dimension, whatever the layouts, for " .. kind, function()
      for dim = 1, 3 do
        local other = { 2, 3, 4 }
        other[dim] = 2
        for _, a in ipairs(support.layouts(numbered(kind, 2, 3, 4))) do
          for _, b in ipairs(support.layouts(numbered(kind, table.unpack(other)))) do
            local joined = circlet.cat(a, b, dim)
            local size, n = { 2, 3, 4 }, a:size(dim)
            size[dim] = n + 2
            assert.same(size, sizes(joined))
            walk(size, function(p)
              local q = { table.unpack(p) }
              local from = p[dim] > n and b or a
              if p[dim] > n then q[dim] = p[dim] - n end
              assert.equal(from[q], joined[{ table.unpack(p) }])
            end)
          end
        end
      end
    end)
  end

  it("accepts Torch7's forms", function()
    local a, b = numbered("Float", 2), numbered("Float", 3)
    local result = circlet.FloatTensor()
    assert.same({ 1, 2, 1, 2, 3 }, circlet.cat(a, b):totable())
    assert.same({ 1, 2, 1, 2, 3 }, circlet.cat({ a, b }, 1):totable())
    assert.same({ 1, 2, 1, 2, 3 }, a:cat(b):totable())
    assert.equal(result, circlet.cat(result, a, b, 1))
    assert.same({ 1, 2, 1, 2, 3 }, result:totable())
    assert.equal(result, circlet.cat(result, { a, a, a }))
    assert.same({ 1, 2, 1, 2, 1, 2 }, result:totable())
    assert.same({ { 1, 1 }, { 2, 2 } }, circlet.cat(a, a, 2):totable())
    assert.same({ 2, 8 }, sizes(circlet.cat { numbered("Float", 2, 3), numbered("Float", 2, 5) }))
    assert.same({ 1, 2 }, circlet.cat({ a }):totable())
  end)

  it("skips empty tensors and may write over its parts", function()
    local a = numbered("Float", 2, 2)
    assert.same(a:totable(), circlet.cat({ circlet.FloatTensor(), a, circlet.FloatTensor() }, 1)
      :totable())
    assert.same({ 2, 2 }, sizes(circlet.cat(a, circlet.FloatTensor(0, 2), 1)))
    assert.equal(0, circlet.cat { circlet.FloatTensor() }:nElement())
    local x = numbered("Float", 3)
    circlet.cat(x, x:narrow(1, 2, 2), x, 1)
    assert.same({ 2, 3, 1, 2, 3 }, x:totable())
  end)

  it("refuses what does not fit", function()
    local a = numbered("Float", 2, 3)
    support.raises("cat: size 2x2 cannot follow size 2x3 along dimension 1", circlet.cat, a,
      numbered("Float", 2, 2), 1)
    support.raises("cat: size 2 cannot follow size 2x3", circlet.cat, a, numbered("Float", 2), 1)
    support.raises("cat: tensors of one type expected, got Float and Long", circlet.cat, a,
      a:long())
    support.raises("cat: a Float result expected, got Long", circlet.cat, circlet.LongTensor(),
      { a })
    support.raises("cat: at least one tensor expected", circlet.cat, {})
    support.raises("cat: a tensor expected as element 2, got number", circlet.cat, { a, 1 })
    support.raises("dimension 0 is out of range 1..8", circlet.cat, a, a, 0)
    support.raises("cat: expected ([result,] {tensors} [, dim])", circlet.cat, a, 1)
  end)
end)

describe("repeatTensor", function()
  it("repeats every dimension of every layout", function()
    for _, kind in ipairs(support.types) do
      for _, x in ipairs(support.layouts(numbered(kind, 2, 3))) do
        local y = x:repeatTensor(3, 2, 5)
        assert.same({ 3, 4, 15 }, sizes(y))
        walk({ 3, 4, 15 }, function(p)
          assert.equal(x[{ (p[2] - 1) % 2 + 1, (p[3] - 1) % 3 + 1 }], y[{ p[1], p[2], p[3] }])
        end)
      end
    end
  end)

  it("accepts a LongStorage, a result, no repetition and no copies", function()
    local x, result = numbered("Float", 2), circlet.FloatTensor()
    assert.same({ 1, 2, 1, 2, 1, 2 }, circlet.repeatTensor(x, 3):totable())
    assert.same({ 2, 4 }, sizes(x:repeatTensor(circlet.LongStorage { 2, 2 })))
    assert.equal(result, result:repeatTensor(x, 2, 1))
    assert.same({ { 1, 2 }, { 1, 2 } }, result:totable())
    x:repeatTensor(x, 2)
    assert.same({ 1, 2, 1, 2 }, x:totable())
    local same = x:repeatTensor(1)
    same:fill(9)
    assert.same({ 1, 2, 1, 2 }, x:totable())
    assert.same({ 0, 4 }, sizes(x:repeatTensor(0, 1)))
    assert.same({ 2, 0 }, sizes(circlet.FloatTensor(2, 0):repeatTensor(1, 3)))
  end)

  it("refuses too few, too many and negative repetitions", function()
    local x = numbered("Float", 2, 3)
    support.raises("repeatTensor: a repetition for each dimension of size 2x3", x.repeatTensor, x,
      2)
    support.raises("repetitions are out of range", x.repeatTensor, x, 2, -1)
    support.raises("repetitions are out of range", x.repeatTensor, x, 2, math.maxinteger)
    support.raises("at most 8 sizes", x.repeatTensor, x, 1, 1, 1, 1, 1, 1, 1, 1, 1)
    support.raises("no integer representation", x.repeatTensor, x, 1, 1.5)
  end)
end)

describe("split and chunk", function()
  it("give views with what is left in the last one", function()
    local x = numbered("Float", 2, 5)
    local parts = x:split(2, 2)
    assert.same({ { { 1, 2 }, { 6, 7 } }, { { 3, 4 }, { 8, 9 } }, { { 5 }, { 10 } } },
      { parts[1]:totable(), parts[2]:totable(), parts[3]:totable() })
    assert.equal(3, #parts)
    parts[3]:fill(0)
    assert.equal(0, x[2][5])
    assert.equal(2, #circlet.split(x, 1))
    assert.equal(1, #x:split(math.maxinteger))
    parts = x:chunk(3, 2)
    assert.same({ 2, 2, 1 }, { parts[1]:size(2), parts[2]:size(2), parts[3]:size(2) })
    assert.equal(2, #circlet.chunk(x, 7))
    assert.same({}, circlet.FloatTensor(0, 2):split(3))
  end)

  it("refuse misuse", function()
    local x = numbered("Float", 2, 5)
    support.raises("split: a size >= 1 expected", x.split, x, 0)
    support.raises("chunk: a number >= 1 expected", x.chunk, x, 0)
    support.raises("dimension 3 is out of range", x.split, x, 1, 3)
    support.raises("number expected, got no value", x.chunk, x)
  end)
end)

describe("diagonals and triangles", function()
  it("agree with their definitions for every offset, layout and type", function()
    for _, kind in ipairs(support.types) do
      for _, x in ipairs(support.layouts(numbered(kind, 3, 4))) do
        for k = -4, 5 do
          local low, high = x:tril(k), circlet.triu(x, k)
          local diagonal = {}
          for i = 1, 3 do
            for j = 1, 4 do
              assert.equal(j - i <= k and x[i][j] or 0, low[i][j] * 1)
              assert.equal(j - i >= k and x[i][j] or 0, high[i][j] * 1)
              if j - i == k then diagonal[#diagonal + 1] = x[i][j] end
            end
          end
          if k > -3 and k < 4 then
            assert.same(diagonal, x:diag(k):totable())
          else
            support.raises("diag: there is no diagonal " .. k .. " of size 3x4", x.diag, x, k)
          end
        end
      end
      assert.same({ { 1, 0 }, { 0, 2 } }, circlet.diag(numbered(kind, 2)):totable())
      assert.same({ { 0, 1, 0 }, { 0, 0, 2 }, { 0, 0, 0 } }, numbered(kind, 2):diag(1):totable())
      assert.same({ { 0, 0 }, { 1, 0 } }, numbered(kind, 1):diag(-1):totable())
    end
  end)

  it("write into results and over their source", function()
    local x = numbered("Float", 2, 2)
    assert.equal(x, x:tril(x))
    assert.same({ { 1, 0 }, { 3, 4 } }, x:totable())
    assert.equal(x, x:diag(x))
    assert.same({ 1, 4 }, x:totable())
    x:diag(x)
    assert.same({ { 1, 0 }, { 0, 4 } }, x:totable())
    local dirty = circlet.FloatTensor(2, 2):fill(9)
    assert.same({ { 1, 0 }, { 0, 2 } }, dirty:diag(numbered("Float", 2)):totable())
    assert.same({ 0, 3 }, sizes(circlet.FloatTensor(0, 3):triu()))
    assert.same({ { 1, 2 } }, circlet.FloatTensor { { 1, 2 } }:tril(math.maxinteger):totable())
    assert.same({ { 0, 0 } }, circlet.FloatTensor { { 1, 2 } }:tril(math.mininteger):totable())
  end)

  it("refuse other shapes and types", function()
    support.raises("tril: a matrix expected, got size 3", circlet.tril, circlet.FloatTensor(3))
    support.raises("diag: a vector or a matrix expected, got size 1x1x1", circlet.diag,
      circlet.FloatTensor(1, 1, 1))
    support.raises("triu: a Float result expected", circlet.triu, circlet.LongTensor(),
      circlet.FloatTensor(1, 1))
  end)
end)
