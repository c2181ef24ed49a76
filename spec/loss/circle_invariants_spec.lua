-- What Circle Loss must not depend on: the order of rows, the names of classes, the axes, the
-- lengths of rows; and on this machine: threads, runs, memory for all pairs.
local circlet = require "circlet"
local cases = require "spec.loss.circle_cases"
local support = require "spec.support"

local flat = support.flat

-- Two ways to the same numbers, each right to the bar of its type, differ by at most both errors;
-- and rounding the changed input costs as much again.
local tolerance = { Float = { grad = 3 * 3e-6, loss = 3 * 5e-8 },
  Double = { grad = 3 * 1e-11, loss = 3 * 1e-13 } }

local function each_type(f)
  for _, dtype in ipairs(support.real_types) do
    for _, B in ipairs { 64, 257 } do
      local x, labels = cases.make("clustered", B, 24, B)
      f(x:type("circlet." .. dtype .. "Tensor"), labels, tolerance[dtype], dtype .. " " .. B)
    end
  end
end

local function near(loss, grad, expected_loss, expected, bars, name)
  assert(math.abs(loss - expected_loss) <= bars.loss * expected_loss,
    ("%s: loss %.17g, not %.17g"):format(name, loss, expected_loss))
  local err = support.relative_error(grad, expected)
  assert(err <= bars.grad, ("%s: gradient differs by %.3g"):format(name, err))
end

--- Row `order[i]` of t as row i.
local function reordered(t, order)
  local out = t:clone()
  for i, from in ipairs(order) do out:select(1, i):copy(t:select(1, from)) end
  return out
end

describe("circle_loss does not depend on", function()
  it("the order of the rows: the gradient moves along", function()
    each_type(function(x, labels, bars, name)
      local B, order = x:size(1), {}
      for i = 1, B do order[i] = (i * 101 + 7) % B + 1 end -- 101 is prime to 64 and 257
      local moved = circlet.LongTensor(B)
      for i = 1, B do moved[i] = labels[order[i]] end
      local loss, grad = circlet.circle_loss(x, labels)
      local other_loss, other = circlet.circle_loss(reordered(x, order), moved)
      near(other_loss, other, loss, reordered(grad, order), bars, name)
    end)
  end)

  it("the names of the classes", function()
    each_type(function(x, labels, bars, name)
      local renamed = circlet.LongTensor(x:size(1))
      for i = 1, x:size(1) do renamed[i] = 1000003 * (100 - labels[i]) end
      local loss, grad = circlet.circle_loss(x, labels)
      local other_loss, other = circlet.circle_loss(x, renamed)
      near(other_loss, other, loss, grad, bars, name)
    end)
  end)

  it("the axes: the gradient turns along", function()
    each_type(function(x, labels, bars, name)
      -- a reflection in the plane at right angles to v, which is its own inverse
      local rows, D = x:double():totable(), x:size(2)
      local function reflect(list)
        local out = {}
        for i, row in ipairs(list) do
          local along, square = 0, 0
          for d = 1, D do
            along = along + row[d] * math.sin(d)
            square = square + math.sin(d) ^ 2
          end
          out[i] = {}
          for d = 1, D do out[i][d] = row[d] - 2 * along / square * math.sin(d) end
        end
        return out
      end
      local turned = circlet.DoubleTensor(reflect(rows)):type(x:type())
      -- Float rows are rounded once more by the turn: 2^-24 of each number moves the similarities
      -- as rounding in the pass does
      local loss, grad = circlet.circle_loss(x, labels, { gamma = 80 })
      local other_loss, other = circlet.circle_loss(turned, labels, { gamma = 80 })
      near(other_loss, other, loss, circlet.DoubleTensor(reflect(grad:double():totable())), bars,
        name)
    end)
  end)

  it("the lengths of the rows: the gradient shrinks as they grow", function()
    each_type(function(x, labels, bars, name)
      local loss, grad = circlet.circle_loss(x, labels)
      -- by powers of two every number stays what it was
      local scaled, expected = x:clone(), grad:clone():double()
      for i = 1, x:size(1) do
        local scale = 2.0 ^ ((i * 7) % 41 - 20)
        local row, g = scaled[i], expected[i]
        for d = 1, x:size(2) do
          row[d] = row[d] * scale
          g[d] = g[d] / scale
        end
      end
      local other_loss, other = circlet.circle_loss(scaled, labels)
      near(other_loss, other, loss, expected, bars, name)
      for i = 1, x:size(1) do -- every row by itself, however short the others
        local err = support.relative_error(other[i], expected[i])
        assert(err <= 100 * bars.grad, ("%s: row %d differs by %.3g"):format(name, i, err))
      end
    end)
  end)

  it("numbers near the ends of what Double holds", function()
    local x, labels = cases.make("random", 24, 5, 8)
    local loss, grad = circlet.circle_loss(x:double(), labels)
    for _, scale in ipairs { 2.0 ^ -900, 2.0 ^ 900 } do
      local scaled = x:double():clone()
      local storage = scaled:storage()
      for i = 1, scaled:nElement() do storage[i] = storage[i] * scale end
      local other_loss, other = circlet.circle_loss(scaled, labels)
      assert.near(loss, other_loss, 1e-13 * loss)
      local expected = flat(grad)
      for i, g in ipairs(flat(other)) do
        assert.near(expected[i], g * scale, 1e-11 * math.abs(expected[i]) + 1e-13)
      end
    end
  end)

  it("the similarity of labels' types or the place of the rows in memory, to the bit", function()
    local x, labels = cases.make("clustered", 70, 33, 5)
    local loss, grad = circlet.circle_loss(x, labels)
    for _, layout in ipairs(support.layouts(x)) do
      local other_loss, other = circlet.circle_loss(layout, labels:int())
      assert.equal(loss, other_loss)
      assert.same(flat(grad), flat(other))
    end
  end)
end)

