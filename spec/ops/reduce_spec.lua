local circlet = require "circlet"
local slices = require "spec.ops.slices"
local support = require "spec.support"

local function sizes(t) return t:size():totable() end

-- Small numbers with repetitions; sums and products of up to five of them are exact everywhere.
local function sample(kind, ...)
  local t = circlet[kind .. "Tensor"](...)
  local flat = t:view(-1)
  for i = 1, t:nElement() do flat[i] = (i * 7 + i // 3) % 4 + (kind == "Byte" and 0 or -1) end
  return t
end

local plain = {}
function plain.sum(x)
  local sum = 0
  for _, v in ipairs(x) do sum = sum + v end
  return sum
end
function plain.prod(x)
  local prod = 1
  for _, v in ipairs(x) do prod = prod * v end
  return prod
end
function plain.mean(x) return plain.sum(x) / #x end
function plain.var(x, biased)
  local mean, sum = plain.mean(x), 0
  for _, v in ipairs(x) do sum = sum + (v - mean) ^ 2 end
  return sum / (biased and #x or #x - 1)
end
function plain.std(x, biased) return math.sqrt(plain.var(x, biased)) end
function plain.norm(x, p)
  local sum = 0
  for _, v in ipairs(x) do
    local a = math.abs(v)
    if p == math.huge then sum = math.max(sum, a)
    elseif p == 0 then sum = sum + (a ~= 0 and 1 or 0)
    else sum = sum + a ^ p end
  end
  return (p == math.huge or p == 0) and sum or sum ^ (1 / p)
end
function plain.max(x)
  local best, at = x[1], 1
  for i = 2, #x do
    if best ~= best then break end
    if x[i] > best or x[i] ~= x[i] then best, at = x[i], i end
  end
  return best, at
end
function plain.min(x)
  local best, at = x[1], 1
  for i = 2, #x do
    if best ~= best then break end
    if x[i] < best or x[i] ~= x[i] then best, at = x[i], i end
  end
  return best, at
end

-- Applies f to every slice and gives the flat results.
local function each(t, dim, f)
  local list = {}
  for _, slice in ipairs(slices.of(t, dim)) do list[#list + 1] = f(slice) end
  return list
end

describe("reductions", function()
  for _, kind in ipairs(support.types) do
    it("add and multiply along every dimension of every layout for " .. kind, function()
      for _, x in ipairs(support.layouts(sample(kind, 3, 4, 5))) do
        for dim = 1, 3 do
          local want = { 3, 4, 5 }
          want[dim] = 1
          assert.same(each(x, dim, plain.sum), support.flat(x:sum(dim)))
          assert.same(each(x, dim, plain.prod), support.flat(x:prod(dim)))
          assert.same(want, sizes(circlet.sum(x, dim)))
          assert.equal(x:type(), x:sum(dim):type())
        end
        assert.equal(plain.sum(support.flat(x)), x:sum())
        assert.equal(plain.prod(support.flat(x)), x:prod())
        assert.equal(math.type(support.flat(x)[1]), math.type(x:sum()))
      end
    end)

    it("find extremes and where they are for " .. kind, function()
      for _, x in ipairs(support.layouts(sample(kind, 3, 4, 5))) do
        for _, name in ipairs { "max", "min" } do
          for dim = 1, 3 do
            local values, indices = x[name](x, dim)
            assert.same(each(x, dim, plain[name]), support.flat(values))
            assert.same(each(x, dim, function(s) return select(2, plain[name](s)) end),
              support.flat(indices))
            assert.equal("circlet.LongTensor", indices:type())
          end
          assert.equal((plain[name](support.flat(x))), x[name](x))
        end
      end
    end)

    it("accumulate for " .. kind, function()
      for _, x in ipairs(support.layouts(sample(kind, 3, 2, 4))) do
        for dim = 1, 3 do
          local sums, products = {}, {}
          for i, slice in ipairs(slices.of(x, dim)) do
            sums[i], products[i] = {}, {}
            for j = 1, #slice do
              sums[i][j] = plain.sum { table.unpack(slice, 1, j) }
              products[i][j] = plain.prod { table.unpack(slice, 1, j) }
            end
          end
          local inner = slices.inner(x, dim)
          assert.same(slices.flat(sums, inner), support.flat(x:cumsum(dim)))
          assert.same(slices.flat(products, inner), support.flat(circlet.cumprod(x, dim)))
        end
        local once = x:cumsum()
        assert.same(support.flat(x:cumsum(1)), support.flat(once))
        assert.equal(x, x:cumsum(x, 1)) -- onto itself
        assert.same(support.flat(once), support.flat(x))
      end
    end)
  end

  for _, kind in ipairs(support.real_types) do
    it("average, vary and measure for " .. kind, function()
      -- results are rounded once from double: half an epsilon, and the plain versions in double
      -- err by less than 60 * 2^-53 themselves
      local tolerance = support.epsilon[kind] / 2 + 64 * 2 ^ -53
      for _, x in ipairs(support.layouts(sample(kind, 3, 4, 5))) do
        local flat = support.flat(x)
        for dim = 1, 3 do
          support.near(each(x, dim, plain.mean), support.flat(x:mean(dim)), tolerance, "mean")
          for _, biased in ipairs { false, true } do
            support.near(each(x, dim, function(s) return plain.var(s, biased) end),
              support.flat(x:var(dim, biased)), tolerance, "var")
            support.near(each(x, dim, function(s) return plain.std(s, biased) end),
              support.flat(x:std(dim, biased)), tolerance, "std")
          end
          for _, p in ipairs { 0, 1, 2, 3, 0.5, math.huge } do
            support.near(each(x, dim, function(s) return plain.norm(s, p) end),
              support.flat(x:norm(p, dim)), tolerance, "norm " .. p)
          end
        end
        support.near({ plain.mean(flat), plain.var(flat), plain.var(flat, true), plain.std(flat) },
          { x:mean(), x:var(), x:var(true), x:std() }, 64 * 2 ^ -53, "all")
        for _, p in ipairs { 0, 1, 2, 3, math.huge } do
          support.near({ plain.norm(flat, p) }, { x:norm(p) }, 64 * 2 ^ -53, "norm")
        end
        assert.equal(x:norm(2), x:norm())
      end
    end)

    it("measure distances and renorm for " .. kind, function()
      local x, y = sample(kind, 3, 4), sample(kind, 4, 3):fill(0.5)
      local differences = {}
      for i, v in ipairs(support.flat(x)) do differences[i] = v - 0.5 end
      for _, a in ipairs(support.layouts(x)) do
        support.near({ plain.norm(differences, 2), plain.norm(differences, 1) },
          { a:dist(y), circlet.dist(a, y, 1) }, 16 * 2 ^ -53, "dist")
        local before = support.flat(a)
        local scaled = circlet.renorm(a, 2, 1, 1.5)
        assert.same(before, support.flat(a))
        for i = 1, 3 do
          local norm = a[i]:norm()
          local factor = norm > 1.5 and 1.5 / (norm + 1e-7) or 1
          local want = {}
          for j = 1, 4 do want[j] = a[i][j] * factor end
          support.near(want, support.flat(scaled[i]), support.epsilon[kind], "renorm")
        end
        assert.equal(a, a:renorm(2, 1, 1.5))
        assert.same(support.flat(scaled), support.flat(a))
      end
    end)

    it("let NaN through and find it first for " .. kind, function()
      local nan, x = 0 / 0, circlet[kind .. "Tensor"] { { 1, 2, 3, 9 }, { 4, 5, 6, 9 } }
      x[2][2], x[2][3] = nan, nan
      for _, a in ipairs(support.layouts(x)) do
        for _, name in ipairs { "sum", "mean", "prod", "var", "std", "max", "min", "norm" } do
          local all = a[name](a)
          assert(all ~= all, name)
        end
        for _, name in ipairs { "max", "min" } do
          local values, indices = a[name](a, 2)
          assert.is_true(values[2][1] ~= values[2][1])
          assert.equal(2, indices[2][1])
          values, indices = a[name](a, 1)
          assert.is_true(values[1][2] ~= values[1][2])
          assert.same({ name == "max" and 2 or 1, 2, 2, 1 }, support.flat(indices))
        end
      end
    end)

    it("keep norms and variances of huge, tiny and shifted numbers for " .. kind, function()
      local big = kind == "Float" and 1e38 or 1e300
      local x = circlet[kind .. "Tensor"] { 3, 4 }
      for _, scale in ipairs { big / 1e1, 1 / big } do
        local y = x:clone()
        for i = 1, 2 do y[i] = x[i] * scale end
        support.near({ 1 }, { y:norm() / (5 * scale) }, 4 * support.epsilon[kind], "norm")
        support.near({ 1 }, { y:view(1, 2):norm(2, 2)[1][1] / (5 * scale) },
          4 * support.epsilon[kind], "norm along")
      end
      local shifted = circlet[kind .. "Tensor"] { 2 ^ 20, 2 ^ 20 + 1, 2 ^ 20 + 2 }
      assert.equal(1, shifted:var())
      assert.equal(1, shifted:view(3, 1):var(1)[1][1])
    end)
  end

  it("give matrices larger than one block or piece the sums of plain Lua", function()
    -- whole numbers: sums below 2^24 are exact in every order
    local x = circlet.FloatTensor(130, 300)
    local flat, columns, total = x:view(-1), {}, 0
    for i = 1, flat:nElement() do
      flat[i] = i * 31 % 17
      columns[(i - 1) % 300 + 1] = (columns[(i - 1) % 300 + 1] or 0) + i * 31 % 17
      total = total + i * 31 % 17
    end
    assert.same(columns, support.flat(x:sum(1)))
    assert.same(columns, support.flat(x:t():sum(2)))
    assert.equal(total, x:sum())
    assert.equal(total, x:t():sum())
    assert.equal(16, x:max())
    flat[30000] = 99
    assert.equal(99, x:max())
    assert.equal(-99, (function() flat[39000] = -99 return x:min() end)())
  end)

  it("know what nothing sums to", function()
    local empty = circlet.FloatTensor()
    assert.same({ 0, 1, 0 }, { empty:sum(), empty:prod(), empty:norm() })
    assert.equal(0, circlet.LongTensor():sum())
    assert.same({ 0, 0, 0 }, support.flat(circlet.FloatTensor(0, 3):sum(1)))
    assert.same({ 0, 1 }, sizes(circlet.FloatTensor(0, 3):sum(2)))
    assert.same({ 1, 1 }, support.flat(circlet.IntTensor(2, 0):prod(2)))
    assert.same({ 0, 3 }, sizes(circlet.FloatTensor(0, 3):cumsum(1)))
    for _, name in ipairs { "max", "min", "mean", "var", "std" } do
      support.raises(name .. ": the tensor is empty", function() return empty[name](empty) end)
      support.raises(name .. ": dimension 1 is empty", function()
        local t = circlet.FloatTensor(0, 3)
        return t[name](t, 1)
      end)
    end
    local one = circlet.FloatTensor { 5 }
    assert.is_true(one:var() ~= one:var()) -- 0/0: one element has no unbiased variance
    assert.equal(0, one:var(true))
    assert.is_false(circlet.ByteTensor():any())
    assert.is_true(circlet.ByteTensor():all())
  end)

  it("write into given results, sources included", function()
    local x = circlet.FloatTensor { { 1, 2 }, { 3, 4 } }
    local result = circlet.FloatTensor()
    assert.equal(result, result:sum(x, 1))
    assert.same({ { 4, 6 } }, result:totable())
    assert.equal(result, circlet.mean(result, x, 2))
    assert.same({ { 1.5 }, { 3.5 } }, result:totable())
    local values, indices = circlet.FloatTensor(), circlet.LongTensor()
    local v, i = values:max(indices, x, 2)
    assert.is_true(v == values and i == indices)
    assert.same({ { 2 }, { 4 } }, values:totable())
    x:sum(x, 1)
    assert.same({ { 4, 6 } }, x:totable())
  end)

  it("answer questions about masks and equality", function()
    local mask = circlet.ByteTensor { { 0, 1 }, { 0, 0 } }
    assert.same({ true, false }, { mask:any(), mask:all() })
    assert.same({ false, true }, { mask:t()[1]:any(), mask:clone():fill(3):all() })
    local x = circlet.FloatTensor { { 1, 2 }, { 3, 4 } }
    assert.is_true(x:equal(x:clone()))
    assert.is_true(circlet.equal(x:t(), x:t():clone()))
    assert.is_false(x:equal(x:t()))
    assert.is_false(x:equal(x:view(4)))
    x[1][1] = 0 / 0
    assert.is_false(x:equal(x))
    support.raises("equal: tensors of one type expected", x.equal, x, x:double())
  end)

  it("trace", function()
    local x = sample("Long", 3, 4)
    assert.equal(x[1][1] + x[2][2] + x[3][3], x:trace())
    assert.equal(x[1][1] + x[2][2] + x[3][3], circlet.trace(x:t()))
    support.raises("trace: a matrix expected, got size 3", x.trace, circlet.FloatTensor(3))
  end)

  it("have the same bits for every number of threads", function()
    local before = circlet.getnumthreads()
    for _, kind in ipairs(support.real_types) do
      local x = circlet[kind .. "Tensor"](150, 500)
      local flat, first = x:view(-1), nil
      for i = 1, flat:nElement() do flat[i] = math.sin(i) end
      for _, threads in ipairs { 1, 2, 3, 8 } do
        circlet.setnumthreads(threads)
        local numbers = { x:sum(), x:mean(), x:std(), x:norm(3), x:prod(), x:max() }
        local tensors = { x:sum(1), x:sum(2), x:var(1), x:norm(2, 2), x:t():mean(1), x:cumsum(1) }
        first = first or { numbers, tensors }
        assert.same(first[1], numbers)
        for i, t in ipairs(tensors) do assert.is_true(first[2][i]:equal(t)) end
      end
    end
    circlet.setnumthreads(before)
  end)

  it("refuse what they cannot do, and say why", function()
    local x = circlet.LongTensor(2, 3):fill(1)
    support.raises("mean: a Float or Double tensor expected, got Long", x.mean, x)
    support.raises("std: a Float or Double tensor expected, got Byte", circlet.std,
      circlet.ByteTensor(3), 1)
    support.raises("dimension 3 is out of range, the tensor has 2", x.sum, x, 3)
    support.raises("dimension 0 is out of range", x.max, x, 0)
    support.raises("sum: expected (tensor) or (tensor, integer), got (tensor, string)", x.sum, x,
      "1")
    support.raises("sum: a Long result expected, got Float", circlet.sum, circlet.FloatTensor(), x,
      1)
    support.raises("a result tensor needs a dimension", circlet.sum, x, x)
    support.raises("values and indices are given both or not at all", x.max, x, x, 1)
    support.raises("Long values and Long indices expected, got Long and Float", x.max, x:clone(),
      circlet.FloatTensor(), x, 1)
    support.raises("sum: a result does not fit the Byte tensor that holds it", function()
      circlet.ByteTensor(300):fill(1):sum(1)
    end)
    assert.equal(300, circlet.ByteTensor(300):fill(1):sum())
    support.raises("cumprod: a result does not fit the Int tensor", function()
      circlet.IntTensor(40):fill(2):cumprod()
    end)
    support.raises("dist: 3 and 2 hold different numbers of elements", circlet.dist,
      circlet.FloatTensor(3), circlet.FloatTensor(2))
    support.raises("any: a Byte tensor expected, got Long", x.any, x)
    support.raises("renorm: a power > 0", circlet.renorm, x:float(), -1, 1, 1)
  end)
end)
