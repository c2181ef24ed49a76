-- Modules whose inputs or outputs are tables, nn.Concat, and nn.Jacobian itself.
local circlet = require "circlet"
local nn = circlet.nn
local class = require "circlet.class"
local support = require "spec.support"
local jacobian = require "spec.nn.jacobian"
local random = jacobian.random

before_each(function() circlet.manualSeed(1) end)

local function tensor(t) return circlet.DoubleTensor(t) end
local function flats(list)
  local all = {}
  for i, t in ipairs(list) do all[i] = support.flat(t) end
  return all
end

-- gradInput of a module on a table of tensors, each beside central differences, through a net that
-- cuts the table from one vector: jacobian.check then sees tensors alone.
local function check(module, sizes)
  local net, cut, at = nn.Sequential(), nn.ConcatTable(), 1
  for _, size in ipairs(sizes) do
    local count = 1
    for _, n in ipairs(size) do count = count * n end
    cut:add(nn.Sequential():add(nn.Narrow(1, at, count)):add(nn.View(table.unpack(size))
      :setNumInputDims(1)))
    at = at + count
  end
  net:add(cut):add(module)
  jacobian.check(net:double(), random { at - 1 })
end

describe("modules of tables", function()
  it("join, along dimensions of examples too", function()
    local a, b = tensor { { 1, 2 } }, tensor { { 3, 4 }, { 5, 6 } }
    assert.same({ 1, 2, 3, 4, 5, 6 }, support.flat(nn.JoinTable(1):double():forward { a, b }))
    check(nn.JoinTable(1), { { 1, 2 }, { 3, 2 } })
    check(nn.JoinTable(-1), { { 3, 1 }, { 3, 2 }, { 3, 1 } })
    check(nn.JoinTable(1, 1), { { 2, 1 }, { 2, 3 } })
    local m = nn.JoinTable(3)
    support.raises("nn.JoinTable: dimension 3 is out of range", m.forward, m, { a:float() })
    support.raises("nn.JoinTable: input must be a table of tensors, got 0", m.forward, m, {})
    support.raises("nn.JoinTable: input must be a table of tensors, got", m.forward, m, a)
  end)

  it("select and narrow, with no gradient for the rest", function()
    local a, b, c = random { 2 }, random { 3 }, random { 1 }
    local m = nn.SelectTable(-1):double()
    assert.equal(c, m:forward { a, b, c })
    assert.same({ { 0, 0 }, { 0, 0, 0 }, { 1 } }, flats(m:backward({ a, b, c }, tensor { 1 })))
    -- a gradient that was handed through is not zeroed by the next call
    local gy = tensor { 7 }
    m:backward({ a, b, c }, gy)
    m:backward({ a, b, c, c }, tensor { 1 })
    assert.equal(7, gy[1])
    assert.equal(a, nn.SelectTable("left"):forward { left = a, right = b })
    local nested = nn.SelectTable(1):forward { { a, b }, c }
    assert.equal(b, nested[2])
    local g = nn.SelectTable(2):backward({ { a, b }, c }, gy)
    assert.same({ { 0, 0 }, { 0, 0, 0 } }, flats(g[1]))
    check(nn.Sequential():add(nn.NarrowTable(2, 2)):add(nn.JoinTable(1)), { { 2 }, { 3 }, { 1 } })
    support.raises("nn.SelectTable: there is no element 4 in a table of 1", m.forward,
      nn.SelectTable(4), { a })
    support.raises("nn.SelectTable: an index expected", nn.SelectTable)
    support.raises("nn.NarrowTable: elements 2 to 3 expected, got a table of 2", m.forward,
      nn.NarrowTable(2, 2), { a, b })
  end)

  it("flatten and split", function()
    local a, b, c = random { 2 }, random { 3 }, random { 1 }
    local m = nn.FlattenTable()
    assert.same({ a, b, c }, m:forward { a, { { b }, c } })
    local g = m:backward({ a, { { b }, c } }, { a, b, c })
    assert.equal(b, g[2][1][1])
    assert.equal(c, g[2][2])
    support.raises("nn.FlattenTable: gradOutput must be a table of 3, got a table of 1",
      m.backward, m, { a, { { b }, c } }, { a })
    check(nn.Sequential():add(nn.FlattenTable()):add(nn.JoinTable(1)), { { 2 }, { 3 } })
    local square = tensor { { 1, 2 }, { 3, 4 } }
    assert.same({ { 1, 3 }, { 2, 4 } }, flats(nn.SplitTable(2):forward(square)))
    assert.same({ { 1 }, { 2 } }, flats(nn.SplitTable(1):forward(tensor { 1, 2 })))
    for _, dim in ipairs { 1, 2, -1 } do
      local net = nn.Sequential():add(nn.SplitTable(dim)):add(nn.CMulTable()):double()
      jacobian.check(net, random { 3, 2 })
    end
    support.raises("nn.SplitTable: gradOutput must be a table of 2, got 1", m.backward,
      nn.SplitTable(1), tensor { 1, 2 }, { tensor { 1 } })
  end)

  it("compute element by element", function()
    local a, b = tensor { 2, 3 }, tensor { 4, -2 }
    assert.same({ 8, -6 }, support.flat(nn.CMulTable():double():forward { a, b }))
    assert.same({ -2, 5 }, support.flat(nn.CSubTable():double():forward { a, b }))
    assert.same({ 0.5, -1.5 }, support.flat(nn.CDivTable():double():forward { a, b }))
    check(nn.CMulTable(), { { 2, 2 }, { 2, 2 }, { 2, 2 } })
    check(nn.CSubTable(), { { 3 }, { 3 } })
    local ratio = nn.Sequential():add(nn.ParallelTable():add(nn.Identity()):add(nn.AddConstant(3)))
    check(ratio:add(nn.CDivTable()), { { 3 }, { 3 } })
    local zeros = nn.CMulTable():double() -- the product of the others, though one is 0
    zeros:forward { tensor { 0 }, tensor { 5 }, tensor { 7 } }
    assert.same({ { 35 }, { 0 }, { 0 } },
      flats(zeros:backward({ tensor { 0 }, tensor { 5 }, tensor { 7 } }, tensor { 1 })))
    for _, m in ipairs { nn.CMulTable(), nn.CSubTable(), nn.CDivTable() } do
      local name = class.type(m)
      support.raises(name .. ": input 2 must be 2, got 3", m.forward, m, { a, random { 3 } })
      support.raises(name .. ": input 2 must be a circlet.DoubleTensor, got a circlet.FloatTensor",
        m.forward, m, { a, b:float() })
      support.raises(name .. ": input must be a table of", m.forward, m, a)
    end
  end)

  it("compare rows", function()
    local x, y = tensor { { 3, 4 }, { 1, 0 } }, tensor { { 0, 0 }, { 0, 2 } }
    local function of(m) return support.flat(m:double():forward { x, y }) end
    assert.same({ 0, 0 }, of(nn.DotProduct()))
    support.near({ 7, 3 }, of(nn.PairwiseDistance(1)), 1e-15)
    support.near({ 5, math.sqrt(5) }, of(nn.PairwiseDistance(2)), 1e-15)
    support.near({ (27 + 64) ^ (1 / 3), 9 ^ (1 / 3) }, of(nn.PairwiseDistance(3)), 1e-15)
    assert.same({ 0, 0 }, of(nn.CosineDistance()))
    for _, m in ipairs { nn.DotProduct(), nn.PairwiseDistance(1), nn.PairwiseDistance(2),
      nn.PairwiseDistance(3.5), nn.CosineDistance() } do
      check(m, { { 4, 3 }, { 4, 3 } })
      check(m, { { 3 }, { 3 } })
    end
    local m, same = nn.PairwiseDistance(2):double(), tensor { { 1, 2 } }
    m:forward { same, same }
    assert.same({ { 0, 0 }, { 0, 0 } }, flats(m:backward({ same, same }, tensor { 1 })))
    local cosine = nn.CosineDistance():double()
    assert.near(1, cosine:forward { same, same }[1], 1e-12)
    support.raises("nn.PairwiseDistance: the norm must be at least 1, got 0.5", nn.PairwiseDistance,
      0.5)
    support.raises("nn.CosineDistance: input 2 must be 1x2, got 2x2", m.forward, cosine,
      { same, y })
    support.raises("nn.DotProduct: input 1 must have 1 to 2 dimensions, got 3", m.forward,
      nn.DotProduct(), { random { 1, 1, 1 }, random { 1, 1, 1 } })
    m:forward { x, y }
    support.raises("gradOutput must be 2 elements of type circlet.DoubleTensor", m.backward, m,
      { x, y }, tensor { 1 })
  end)
end)