describe("the gradient of circle_loss", function()
  it("is at right angles to its row, for the cosine", function()
    each_type(function(x, labels, _, name)
      local _, grad = circlet.circle_loss(x, labels)
      local eps, D = name:find "Float" and 2 ^ -24 or 2 ^ -53, x:size(2)
      for i = 1, x:size(1) do
        local row, g, along, a, b = x[i], grad[i], 0, 0, 0
        for d = 1, D do
          along = along + row[d] * g[d]
          a, b = a + row[d] ^ 2, b + g[d] ^ 2
        end
        -- what the projection removed is larger than what it left, by a factor below 100 here
        assert(math.abs(along) <= 100 * eps * math.sqrt(a * b) * math.sqrt(D),
          ("%s: row %d: cosine %.3g"):format(name, i, along / math.sqrt(a * b)))
      end
    end)
  end)

  it("sums to nothing over a batch that may be moved as a whole, for the distance", function()
    local x, labels = cases.make("clustered", 64, 5, 3)
    local _, grad = circlet.circle_loss(x:double(), labels, { similarity = "euclidean", gamma = 4 })
    for d = 1, 5 do
      local sum, size = 0, 0
      for i = 1, 64 do
        sum = sum + grad[i][d]
        size = size + math.abs(grad[i][d])
      end
      assert.is_true(size > 1 and math.abs(sum) <= 1e-13 * size)
    end
  end)

  it("goes down", function()
    local x, labels = cases.make("clustered", 64, 8, 6)
    local before, grad = circlet.circle_loss(x:double(), labels, { gamma = 16 })
    local moved = x:double():clone()
    local a, g = moved:storage(), grad:storage()
    for i = 1, moved:nElement() do a[i] = a[i] - 1e-2 * g[i] end
    assert.is_true(circlet.circle_loss(moved, labels, { gamma = 16 }) < before)
  end)
end)

describe("the reductions of circle_loss", function()
  it("differ by the numbers of valid anchors and of anchors", function()
    each_type(function(x, labels, bars, name)
      local B = x:size(1)
      local sum, sum_grad, info = circlet.circle_loss(x, labels, { reduction = "sum" })
      assert(info.n_valid > 1 and info.n_valid < B, name)
      for reduction, count in pairs { mean = info.n_valid, mean_all = B } do
        local loss, grad = circlet.circle_loss(x, labels, { reduction = reduction })
        local expected = sum_grad:clone():double()
        local list = expected:storage()
        for i = 1, expected:nElement() do list[i] = list[i] / count end
        near(loss, grad, sum / count, expected, bars, name .. " " .. reduction)
      end
    end)
  end)

  it("do not change the one term of a batch", function()
    local x, labels = cases.make("clustered", 40, 8, 6)
    local loss, grad = circlet.circle_loss(x, labels, { aggregate = "batch" })
    for _, reduction in ipairs { "mean_all", "sum" } do
      local other_loss, other = circlet.circle_loss(x, labels,
        { aggregate = "batch", reduction = reduction })
      assert.equal(loss, other_loss)
      assert.same(flat(grad), flat(other))
    end
  end)
end)

