local circlet = require "circlet"
local support = require "spec.support"

local Long, Byte = circlet.LongTensor, circlet.ByteTensor

local function sizes(t) return t:size():totable() end

-- 1, 2, 3, ... : every element tells where it came from (Byte holds up to 255 of them).
local function numbered(kind, ...)
  local t = circlet[kind .. "Tensor"](...)
  local flat = t:view(-1)
  for i = 1, t:nElement() do flat[i] = i end
  return t
end

-- Calls f(position) for every position of a size, in row-major order.
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

local function at(t, position) return t[{ table.unpack(position) }] end

local function moved(position, dim, i)
  local other = { table.unpack(position) }
  other[dim] = i
  return other
end

describe("indexing", function()
  for _, kind in ipairs(support.types) do
    it("picks slices along every dimension for " .. kind, function()
      local picks = { 2, 1, 2, 2 }
      for _, x in ipairs(support.layouts(numbered(kind, 3, 2, 4))) do
        for _, index in ipairs(support.layouts(Long(picks))) do
          for dim = 1, 3 do
            local y, size = x:index(dim, index), { 3, 2, 4 }
            size[dim] = 4
            assert.same(size, sizes(y))
            walk(size, function(p)
              assert.equal(at(x, moved(p, dim, picks[p[dim]])), at(y, p))
            end)
          end
        end
      end
      assert.same({ 3, 3 }, numbered(kind, 3):index(1, Long { 3, 3 }):totable())
    end)

    it("writes, adds and fills slices for " .. kind, function()
      local original, picks = numbered(kind, 3, 2, 4), { 2, 1, 2 }
      for dim = 1, 3 do
        local size = { 3, 2, 4 }
        size[dim] = 3
        local values = circlet[kind .. "Tensor"](table.unpack(size)):fill(0)
        values:copy(numbered(kind, table.unpack(size)))
        for _, x in ipairs(support.layouts(original)) do
          for _, v in ipairs(support.layouts(values)) do
            local copied, added, filled = x:clone(), x:clone(), x:clone()
            copied:indexCopy(dim, Long(picks), v)
            added:indexAdd(dim, Long(picks), v)
            filled:indexFill(dim, Long(picks), 7)
            walk({ 3, 2, 4 }, function(p)
              local copy, sum, fill = at(x, p), at(x, p), at(x, p)
              for j, pick in ipairs(picks) do
                if pick == p[dim] then
                  copy = at(v, moved(p, dim, j))
                  sum = sum + copy
                  fill = 7
                end
              end
              assert.equal(copy, at(copied, p))
              assert.equal(sum, at(added, p))
              assert.equal(fill, at(filled, p))
            end)
          end
        end
        for _, x in ipairs(support.layouts(original)) do -- in place on awkward layouts
          local want = original:clone():indexCopy(dim, Long(picks), values)
          assert.equal(x, x:indexCopy(dim, Long(picks), values))
          assert.same(support.flat(want), support.flat(x))
        end
      end
    end)

    it("gathers and scatters for " .. kind, function()
      for dim = 1, 3 do
        local size = { 3, 2, 4 }
        size[dim] = 2
        local index = Long(table.unpack(size))
        local flat = index:view(-1)
        for i = 1, flat:nElement() do flat[i] = (i * 5 + i // 2) % ({ 3, 2, 4 })[dim] + 1 end
        for _, x in ipairs(support.layouts(numbered(kind, 3, 2, 4))) do
          for _, i in ipairs(support.layouts(index)) do
            local gathered = circlet.gather(x, dim, i)
            walk(size, function(p)
              assert.equal(at(x, moved(p, dim, at(index, p))), at(gathered, p))
            end)
            local want, filled = x:clone(), x:clone()
            walk(size, function(p)
              want[moved(p, dim, at(index, p))] = at(gathered, p) + 3
              filled[moved(p, dim, at(index, p))] = 9
            end)
            local values = gathered:clone()
            walk(size, function(p) values[p] = at(gathered, p) + 3 end)
            assert.same(support.flat(want), support.flat(x:clone():scatter(dim, i, values)))
            assert.same(support.flat(filled), support.flat(x:clone():scatter(dim, i, 9)))
          end
        end
      end
    end)

    it("selects, fills and copies under masks for " .. kind, function()
      local mask = Byte { { 1, 0, 0, 1 }, { 0, 0, 1, 1 }, { 0, 1, 0, 0 } }
      for _, x in ipairs(support.layouts(numbered(kind, 3, 4))) do
        for _, m in ipairs(support.layouts(mask)) do
          assert.same({ 1, 4, 7, 8, 10 }, support.flat(x:maskedSelect(m)))
          assert.same({ 1, 4, 7, 8, 10 }, support.flat(x[m]))
          local y = x:clone()
          y[m] = 5
          assert.same({ 5, 2, 3, 5, 5, 6, 5, 5, 9, 5, 11, 12 }, support.flat(y))
          y[m] = x:new { 21, 22, 23, 24, 25, 26 }
          assert.same({ 21, 2, 3, 22, 5, 6, 23, 24, 9, 25, 11, 12 }, support.flat(y))
        end
        assert.equal(x, x:maskedFill(mask, 5))
        assert.same({ 5, 2, 3, 5, 5, 6, 5, 5, 9, 5, 11, 12 }, support.flat(x))
      end
      assert.equal(0, numbered(kind, 3):maskedSelect(Byte { 0, 0, 0 }):dim())
    end)

    it("finds what is not zero for " .. kind, function()
      local x = circlet[kind .. "Tensor"] { { 0, 3, 0 }, { 1, 0, 2 } }
      for _, y in ipairs(support.layouts(x)) do
        assert.same({ { 1, 2 }, { 2, 1 }, { 2, 3 } }, y:nonzero():totable())
      end
      assert.same({ { 2 }, { 3 } }, circlet.nonzero(x:new { 0, 1, 1 }):totable())
      assert.equal(0, x:zero():nonzero():dim())
    end)
  end

  it("picks rows of big matrices with every number of threads", function()
    local before = circlet.getnumthreads()
    local x, index = circlet.FloatTensor(200, 300), Long(500)
    local flat = x:view(-1)
    for i = 1, flat:nElement() do flat[i] = i end
    for i = 1, 500 do index[i] = i * 7 % 200 + 1 end
    for _, threads in ipairs { 1, 2, 3, 8 } do
      circlet.setnumthreads(threads)
      local y = x:narrow(2, 5, 290):index(1, index)
      for _, i in ipairs { 1, 77, 500 } do
        assert.is_true(y[i]:equal(x[index[i]]:narrow(1, 5, 290)))
      end
    end
    circlet.setnumthreads(before)
  end)

  it("writes into given results and over what it reads", function()
    local x, y = numbered("Float", 3, 2), circlet.FloatTensor()
    assert.equal(y, y:index(x, 1, Long { 3 }))
    assert.same({ { 5, 6 } }, y:totable())
    assert.equal(x, x:index(x, 1, Long { 3, 1 }))
    assert.same({ { 5, 6 }, { 1, 2 } }, x:totable())
    local i = Long { 2, 3, 1 }
    i:indexCopy(1, i, i) -- i[2]=2, i[3]=3, i[1]=1
    assert.same({ 1, 2, 3 }, i:totable())
    i = Long { 3, 1, 2 }
    i:gather(i, 1, i)
    assert.same({ 2, 3, 1 }, i:totable())
    local rows = numbered("Float", 4, 2)
    rows:narrow(1, 2, 3):indexCopy(1, Long { 1, 2, 3 }, rows:narrow(1, 1, 3))
    assert.same({ { 1, 2 }, { 1, 2 }, { 3, 4 }, { 5, 6 } }, rows:totable())
    local m = Byte { 1, 0, 1 }
    m:maskedFill(m, 0)
    assert.same({ 0, 0, 0 }, m:totable())
    m = Byte { 0, 1, 1 }
    m:maskedSelect(m, m)
    assert.same({ 1, 1 }, m:totable())
  end)

  it("does nothing for no indices and no elements", function()
    local x = numbered("Float", 3, 2)
    assert.same({ 0, 2 }, sizes(x:index(1, Long())))
    assert.same({ 3, 0 }, sizes(x:index(2, Long(0))))
    x:indexFill(1, Long(), 9):indexCopy(1, Long(), circlet.FloatTensor(0, 2))
    assert.same({ 1, 2, 3, 4, 5, 6 }, support.flat(x))
    assert.same({ 0, 2 }, sizes(x:gather(1, Long(0, 2))))
    assert.equal(0, circlet.FloatTensor():maskedSelect(Byte()):nElement())
    assert.equal(0, circlet.FloatTensor():nonzero():nElement())
    assert.same({ 2, 0 }, sizes(circlet.FloatTensor(3, 0):index(1, Long { 1, 3 })))
  end)

  it("names a bad index, its position and the range, and writes nothing", function()
    local x = numbered("Float", 3, 2)
    local values = circlet.FloatTensor(2, 2):fill(0)
    local message = "index 4 at position 2 is out of range 1..3 of dimension 1"
    support.raises("index: " .. message, x.index, x, 1, Long { 1, 4 })
    support.raises("index: index 0 at position 1 is out of range 1..2 of dimension 2", x.index, x,
      2, Long { 0 })
    support.raises("indexCopy: " .. message, x.indexCopy, x, 1, Long { 1, 4 }, values)
    support.raises("indexAdd: " .. message, x.indexAdd, x, 1, Long { 1, 4 }, values)
    support.raises("indexFill: " .. message, x.indexFill, x, 1, Long { 1, 4 }, 0)
    support.raises("scatter: " .. message, x.scatter, x, 1, Long { { 1, 4 } }, 0)
    support.raises("gather: index -1 at position 2", x.gather, x, 1, Long { { 1, -1 } })
    assert.same({ 1, 2, 3, 4, 5, 6 }, support.flat(x))
  end)

  it("refuses other misuse, and says why", function()
    local x = numbered("Float", 3, 2)
    support.raises("index: a LongTensor of indices expected, got IntTensor", x.index, x, 1,
      circlet.IntTensor { 1 })
    support.raises("index: a vector of indices expected, got size 1x1", x.index, x, 1,
      Long { { 1 } })
    support.raises("dimension 3 is out of range", x.index, x, 3, Long { 1 })
    support.raises("index: expected (tensor, integer, tensor)", x.index, x, 1, { 1 })
    support.raises("index: a Float result expected, got Long", x.index, Long(), x, 1, Long { 1 })
    support.raises("indexCopy: values of size 1x2 expected, got 2", x.indexCopy, x, 1, Long { 1 },
      circlet.FloatTensor(2))
    support.raises("indexAdd: a FloatTensor of values expected, got DoubleTensor", x.indexAdd, x, 1,
      Long { 1 }, circlet.DoubleTensor(1, 2))
    support.raises("gather: indices must have the tensor's size 3x2 but along dimension 1, got 1x3",
      x.gather, x, 1, Long { { 1, 1, 1 } })
    support.raises("scatter: values of the indices' size 1x2 expected, got 2x2", x.scatter, x, 1,
      Long { { 1, 1 } }, circlet.FloatTensor(2, 2))
    support.raises("maskedSelect: a ByteTensor as mask expected, got LongTensor", x.maskedSelect, x,
      Long(3, 2))
    support.raises("maskedFill: mask 2 and tensor 3x2 hold different numbers of elements",
      x.maskedFill, x, Byte { 1, 0 }, 1)
    support.raises("maskedFill: a mask holds 0 and 1, got 2", x.maskedFill, x,
      Byte(3, 2):fill(2), 1)
    support.raises("maskedCopy: 6 values expected, got 1", x.maskedCopy, x, Byte(3, 2):fill(1),
      circlet.FloatTensor { 1 })
    support.raises("maskedCopy: a FloatTensor of values expected", x.maskedCopy, x,
      Byte(3, 2):fill(1), Long(6))
    support.raises("nonzero: a Long result expected", circlet.nonzero, circlet.FloatTensor(), x)
  end)
end)
