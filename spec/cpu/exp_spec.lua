local circlet = require "circlet"
local support = require "spec.support"

-- Reference in double: Lua's math.exp is libm's, good to 1 ulp of double, exact for float purposes.
local function spacing(type, value)
  local digits, lowest = 24, -149
  if type == "Double" then digits, lowest = 53, -1074 end
  local exponent = value > 0 and math.floor(math.log(value, 2)) + 1 or lowest
  return 2.0 ^ math.max(exponent - digits, lowest)
end

local function worst(type, low, high, count)
  local x = circlet[type .. "Tensor"](count)
  for i = 1, count do x[i] = low + (high - low) * (i - 1) / (count - 1) end
  local y, most = circlet.exp(x), 0
  for i = 1, count do
    local truth = math.exp(x[i]) -- x[i] after rounding to the type
    most = math.max(most, math.abs(y[i] - truth) / spacing(type, truth))
  end
  return most
end

describe("exp", function()
  -- The algorithm is good to 1.1 ulp; in Double math.exp itself may be off by another ulp.
  it("is within 2 ulp over the whole range", function()
    assert(worst("Float", -87, 88.7, 20001) <= 1.1)
    assert(worst("Float", -1, 1, 20001) <= 1.1)
    assert(worst("Double", -708, 709, 20001) <= 2)
    assert(worst("Double", -1, 1, 20001) <= 2)
  end)

  it("goes through the subnormal numbers to zero", function()
    assert(worst("Float", -104.5, -87, 5001) <= 1.1)
    assert(worst("Double", -746, -708, 5001) <= 2)
    assert.same({ 2 ^ -149, 0 }, support.flat(circlet.exp(circlet.FloatTensor { -103.5, -104 })))
    assert.same({ 2 ^ -1074, 0 }, support.flat(circlet.exp(circlet.DoubleTensor { -745, -746 })))
  end)

  it("knows zero, infinity, overflow and NaN", function()
    local inf, nan = math.huge, 0 / 0
    for _, type in ipairs(support.real_types) do
      local x = circlet[type .. "Tensor"] { 0, -0.0, inf, -inf, 1e30, -1e30, nan }
      support.near({ 1, 1, inf, 0, inf, 0, nan }, support.flat(circlet.exp(x)), 0, type)
    end
    assert.equal(inf, circlet.exp(circlet.FloatTensor { 88.73 })[1])
    assert(circlet.exp(circlet.FloatTensor { 88.72 })[1] < inf)
  end)
end)