describe("circle_loss gives the same bits", function()
  local threads
  before_each(function() threads = circlet.getnumthreads() end)
  after_each(function() circlet.setnumthreads(threads) end)

  local function every_call(dtype)
    local as = "circlet." .. dtype .. "Tensor"
    local x, labels = cases.make("clustered", 1000, 33, 7)
    local w = cases.make("random", 340, 33, 8)
    x, w = x:type(as), w:type(as)
    local results = {}
    for _, aggregate in ipairs { "anchor", "batch" } do
      local loss, grad, info = circlet.circle_loss(x, labels, { aggregate = aggregate })
      results[#results + 1] = { loss, info.mean_sp, info.mean_sn, flat(grad) }
    end
    local loss, grads = circlet.circle_class_loss({ x, w }, labels)
    results[#results + 1] = { loss, flat(grads[1]), flat(grads[2]) }
    loss, grads = circlet.circle_loss({ x, w }, { labels, labels:narrow(1, 300, 340) })
    results[#results + 1] = { loss, flat(grads[1]), flat(grads[2]) }
    return results
  end

  for _, dtype in ipairs(support.real_types) do
    it("on 1, 2, 3 and 8 threads, and run after run: " .. dtype, function()
      circlet.setnumthreads(1)
      local expected = every_call(dtype)
      for _, count in ipairs { 2, 3, 8, 8 } do
        circlet.setnumthreads(count)
        assert.same(expected, every_call(dtype))
      end
    end)
  end
end)

describe("the workspace of circle_loss", function()
  -- The bytes held at most during the call, beyond what was held before and the gradients.
  local function workspace(f)
    collectgarbage()
    collectgarbage()
    circlet.memory(true)
    local before = circlet.memory()
    local bytes = f()
    local _, peak = circlet.memory()
    return peak - before - bytes
  end

  it("grows with B*D, not with B*B", function()
    local B, D = 4096, 16
    local x, labels = cases.make("random", B, D, 3)
    for _, threads in ipairs { 1, 8 } do
      local default = circlet.getnumthreads()
      circlet.setnumthreads(threads)
      local used = workspace(function()
        circlet.circle_loss(x, labels)
        return 4 * B * D
      end)
      circlet.setnumthreads(default)
      -- 4*B*D floats as the design allows, and 8 MiB for tiles and per-row sums; B*B floats are 64
      assert(used <= 16 * B * D + (8 << 20), ("%.1f MiB"):format(used / 2 ^ 20))
    end
  end)

  it("does not hold anchors x classes or anchors x references either", function()
    local B, C, D = 2048, 8192, 8
    local x, labels = cases.make("random", B, D, 3)
    local w, classes = cases.make("random", C, D, 4)
    for i = 1, B do labels[i] = i end
    local bytes = 4 * (B + C) * D
    for _, f in ipairs { function() circlet.circle_class_loss({ x, w }, labels) end,
      function() circlet.circle_loss({ x, w }, { labels, classes }) end } do
      local used = workspace(function() f() return bytes end)
      assert(used <= 4 * bytes + (8 << 20), ("%.1f MiB"):format(used / 2 ^ 20))
    end
  end)

  it("is given back, also when a call is refused", function()
    local x, labels = cases.make("random", 300, 16, 3)
    local wrong = x:clone()
    wrong[300][16] = 0 / 0
    for _, f in ipairs { function() circlet.circle_loss(x, labels) end,
      function() circlet.circle_loss({ x, x }, { labels, labels }) end,
      function() circlet.circle_class_loss({ x, x }, labels) end,
      function() assert(not pcall(circlet.circle_loss, wrong, labels)) end } do
      f()
      collectgarbage()
      collectgarbage()
      local before = circlet.memory()
      f()
      collectgarbage()
      collectgarbage()
      assert.equal(before, (circlet.memory()))
    end
  end)

  it("survives refused memory at any allocation with every tensor intact", function()
    local x, labels = cases.make("clustered", 40, 9, 3)
    local loss, grad = circlet.circle_loss(x, labels)
    local refused = 0
    for nth = 1, 60 do
      circlet.fail_allocation(nth)
      local ok, message = pcall(circlet.circle_loss, x, labels)
      circlet.fail_allocation(0)
      if not ok then
        refused = refused + 1
        assert(tostring(message):find("not enough memory", 1, true), message)
      end
    end
    assert.is_true(refused > 2)
    local other_loss, other = circlet.circle_loss(x, labels)
    assert.equal(loss, other_loss)
    assert.same(flat(grad), flat(other))
  end)
end)
