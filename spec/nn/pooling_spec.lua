-- nn.SpatialMaxPooling and nn.SpatialAveragePooling
local circlet = require "circlet"
local nn = circlet.nn
local support = require "spec.support"
local jacobian = require "spec.nn.jacobian"

before_each(function() circlet.manualSeed(1) end)

-- Windows of one plane by the definition: visit(list of values inside, window's size with padding).
local function windows(m, plane, visit)
  local H, W, out = #plane, #plane[1], {}
  local function count(n, k, d, pad)
    local room = (n - k + 2 * pad) / d
    local c = math.floor(m.ceil_mode and math.ceil(room) or room) + 1
    if (c - 1) * d >= n + pad then c = c - 1 end
    return c
  end
  local oH, oW = count(H, m.kH, m.dH, m.padH), count(W, m.kW, m.dW, m.padW)
  for i = 0, oH - 1 do
    for j = 0, oW - 1 do
      local inside, padded = {}, 0
      for u = i * m.dH - m.padH + 1, i * m.dH - m.padH + m.kH do
        for v = j * m.dW - m.padW + 1, j * m.dW - m.padW + m.kW do
          if u >= 1 and u <= H and v >= 1 and v <= W then inside[#inside + 1] = plane[u][v] end
          if u <= H + m.padH and v <= W + m.padW then padded = padded + 1 end
        end
      end
      out[#out + 1] = visit(inside, padded)
    end
  end
  return out, oH, oW
end

local function expected(m, x, visit)
  local out, oH, oW = {}, nil, nil
  for _, image in ipairs(x:totable()) do
    for _, plane in ipairs(image) do
      local values
      values, oH, oW = windows(m, plane, visit)
      for _, v in ipairs(values) do out[#out + 1] = v end
    end
  end
  return out, { x:size(1), x:size(2), oH, oW }
end

-- kW, kH, dW, dH, padW, padH; H, W; ceil
local cases = {
  { { 2, 2, 2, 2 }, 6, 8 }, { { 2, 2, 2, 2 }, 5, 7 }, { { 2, 2, 2, 2 }, 5, 7, true },
  { { 3, 3, 2, 2, 1, 1 }, 7, 7 }, { { 3, 2, 1, 2 }, 5, 6 }, { { 3, 3, 2, 2 }, 8, 8, true },
  { { 3, 3, 3, 3, 1, 1 }, 7, 5, true }, { { 7, 7, 7, 7 }, 7, 7 }, { { 2, 3, 3, 1, 1, 0 }, 4, 9 },
  { { 1, 1, 1, 1 }, 3, 3 },
}

local function each(class, f)
  for _, case in ipairs(cases) do
    local module = class(table.unpack(case[1])):double()
    if case[4] then module:ceil() end
    f(module, jacobian.random { 2, 3, case[2], case[3] })
  end
end

describe("nn.SpatialMaxPooling", function()
  it("takes the greatest of each window", function()
    each(nn.SpatialMaxPooling, function(module, x)
      local values, sizes = expected(module, x, function(inside)
        return math.max(table.unpack(inside))
      end)
      local y = module:forward(x)
      assert.same(sizes, y:size():totable())
      assert.same(values, support.flat(y))
      local planes, picked = x:view(6, -1), module.indices:view(6, -1)
      for p = 1, 6 do
        for i = 1, picked:size(2) do assert.equal(y:view(6, -1)[p][i], planes[p][picked[p][i]]) end
      end
    end)
  end)

  it("picks the first of equal ones, rows before columns, at every width", function()
    for _, W in ipairs { 2, 3, 6, 8, 13, 14, 16, 27, 28, 40, 3000 } do
      local x = circlet.FloatTensor(2, 2, 5, W):random(1, 2)
      local fast, general = nn.SpatialMaxPooling(2, 2), nn.SpatialMaxPooling(2, 2, 2, 2, 1, 1)
      -- one element of padding around x without its last row: the same windows, one to the right
      local inner = circlet.FloatTensor(2, 2, 4, W // 2 * 2):copy(x[{ {}, {}, { 1, 4 },
        { 1, W // 2 * 2 } }])
      local wide = circlet.FloatTensor(2, 2, 5, W // 2 * 2 + 1):fill(0)
      wide[{ {}, {}, { 2, 5 }, { 2, W // 2 * 2 + 1 } }]:copy(inner)
      local y = fast:forward(x)
      local z = general:forward(wide)
      local h, w = y:size(3), y:size(4)
      assert.same(support.flat(y), support.flat(z[{ {}, {}, { 2, h + 1 }, { 2, w + 1 } }]))
      local plain, shifted = support.flat(fast.indices),
        support.flat(general.indices[{ {}, {}, { 2, h + 1 }, { 2, w + 1 } }])
      for i = 1, #plain do
        local row, column = (plain[i] - 1) // W, (plain[i] - 1) % W
        assert.equal((row + 1) * (W // 2 * 2 + 1) + column + 2, shifted[i])
      end
    end
  end)

  it("sends the gradient to where the maximum stood", function()
    each(nn.SpatialMaxPooling, function(module, x) jacobian.check(module, x) end)
    local module = nn.SpatialMaxPooling(2, 2)
    local x = circlet.FloatTensor(1, 2, 2):fill(1)
    module:forward(x)
    assert.same({ 5, 0, 0, 0 }, -- the first of equal ones
      support.flat(module:backward(x, circlet.FloatTensor(1, 1, 1):fill(5))))
  end)

  it("shows NaN", function()
    for at = 1, 4 do
      for _, size in ipairs { 2, 3 } do -- the fast and the general way
        local x = circlet.FloatTensor(1, size, size):fill(1)
        x:view(-1)[at] = 0 / 0
        local y = nn.SpatialMaxPooling(size, size, size, size):forward(x)
        assert(y[1][1][1] ~= y[1][1][1])
      end
    end
  end)

  it("gives the same in Float, in any layout and on any number of threads", function()
    for _, step in ipairs { 2, 1 } do
      local module = nn.SpatialMaxPooling(2, 2, step, step):double()
      jacobian.check_float(module, jacobian.random({ 3, 2, 9, 40 }):float():double(), 1e-6)
      jacobian.check_layouts(module, jacobian.random { 2, 2, 4, 5 })
      jacobian.check_threads(nn.SpatialMaxPooling(2, 2, step, step),
        circlet.FloatTensor(17, 9, 16, 18):uniform(-1, 1))
    end
  end)

  it("takes an image alone and an empty batch", function()
    local module = nn.SpatialMaxPooling(2, 2)
    local x = circlet.FloatTensor(3, 4, 6)
    assert.same({ 3, 2, 3 }, module:forward(x):size():totable())
    assert.same({ 3, 4, 6 }, module:backward(x, module.output:clone()):size():totable())
    x = circlet.FloatTensor(0, 3, 4, 6)
    assert.same({ 0, 3, 2, 3 }, module:forward(x):size():totable())
    assert.same({ 0, 3, 4, 6 }, module:backward(x, module.output:clone()):size():totable())
  end)

  it("keeps its indices through a change of type", function()
    local module, x = nn.SpatialMaxPooling(2, 2), circlet.FloatTensor(1, 4, 4):uniform(0, 1)
    module:forward(x)
    module:double()
    assert.equal("circlet.IntTensor", module.indices:type())
    module:backward(x:double(), circlet.DoubleTensor(1, 2, 2))
  end)

  it("names what is wrong", function()
    local module = nn.SpatialMaxPooling(3, 2)
    local function raises(text, x) support.raises(text, module.forward, module, x) end
    raises("nn.SpatialMaxPooling: no window of 3x2 fits an input of 1x1x5",
      circlet.FloatTensor(1, 1, 5))
    raises("input must be [B, C, H, W] or [C, H, W], got 5x5", circlet.FloatTensor(5, 5))
    raises("input must be [B, C, H, W] or [C, H, W], got empty", circlet.FloatTensor())
    support.raises("padding from 0 to half the window", function()
      nn.SpatialMaxPooling(2, 2, 2, 2, 2, 2):forward(circlet.FloatTensor(1, 4, 4))
    end)
    support.raises("forward comes before backward", function()
      local x, gy = circlet.FloatTensor(1, 4, 4), circlet.FloatTensor(1, 2, 2)
      nn.SpatialMaxPooling(2, 2):backward(x, gy)
    end)
    local x = circlet.FloatTensor(1, 4, 6)
    module:forward(x)
    support.raises("gradOutput must be 1x2x2, got 1x2x3", module.backward, module, x,
      circlet.FloatTensor(1, 2, 3))
    assert.equal("nn.SpatialMaxPooling(3x2, 2,1, 1,0)",
      tostring(nn.SpatialMaxPooling(3, 2, 2, 1, 1, 0)))
  end)
end)

describe("nn.SpatialAveragePooling", function()
  it("takes the mean of each window, with padding or without", function()
    each(nn.SpatialAveragePooling, function(module, x)
      for _, include in ipairs { true, false } do
        if include then module:setCountIncludePad() else module:setCountExcludePad() end
        local values, sizes = expected(module, x, function(inside, padded)
          local sum = 0
          for _, v in ipairs(inside) do sum = sum + v end
          return sum / (include and padded or #inside)
        end)
        local y = module:forward(x)
        assert.same(sizes, y:size():totable())
        support.near(values, support.flat(y), 1e-15 * 49)
        jacobian.check(module, x)
      end
    end)
  end)

  it("sums when it shall not divide", function()
    local module = nn.SpatialAveragePooling(2, 2)
    module.divide = false
    assert.same({ 4 }, support.flat(module:forward(circlet.FloatTensor(1, 2, 2):fill(1))))
    assert.same({ 1, 1, 1, 1 }, support.flat(module:backward(circlet.FloatTensor(1, 2, 2),
      circlet.FloatTensor(1, 1, 1):fill(1))))
  end)

  it("gives the same in Float, in any layout and on any number of threads", function()
    local module = nn.SpatialAveragePooling(3, 2, 2, 2):double()
    jacobian.check_float(module, jacobian.random { 3, 2, 9, 11 }, 4e-7)
    jacobian.check_layouts(module, jacobian.random { 2, 2, 4, 5 })
    jacobian.check_threads(nn.SpatialAveragePooling(2, 2, 2, 2),
      circlet.FloatTensor(17, 9, 16, 18):uniform(-1, 1))
  end)

  it("steps by 1 unless told, as in Torch7", function()
    assert.equal("nn.SpatialAveragePooling(2x2, 1,1)", tostring(nn.SpatialAveragePooling(2, 2)))
  end)
end)
