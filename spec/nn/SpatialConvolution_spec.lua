local circlet = require "circlet"
local nn = circlet.nn
local support = require "spec.support"
local jacobian = require "spec.nn.jacobian"

-- The definition, one output element at a time, read through nested tables.
local function plain(module, x)
  local input, weight = x:totable(), module.weight:totable()
  local bias = module.bias and module.bias:totable()
  local H, W = x:size(3), x:size(4)
  local oH = (H + 2 * module.padH - module.kH) // module.dH + 1
  local oW = (W + 2 * module.padW - module.kW) // module.dW + 1
  local out = {}
  for b = 1, x:size(1) do
    for o = 1, module.nOutputPlane do
      for i = 0, oH - 1 do
        for j = 0, oW - 1 do
          local sum = bias and bias[o] or 0
          for c = 1, module.nInputPlane do
            for u = 1, module.kH do
              for v = 1, module.kW do
                local row = i * module.dH - module.padH + u
                local column = j * module.dW - module.padW + v
                if row >= 1 and row <= H and column >= 1 and column <= W then
                  sum = sum + weight[o][c][u][v] * input[b][c][row][column]
                end
              end
            end
          end
          out[#out + 1] = sum
        end
      end
    end
  end
  return out, { x:size(1), module.nOutputPlane, oH, oW }
end

-- nIn, nOut, kW, kH, dW, dH, padW, padH; H, W, B
local cases = {
  { { 1, 1, 1, 1 }, 1, 1, 1 },
  { { 2, 3, 3, 3 }, 5, 6, 2 },
  { { 3, 9, 3, 3, 1, 1, 1, 1 }, 7, 7, 2 },
  { { 2, 4, 5, 3, 1, 1, 2, 1 }, 4, 9, 1 },
  { { 2, 3, 3, 3, 2, 2, 1, 1 }, 8, 7, 2 },
  { { 1, 2, 2, 3, 3, 2, 0, 1 }, 9, 8, 2 },
  { { 2, 2, 3, 3, 1, 1, 4, 3 }, 3, 4, 2 },
  { { 2, 2, 2, 2, 2, 1, 3, 2 }, 4, 3, 1 },
  { { 3, 2, 1, 1, 2, 2, 0, 0 }, 5, 5, 2 },
  { { 1, 17, 4, 2, 1, 3, 1, 0 }, 6, 20, 3 },
}

local function build(case)
  circlet.manualSeed(1)
  local module = nn.SpatialConvolution(table.unpack(case[1])):double()
  return module, jacobian.random { case[4], case[1][1], case[2], case[3] }
end

describe("nn.SpatialConvolution", function()
  it("computes the definition", function()
    for _, case in ipairs(cases) do
      local module, x = build(case)
      local expected, sizes = plain(module, x)
      local y = module:forward(x)
      assert.same(sizes, y:size():totable())
      support.near(expected, support.flat(y), 1e-13) -- sums of at most 60 products of order 1
    end
  end)

  it("computes the definition for a strip of rows and many vectors a row", function()
    circlet.manualSeed(2)
    local module = nn.SpatialConvolution(1, 2, 3, 3, 1, 1, 1, 1):double()
    local x = jacobian.random { 1, 1, 40, 150 } -- more than one strip of about 1024 positions
    support.near((plain(module, x)), support.flat(module:forward(x)), 1e-13)
  end)

  it("has the gradients of its output", function()
    for _, case in ipairs(cases) do jacobian.check(build(case)) end
  end)

  it("has the gradients of its output for more outputs than one task takes", function()
    circlet.manualSeed(3)
    local module = nn.SpatialConvolution(1, 67, 2, 2):double()
    jacobian.check(module, jacobian.random { 2, 1, 3, 3 })
  end)

  it("agrees between Float and Double", function()
    -- 27 products a sum: 27 * 2^-24 = 1.6e-6 at worst
    for _, case in ipairs(cases) do
      local module, x = build(case)
      jacobian.check_float(module, x, 2e-6)
    end
  end)

  it("sums the gradients of many images", function()
    circlet.manualSeed(4)
    local module = nn.SpatialConvolution(2, 3, 3, 3, 1, 1, 1, 1):double()
    local x = jacobian.random { 37, 2, 6, 5 }
    local gy = jacobian.random { 37, 3, 6, 5 }
    module:zeroGradParameters()
    for b = 1, 37 do
      module:forward(x[b])
      module:backward(x[b], gy[b])
    end
    local sum = module.gradWeight:clone()
    module:zeroGradParameters()
    module:forward(x)
    module:backward(x, gy, 1)
    -- 37 * 30 products of order 1 in another order: 1110 * 2^-52 = 2.5e-13 at worst
    support.near(support.flat(sum), support.flat(module.gradWeight), 3e-13)
  end)

  it("scales what it adds to the gradients", function()
    local module, x = build(cases[3])
    local gy = jacobian.random(module:forward(x):size():totable())
    module:zeroGradParameters()
    module:backward(x, gy, 1)
    local whole = support.flat(module.gradWeight)
    module:zeroGradParameters()
    module:backward(x, gy, 0.5)
    local half = support.flat(module.gradWeight)
    for i = 1, #whole do assert.near(whole[i] / 2, half[i], 1e-15 * math.max(1, whole[i])) end
  end)

  it("takes one image without a batch", function()
    local module, x = build(cases[2])
    local batch = support.flat(module:forward(x[{ { 2 } }]))
    local single = module:forward(x[2])
    assert.equal(3, single:dim())
    assert.same(batch, support.flat(single))
    assert.equal(3, module:backward(x[2], single:clone()):dim())
  end)

  it("takes inputs in any layout", function()
    for _, k in ipairs { 3, 5 } do
      local module, x = build(cases[k])
      jacobian.check_layouts(module, x)
    end
  end)

  it("gives the same bits on any number of threads", function()
    circlet.manualSeed(5)
    for _, stride in ipairs { 1, 2 } do
      local module = nn.SpatialConvolution(3, 20, 3, 3, stride, stride, 1, 1)
      jacobian.check_threads(module, circlet.FloatTensor(41, 3, 13, 12):uniform(-1, 1))
    end
  end)

  it("is the same module without a bias", function()
    circlet.manualSeed(6)
    local module = nn.SpatialConvolution(2, 3, 3, 3, 1, 1, 1, 1):double():noBias()
    assert.is_nil(module.bias)
    assert.equal(1, #module:parameters())
    local x = jacobian.random { 2, 2, 4, 4 }
    support.near((plain(module, x)), support.flat(module:forward(x)), 1e-13)
    jacobian.check(module, x)
  end)

  it("skips the gradient of the input when gradInput is nil", function()
    local module, x = build(cases[3])
    local y = module:forward(x)
    module:zeroGradParameters()
    module.gradInput = nil
    assert.is_nil(module:backward(x, y))
    assert(module.gradWeight:norm() > 0)
  end)

  it("lets an empty batch through", function()
    local module = build(cases[3])
    local x = circlet.DoubleTensor(0, 3, 7, 7)
    local y = module:forward(x)
    assert.same({ 0, 9, 7, 7 }, y:size():totable())
    module:zeroGradParameters()
    assert.same({ 0, 3, 7, 7 }, module:backward(x, y):size():totable())
    assert.equal(0, module.gradWeight:norm())
  end)

  it("shows NaN where the window meets it, and nowhere else", function()
    local module = nn.SpatialConvolution(1, 1, 3, 3):double()
    local x = jacobian.random { 1, 1, 6, 8 }
    x[1][1][1][1] = 0 / 0
    local y = module:forward(x)[1][1]
    for i = 1, 4 do
      for j = 1, 6 do
        assert.equal(i == 1 and j == 1, y[i][j] ~= y[i][j])
      end
    end
  end)

  it("keeps a NaN of one plane out of the weights of another", function()
    local module = nn.SpatialConvolution(2, 1, 3, 3, 1, 1, 1, 1):double()
    local x = jacobian.random { 1, 2, 5, 5 }
    x[1][2][3][3] = 0 / 0
    local y = module:forward(x)
    module:zeroGradParameters()
    module:backward(x, y:clone():fill(1))
    local planes = module.gradWeight[1]
    local first, second = support.flat(planes[1]), support.flat(planes[2])
    for i = 1, 9 do
      assert(first[i] == first[i])
      assert(second[i] ~= second[i])
    end
  end)

  it("takes the matrix weights of old models", function()
    local module, x = build(cases[3])
    local y = support.flat(module:forward(x))
    module.weight = module.weight:view(9, 27)
    module.gradWeight = module.gradWeight:view(9, 27)
    assert.same(y, support.flat(module:forward(x)))
    assert.equal(4, module.weight:dim())
  end)

  it("starts uniform in +-1/sqrt(kW*kH*nIn)", function()
    circlet.manualSeed(7)
    local module = nn.SpatialConvolution(4, 30, 5, 5)
    assert(module.weight:max() <= 0.1 and module.weight:min() >= -0.1)
    assert(module.weight:max() > 0.099 and module.weight:min() < -0.099) -- of 3000 draws
    assert(module.bias:max() <= 0.1 and module.bias:min() >= -0.1)
  end)

  it("bounds its memory by threads, not by the batch", function()
    local module = nn.SpatialConvolution(4, 8, 3, 3, 1, 1, 1, 1)
    local x = circlet.FloatTensor(200, 4, 16, 16):uniform(-1, 1)
    local y = module:forward(x)
    module:backward(x, y)
    local before = circlet.memory(true)
    module:forward(x)
    module:backward(x, y)
    local _, peak = circlet.memory()
    assert(peak - before < 36 * x:nElement()) -- the columns of the batch: 9 floats an element
  end)

  it("names what is wrong", function()
    local module = nn.SpatialConvolution(3, 2, 3, 3)
    local function raises(text, ...) support.raises(text, module.forward, module, ...) end
    raises("nn.SpatialConvolution: input must be [B, 3, H, W] or [3, H, W], got 2x4x5x5",
      circlet.FloatTensor(2, 4, 5, 5))
    raises("input must be [B, 3, H, W] or [3, H, W], got 5", circlet.FloatTensor(5))
    raises("no window of 3x3 fits an input of 3x2x5", circlet.FloatTensor(3, 2, 5))
    raises("input must be a Float tensor, got Double", circlet.DoubleTensor(3, 5, 5))
    local x = circlet.FloatTensor(3, 5, 5)
    module:forward(x)
    support.raises("gradOutput must be 2x3x3, got 2x3x4", module.backward, module, x,
      circlet.FloatTensor(2, 3, 4))
    support.raises("strides must be >= 1", function()
      nn.SpatialConvolution(1, 1, 1, 1, 0, 1):forward(circlet.FloatTensor(1, 2, 2))
    end)
  end)

  it("prints as in Torch7", function()
    assert.equal("nn.SpatialConvolution(1 -> 16, 3x3, 1,1, 1,1)",
      tostring(nn.SpatialConvolution(1, 16, 3, 3, 1, 1, 1, 1)))
    assert.equal("nn.SpatialConvolution(2 -> 3, 3x5, 2,1)",
      tostring(nn.SpatialConvolution(2, 3, 3, 5, 2, 1)))
    assert.equal("nn.SpatialConvolutionMM(2 -> 3, 1x1) without bias",
      tostring(nn.SpatialConvolutionMM(2, 3, 1, 1):noBias()))
  end)
end)
