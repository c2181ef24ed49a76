local circlet = require "circlet"
local support = require "spec.support"

-- Numbers 0, 1, 2: every product and sum is exact in every type, so results must be equal.
local function whole(kind, seed, ...)
  local t = circlet[kind .. "Tensor"](...)
  local flat = t:view(-1)
  for i = 1, t:nElement() do flat[i] = (i * seed + i // 2) % 3 end
  return t
end

local function sizes(t) return t:size():totable() end

-- rows of numbers -> rows of numbers
local function multiply(a, b)
  local c = {}
  for i = 1, #a do
    c[i] = {}
    for j = 1, #b[1] do
      c[i][j] = 0
      for k = 1, #b do c[i][j] = c[i][j] + a[i][k] * b[k][j] end
    end
  end
  return c
end

local function combine(beta, m, alpha, product)
  local c = {}
  for i = 1, #product do
    c[i] = {}
    for j = 1, #product[i] do c[i][j] = beta * m[i][j] + alpha * product[i][j] end
  end
  return c
end

describe("matrix products", function()
  for _, kind in ipairs(support.types) do
    it("agree with plain Lua in every layout for " .. kind, function()
      local a, b, m = whole(kind, 3, 4, 5), whole(kind, 2, 5, 3), whole(kind, 5, 4, 3)
      local product = multiply(a:totable(), b:totable())
      local sum = combine(2, m:totable(), 3, product)
      for _, x in ipairs(support.layouts(a)) do
        for _, y in ipairs(support.layouts(b)) do
          assert.same(product, circlet.mm(x, y):totable())
          for _, z in ipairs(support.layouts(m)) do
            assert.same(sum, circlet.addmm(2, z, 3, x, y):totable())
            z:addmm(2, 3, x, y)
            assert.same(sum, z:totable())
          end
        end
      end
    end)

    it("multiply matrices and vectors for " .. kind, function()
      local a, x, v = whole(kind, 3, 4, 5), whole(kind, 2, 5), whole(kind, 5, 4)
      local column, m = {}, {}
      for i = 1, 5 do column[i] = { x[i] } end
      for i = 1, 4 do m[i] = { v[i] } end
      local product = multiply(a:totable(), column)
      for _, matrix in ipairs(support.layouts(a)) do
        for _, vector in ipairs(support.layouts(x)) do
          assert.same(support.flat(circlet.Tensor(product):type(a:type())),
            support.flat(circlet.mv(matrix, vector)))
          for _, added in ipairs(support.layouts(v)) do
            added:addmv(2, 3, matrix, vector)
            local expected = combine(2, m, 3, product)
            for i = 1, 4 do assert.equal(expected[i][1], added[i]) end
          end
        end
      end
    end)

    it("make outer products for " .. kind, function()
      local x, y, m = whole(kind, 3, 4), whole(kind, 2, 3), whole(kind, 5, 4, 3)
      local column = {}
      for i = 1, 4 do column[i] = { x[i] } end
      local product = multiply(column, { y:totable() })
      for _, u in ipairs(support.layouts(x)) do
        for _, v in ipairs(support.layouts(y)) do
          assert.same(product, circlet.ger(u, v):totable())
          for _, z in ipairs(support.layouts(m)) do
            z:addr(2, 3, u, v)
            assert.same(combine(2, m:totable(), 3, product), z:totable())
          end
        end
      end
      assert.same({ 4, 1 }, sizes(circlet.ger(x, whole(kind, 1, 1))))
    end)

    it("multiply batches for " .. kind, function()
      local a, b = whole(kind, 3, 2, 4, 5), whole(kind, 2, 2, 5, 3)
      local m, total = whole(kind, 5, 2, 4, 3), whole(kind, 5, 4, 3)
      local product = { multiply(a[1]:totable(), b[1]:totable()),
        multiply(a[2]:totable(), b[2]:totable()) }
      local sum = combine(2, total:totable(), 3, product[1])
      sum = combine(1, sum, 3, product[2])
      local added = { combine(2, m[1]:totable(), 3, product[1]),
        combine(2, m[2]:totable(), 3, product[2]) }
      for _, x in ipairs(support.layouts(a)) do
        for _, y in ipairs(support.layouts(b)) do
          assert.same(product, circlet.bmm(x, y):totable())
          assert.same(sum, circlet.addbmm(2, total, 3, x, y):totable())
          for _, z in ipairs(support.layouts(m)) do
            z:baddbmm(2, 3, x, y)
            assert.same(added, z:totable())
          end
        end
      end
    end)

    it("take the inner product over elements in order for " .. kind, function()
      local a, b = whole(kind, 3, 4, 5), whole(kind, 2, 20)
      local expected = 0
      local x, y = support.flat(a), support.flat(b)
      for i = 1, 20 do expected = expected + x[i] * y[i] end
      for _, u in ipairs(support.layouts(a)) do
        for _, v in ipairs(support.layouts(b)) do assert.equal(expected, u:dot(v)) end
      end
      assert.equal(0, a.new():dot(a.new()))
    end)
  end

  it("accept Torch7's forms", function()
    local a, b = whole("Double", 3, 2, 3), whole("Double", 2, 3, 2)
    local m = whole("Double", 5, 2, 2)
    local product = multiply(a:totable(), b:totable())
    local function want(beta, alpha) return combine(beta, m:totable(), alpha, product) end
    local r = circlet.DoubleTensor()
    assert.same(want(1, 1), circlet.addmm(m, a, b):totable())
    assert.same(want(1, 3), circlet.addmm(m, 3, a, b):totable())
    assert.same(want(2, 1), circlet.addmm(2, m, a, b):totable())
    assert.same(want(2, 3), circlet.addmm(r, 2, m, 3, a, b):totable())
    assert.same(want(2, 3), r:totable())
    assert.same(want(1, 1), r:addmm(m, a, b):totable())
    assert.same(want(1, 3), r:addmm(m, 3, a, b):totable())
    assert.same(want(2, 1), r:addmm(2, m, a, b):totable())
    assert.same(want(2, 3), r:addmm(2, m, 3, a, b):totable())
    assert.same(want(1, 1), m:clone():addmm(a, b):totable())
    assert.same(want(1, 3), m:clone():addmm(3, a, b):totable())
    assert.same(want(2, 3), m:clone():addmm(2, 3, a, b):totable())
    assert.equal(r, r:mm(a, b))
    assert.same(product, r:totable())
  end)

  it("may write over what they read", function()
    local a = whole("Float", 3, 4, 4)
    local square = multiply(a:totable(), a:totable())
    local x = a:clone()
    x:mm(x, x)
    assert.same(square, x:totable())
    x = a:clone()
    x:addmm(0, 1, x:t(), x)
    assert.same(multiply(a:t():totable(), a:totable()), x:totable())
    local b = whole("Float", 5, 4, 4)
    x = a:clone() -- the addend is another view of the result
    x:addmm(x:t(), b, b)
    assert.same(combine(1, a:t():totable(), 1, multiply(b:totable(), b:totable())), x:totable())
    x = a:clone()
    x:t():mm(x, x)
    assert.same(square, x:t():totable())
    x = a:clone() -- the result shares memory with a factor and has another size
    local other_size = x:narrow(1, 1, 2)
    other_size:mm(x, x:narrow(2, 1, 2))
    assert.same(multiply(a:totable(), a:narrow(2, 1, 2):totable()), other_size:totable())
    local expanded = circlet.FloatTensor { { 1, 2 } }:expand(3, 2)
    assert.same({ { 5, 5, 5 }, { 5, 5, 5 }, { 5, 5, 5 } },
      circlet.mm(expanded, expanded:t()):totable())
  end)

  it("may write over either factor where the product is made tile by tile", function()
    local n = 200 -- several tiles: the first one written would spoil what later ones read
    local a, b = whole("Float", 3, n, n), whole("Float", 5, n, n)
    local product = circlet.mm(a, b)
    assert.is_true(a:clone():mm(a, b):equal(product))
    local x = a:clone()
    assert.is_true(x:mm(x, b):equal(product))
    x = b:clone()
    assert.is_true(x:mm(a, x):equal(product))
    x = a:t():clone()
    assert.is_true(x:mm(x:t(), b):equal(product))
  end)

  it("give zeros for empty sums and nothing for empty sides", function()
    local a, b = circlet.FloatTensor(2, 0), circlet.FloatTensor(0, 3)
    assert.same({ { 0, 0, 0 }, { 0, 0, 0 } }, circlet.mm(a, b):totable())
    assert.same({ { 2, 2, 2 }, { 2, 2, 2 } },
      circlet.addmm(2, circlet.FloatTensor(2, 3):fill(1), a, b):totable())
    assert.same({ 0, 2 }, sizes(circlet.mm(circlet.FloatTensor(0, 3), circlet.FloatTensor(3, 2))))
    assert.same({ 0, 0 }, circlet.mv(a, circlet.FloatTensor(0)):totable())
    assert.same({ { 0, 0 }, { 0, 0 } }, circlet.addbmm(0, circlet.FloatTensor(2, 2):fill(1),
      circlet.FloatTensor(0, 2, 3), circlet.FloatTensor(0, 3, 2)):totable())
  end)

  it("do not read what beta = 0 leaves out, and let NaN in factors through", function()
    local nan = 0 / 0
    for _, kind in ipairs(support.real_types) do
      for _, n in ipairs { 2, 100 } do
        local a = circlet[kind .. "Tensor"](n, n):fill(1)
        local dirty = a:clone():fill(nan)
        dirty:addmm(0, 1, a, a)
        assert.same({ n, n }, { dirty[1][1], dirty[n][n] })
        dirty:fill(nan):addmm(0, 1, a:narrow(2, 1, 0), a:narrow(1, 1, 0))
        assert.equal(0, dirty[n][n])
        a[1][1] = nan
        local product = circlet.mm(a, a)
        assert.is_true(product[1][2] ~= product[1][2])
        assert.equal(n, product[2][2])
      end
    end
  end)

  it("keep double precision: relative error of a sum of k products below (k+1) epsilon", function()
    local k = 300
    for _, kind in ipairs(support.real_types) do
      local a, b = circlet[kind .. "Tensor"](3, k), circlet[kind .. "Tensor"](k, 2)
      for i = 1, 3 do for j = 1, k do a[i][j] = (i * j * 37 % 101) / 101 end end
      for i = 1, k do for j = 1, 2 do b[i][j] = (i * j * 53 % 97) / 97 end end
      local c = circlet.mm(a, b):totable()
      local expected = multiply(a:totable(), b:totable()) -- all terms >= 0: no cancellation
      for i = 1, 3 do
        support.near(expected[i], c[i], (k + 1) * support.epsilon[kind], kind)
      end
    end
  end)

  it("have the same bits for every number of threads", function()
    local before = circlet.getnumthreads()
    local function fill(t, seed)
      local flat = t:view(-1)
      for i = 1, t:nElement() do flat[i] = math.sin(i * seed) end
      return t
    end
    for _, kind in ipairs(support.real_types) do
      local a = fill(circlet[kind .. "Tensor"](130, 70), 1)
      local b = fill(circlet[kind .. "Tensor"](70, 210), 2)
      local long = a:new(300, 400):zero()
      fill(long[1], 3)
      for i = 2, 300 do long[i]:copy(long[1]) end
      local first
      for _, threads in ipairs { 1, 2, 3, 8 } do
        circlet.setnumthreads(threads)
        local results = { circlet.mm(a, b), circlet.mm(b:t(), a:t()), long:dot(long) }
        first = first or results
        assert.is_true(first[1]:equal(results[1]))
        assert.is_true(first[2]:equal(results[2]))
        assert.equal(first[3], results[3])
      end
    end
    circlet.setnumthreads(before)
  end)

  it("refuse what does not fit, and say what was expected", function()
    local a, b = circlet.FloatTensor(2, 3), circlet.FloatTensor(2, 3)
    support.raises("mm: matrices m x k and k x n expected, got 2x3 and 2x3", circlet.mm, a, b)
    support.raises("got 3 and 2x3", circlet.mm, circlet.FloatTensor(3), b)
    support.raises("got empty and 2x3", circlet.mm, circlet.FloatTensor(), b)
    support.raises("mv: a matrix m x k and a vector of k elements expected, got 2x3 and 2",
      circlet.mv, a, circlet.FloatTensor(2))
    support.raises("ger: two vectors expected", circlet.ger, a, b)
    support.raises("bmm: batches s x m x k and s x k x n expected", circlet.bmm, a, b)
    support.raises("addmm: what the product is added to must be 2x2, got 2x3", circlet.addmm, a, a,
      b:t())
    support.raises("mm: tensors of one type expected, got Float and Double", circlet.mm, a,
      b:double():t())
    support.raises("mm: tensors of one type expected", circlet.mm, circlet.DoubleTensor(), a, b:t())
    support.raises("addmm: expected (tensor, tensor, tensor)", circlet.addmm, a, b)
    support.raises("mm: expected (tensor, tensor), got (tensor, number)", circlet.mm, a, 1)
    support.raises("wants integer factors, got 1 and 1.5", function()
      circlet.LongTensor(2, 2):zero():addmm(1.5, a:long(), b:long():t())
    end)
    support.raises("dot: tensors with as many elements expected, got 2x3 and 2", circlet.dot, a,
      circlet.FloatTensor(2))
    support.raises("dot: tensors of one type expected", circlet.dot, a, a:long())
    support.raises("sizes above 2147483647 are not supported", function()
      local wide = circlet.FloatTensor(1, 1):zero():expand(1, 2 ^ 31)
      circlet.mm(circlet.FloatTensor(1, 1), wide)
    end)
  end)

  it("leave the result alone when memory runs out", function()
    local a = circlet.FloatTensor(2, 2):fill(1)
    circlet.fail_allocation(1)
    support.raises("", function() a:mm(a, a) end)
    circlet.fail_allocation(0)
    assert.same({ 1, 1, 1, 1 }, support.flat(a))
  end)
end)