describe("nn.Concat", function()
  it("sets the outputs of its modules side by side", function()
    local function net() return nn.Concat(2):add(nn.Linear(3, 2)):add(nn.Linear(3, 4)) end
    local module = net():double()
    assert.same({ 5, 6 }, module:forward(random { 5, 3 }):size():totable())
    assert.same(support.flat(module:get(2).output), support.flat(module.output:narrow(2, 3, 4)))
    jacobian.check(module, random { 5, 3 })
    jacobian.check_layouts(module, random { 5, 3 })
    jacobian.check(nn.Concat(1):add(nn.Tanh()):add(nn.Identity()):double(), random { 4 })
    local tower = nn.Concat(2):add(nn.SpatialConvolution(2, 3, 3, 3, 1, 1, 1, 1))
      :add(nn.SpatialConvolution(2, 1, 1, 1))
    jacobian.check(tower:double(), random { 2, 2, 4, 4 })
  end)

  it("names what does not fit", function()
    local module = nn.Concat(2):add(nn.Identity()):add(nn.Narrow(1, 1))
    support.raises("nn.Concat: output of module 2 is 1x3, that of module 1 2x3", module.forward,
      module, circlet.FloatTensor(2, 3))
    support.raises("nn.Concat: output of module 1 is 3, which has no dimension 2", module.forward,
      module, circlet.FloatTensor(3))
    support.raises("nn.Concat: there are no modules", module.forward, nn.Concat(1),
      circlet.FloatTensor(3))
    support.raises("nn.Concat: the dimension must be a whole number from 1, got nil", nn.Concat)
  end)
end)

describe("nn.Jacobian", function()
  local Wrong = class("nn.WrongTanh", "nn.Tanh")
  function Wrong:updateGradInput(input, gradOutput)
    self.gradInput:resizeAs(input):copy(gradOutput) -- the factor 1 - y^2 is missing
    return self.gradInput
  end
  teardown(function() class.forget "nn.WrongTanh" end)

  it("finds right gradients right and wrong ones wrong", function()
    local jac, x = nn.Jacobian, circlet.DoubleTensor(3, 4)
    assert(jac.testJacobian(nn.Tanh():double(), x) < 1e-8)
    assert(jac.testJacobian(Wrong():double(), x) > 0.1)
    local linear = nn.Linear(4, 2):double()
    assert(jac.testJacobianParameters(linear, x, linear.weight, linear.gradWeight) < 1e-8)
    assert(jac.testJacobianParameters(linear, x, linear.bias, linear.gradBias) < 1e-8)
    assert(jac.testJacobianParameters(linear, x, linear.bias, linear.weight[1]:resize(2)) > 0.01)
    assert(jac.testCriterion(nn.MSECriterion():double(), x, random { 3, 4 }) < 1e-8)
    assert.same({ 0, 0 }, { jac.testIO(nn.Sequential():add(linear):add(nn.PReLU():double()), x) })
    assert.same({ 12, 6 }, jac.backward(linear, x):size():totable())
    support.raises("nn.Jacobian: a tensor expected, got table", jac.testJacobian, linear, {})
  end)
end)

describe("every module", function()
  it("is saved, read again and copied whole", function()
    local samples = {
      nn.PReLU(4), nn.LookupTable(3, 4), nn.CMul(4),
      nn.Concat(1):add(nn.Sigmoid()):add(nn.SoftMax()),
      nn.Sequential():add(nn.SplitTable(1)):add(nn.JoinTable(1)), nn.Max(1), nn.Copy(), nn.ELU(),
    }
    for _, module in ipairs(samples) do
      local x = class.type(module) == "nn.LookupTable" and circlet.LongTensor { 1, 3 }
        or circlet.FloatTensor { 1, -2, 3, 0.5 }
      local y = support.flat(module:forward(x))
      for _, copy in ipairs { module:clone(), circlet.deserialize(circlet.serialize(module)) } do
        assert.same(y, support.flat(copy:forward(x)))
        assert.same(y, support.flat(copy:clearState():forward(x)))
      end
    end
  end)
end)
