local circlet = require "circlet"
local support = require "spec.support"

local flat, raises = support.flat, support.raises
local inf, nan = math.huge, 0 / 0
local integer = { Long = true, Int = true, Byte = true, Short = true, Char = true }

-- Basic operations are rounded once (1/2 ulp), functions are good to 2.5 ulp, addcmul and the like
-- round three times: 3 units of relative spacing cover them all. Integers are exact.
local function tolerance(type) return 3 * (support.epsilon[type] or 0) end

-- What an integer type makes of an integer: its low bits.
local function wrapped(type, value)
  if type == "Byte" then return value & 0xff end
  local half = ({ Int = 1 << 31, Short = 1 << 15, Char = 1 << 7 })[type]
  if half then return ((value + half) & (2 * half - 1)) - half end
  return value
end

local function truncated_quotient(a, b)
  local q = a // b
  return q < 0 and q * b ~= a and q + 1 or q
end

local function fmod(a, b) return math.fmod(a, b) end
local function cosh(x) return (math.exp(x) + math.exp(-x)) / 2 end
local function sinh(x) return (math.exp(x) - math.exp(-x)) / 2 end
local function trunc(x) return x < 0 and math.ceil(x) or math.floor(x) end

local unary = {
  abs = math.abs,
  neg = function(x) return -x end,
  sign = function(x) return x > 0 and 1 or x < 0 and -1 or 0 end,
}
local real_unary = {
  ceil = math.ceil, floor = math.floor, trunc = trunc,
  round = function(x) return x < 0 and -math.floor(0.5 - x) or math.floor(x + 0.5) end,
  frac = function(x) return x - trunc(x) end,
  exp = math.exp, sin = math.sin, cos = math.cos, tan = math.tan, atan = math.atan,
  sinh = sinh, cosh = cosh, tanh = function(x) return sinh(x) / cosh(x) end,
  sigmoid = function(x) return 1 / (1 + math.exp(-x)) end,
  cinv = function(x) return 1 / x end,
}
local positive_unary = {
  sqrt = math.sqrt, rsqrt = function(x) return 1 / math.sqrt(x) end,
  log = math.log, log1p = function(x) return math.log(1 + x) end,
}
local unit_unary = { asin = math.asin, acos = math.acos }

-- Tensors of a type: a few values at first, then more than a vector register holds, with a tail.
local function samples(type, low, high)
  local list = {}
  for _, size in ipairs { { 3, 4 }, { 2, 3, 5 }, { 37 } } do
    local t = circlet[type .. "Tensor"](table.unpack(size))
    local n, flat_view = t:nElement(), t:view(-1)
    for i = 1, n do
      local x = low + (high - low) * ((i * 37) % n) / (n - 1)
      flat_view[i] = integer[type] and math.floor(x) or x
    end
    list[#list + 1] = t
  end
  return list
end

local function map(f, a, b, c)
  local list = {}
  for i = 1, #a do list[i] = f(a[i], b and b[i], c and c[i]) end
  return list
end

-- Calls circlet[name](...) and x:name(...) in every layout and compares with `expected`. The list
-- `arguments` holds tensors and numbers; the first tensor is the one that changes in place. `scale`
-- is the size of intermediate results, whose rounding shows where they cancel.
local function check(type, name, arguments, expected, scale)
  local what, allowed = ("%s of %s"):format(name, type), tolerance(type) * (scale or 1)
  local first
  for i, argument in ipairs(arguments) do
    if circlet.isTensor(argument) then first = first or i end
  end
  local count = #support.layouts(arguments[first])
  for layout = 1, count do
    local laid, before = {}, {}
    for i, argument in ipairs(arguments) do
      -- different layouts for different arguments, so that no common order of memory exists
      laid[i] = circlet.isTensor(argument)
        and support.layouts(argument)[(layout + i - 2) % count + 1] or argument
      before[i] = circlet.isTensor(argument) and flat(laid[i])
    end
    local fresh = circlet[name](table.unpack(laid))
    support.near(expected, flat(fresh), allowed, what)
    assert.same(arguments[first]:size():totable(), fresh:size():totable())
    local result = arguments[first]:new(3)
    assert.equal(result, circlet[name](result, table.unpack(laid)))
    support.near(expected, flat(result), allowed, what .. " into a result")
    local given = support.layouts(arguments[first])[count - layout + 1]
    assert.equal(given, given[name](given, table.unpack(laid)))
    support.near(expected, flat(given), allowed, what .. " into a strided result")
    for i in ipairs(laid) do -- none of these may have changed an input
      if before[i] then assert.same(before[i], flat(laid[i])) end
    end
    if first == 1 then
      local same = laid[1][name](table.unpack(laid))
      assert.equal(laid[1], same)
      support.near(expected, flat(laid[1]), allowed, what .. " in place")
    end
  end
end

describe("elementwise functions of one tensor", function()
  local function check_all(functions, types, low, high)
    for name, f in pairs(functions) do
      for _, type in ipairs(types) do
        for _, x in ipairs(samples(type, type == "Byte" and math.max(low, 0) or low, high)) do
          local expected = map(f, flat(x))
          if integer[type] then
            expected = map(function(v) return wrapped(type, v) end, expected)
          end
          check(type, name, { x }, expected)
        end
      end
    end
  end

  it("agree with plain Lua in every layout", function()
    check_all(unary, support.types, -60, 60)
    check_all(real_unary, support.real_types, -3, 3.3)
    check_all(positive_unary, support.real_types, 0.01, 50)
    check_all(unit_unary, support.real_types, -1, 1)
  end)

  it("are not defined for integers where the result is not one", function()
    for _, functions in ipairs { real_unary, positive_unary, unit_unary } do
      for name in pairs(functions) do
        for type in pairs(integer) do
          local x = circlet[type .. "Tensor"] { 1, 2 }
          raises(("%s: not defined for %sTensor"):format(name, type), circlet[name], x)
          raises(("%s: not defined for %sTensor"):format(name, type), x[name], x)
        end
      end
    end
  end)

  it("follow IEEE arithmetic at the edges", function()
    for _, type in ipairs(support.real_types) do
      local tiny = type == "Float" and 2 ^ -149 or 2 ^ -1074
      local x = circlet[type .. "Tensor"] { 0, -0.0, inf, -inf, nan, tiny, -1 }
      local function result(name) return flat(circlet[name](x)) end
      local log = { -inf, -inf, inf, nan, nan, math.log(tiny), nan }
      support.near(log, result "log", tolerance(type), "log")
      support.near({ 0, 0, inf, nan, nan, tiny ^ 0.5, nan }, result "sqrt", tolerance(type))
      support.near({ .5, .5, 1, 0, nan, .5, 1 / (1 + math.exp(1)) }, result "sigmoid",
        tolerance(type))
      local tanh = result "tanh"
      support.near({ 0, 0, 1, -1, nan, tiny, sinh(-1) / cosh(1) }, tanh, tolerance(type))
      assert.equal(-inf, 1 / tanh[2], "tanh keeps the sign of zero")
      assert.equal(tiny, tanh[6], "tanh keeps subnormal numbers")
      assert.equal(0, circlet.sign(x)[5])
    end
    -- The far tail of the sigmoid is not lost: 1/(1+e^90) is subnormal in Float.
    local far = circlet.sigmoid(circlet.FloatTensor { -90, 90 })
    support.near({ math.exp(-90) / 2 ^ -149, 1 }, { far[1] / 2 ^ -149, far[2] }, 1)
  end)

  -- Truth in double; the spacing of a result y is 2^(floor(log2 |y|) - 23).
  it("keep log within 1 ulp, tanh within 1.5, sigmoid within 2.5 in Float", function()
    local n = 20001
    local function worst(name, f, low, high)
      local x = circlet.FloatTensor(n)
      for i = 1, n do x[i] = low + (high - low) * (i - 1) / (n - 1) end
      local y, most = circlet[name](x), 0
      for i = 1, n do
        local truth = f(x[i])
        local spacing = truth == 0 and 2 ^ -149
          or 2.0 ^ (math.floor(math.log(math.abs(truth), 2)) - 23)
        most = math.max(most, math.abs(y[i] - truth) / spacing)
      end
      return most
    end
    assert(worst("log", math.log, 0.3, 3) <= 1)
    assert(worst("log", math.log, 1e-38, 1e38) <= 1)
    assert(worst("log", math.log, 2 ^ -149, 2 ^ -126) <= 1)
    assert(worst("sigmoid", real_unary.sigmoid, -80, 30) <= 2.5)
    assert(worst("tanh", real_unary.tanh, -1, 10) <= 1.5)
  end)
end)

describe("elementwise functions of two tensors", function()
  local function floor_mod(a, b) return a % b end
  local operations = {
    { "add", function(a, b) return a + b end, "TN TT" },
    { "csub", function(a, b) return a - b end, "TN TT" },
    { "mul", function(a, b) return a * b end, "TN" },
    { "cmul", function(a, b) return a * b end, "TT" },
    { "div", function(a, b) return a / b end, "TN", truncated_quotient },
    { "cdiv", function(a, b) return a / b end, "TT", truncated_quotient },
    { "fmod", fmod, "TN" },
    { "cfmod", fmod, "TT" },
    { "remainder", floor_mod, "TN" },
    { "cremainder", floor_mod, "TT" },
    { "cmax", math.max, "TN TT" },
    { "cmin", math.min, "TN TT" },
  }

  it("agree with plain Lua in every layout and type", function()
    for _, operation in ipairs(operations) do
      local name, f, forms, of_integers = table.unpack(operation)
      for _, type in ipairs(support.types) do
        local low = type == "Byte" and 0 or -40
        for i, x in ipairs(samples(type, low, 45)) do
          local y = samples(type, 1, type == "Byte" and 9 or 7)[i]
          local exact = function(a, b)
            if not integer[type] then return f(a, b) end
            return wrapped(type, (of_integers or f)(a, b))
          end
          if forms:find "TT" then check(type, name, { x, y }, map(exact, flat(x), flat(y))) end
          if forms:find "TN" then
            for _, number in ipairs { 3, 2.5, -7 } do
              local fits = not integer[type] or number == 3 or number == -7 and type ~= "Byte"
              local expected = fits and map(function(a) return exact(a, number) end, flat(x))
              if fits then check(type, name, { x, number }, expected) end
            end
          end
        end
      end
    end
  end)

  it("compute powers of reals and of integers", function()
    for _, type in ipairs(support.real_types) do
      for i, x in ipairs(samples(type, 0.2, 3)) do
        local y = samples(type, -2, 3)[i]
        local power = function(a, b) return a ^ b end
        check(type, "cpow", { x, y }, map(power, flat(x), flat(y)))
        for _, number in ipairs { 2, 0.5, -1.5, 0 } do
          check(type, "pow", { x, number }, map(function(a) return a ^ number end, flat(x)))
          check(type, "pow", { number, x }, map(function(a) return number ^ a end, flat(x)))
        end
      end
      local y, x = circlet[type .. "Tensor"] { 1, -1 }, circlet[type .. "Tensor"] { 2, 0 }
      check(type, "atan2", { y, x }, { math.atan(1, 2), math.atan(-1, 0) })
    end
    local x = circlet.LongTensor { -3, 0, 1, 7 }
    check("Long", "pow", { x, 3 }, { -27, 0, 1, 343 })
    check("Long", "pow", { x, 2 }, { 9, 0, 1, 49 })
    check("Long", "pow", { x, 0 }, { 1, 1, 1, 1 })
    check("Long", "cpow", { x, circlet.LongTensor { 2, 5, 1, 3 } }, { 9, 0, 1, 343 })
    check("Byte", "pow", { 2, circlet.ByteTensor { 0, 7, 8 } }, { 1, 128, 0 })
    raises("pow: LongTensor raised to a negative power", circlet.pow, x, -1)
    raises("cpow: LongTensor raised to a negative power", circlet.cpow, x, x)
    raises("atan2: not defined for LongTensor", circlet.atan2, x, x)
  end)

  it("take a factor in add and csub", function()
    for _, type in ipairs(support.types) do
      for i, x in ipairs(samples(type, type == "Byte" and 0 or -40, 45)) do
        local y = samples(type, 1, 7)[i]
        local factor = integer[type] and -3 or -3.5
        local exact = function(sign)
          return function(a, b)
            local value = a + sign * factor * b
            return integer[type] and wrapped(type, value) or value
          end
        end
        check(type, "add", { x, factor, y }, map(exact(1), flat(x), flat(y)), 64)
        check(type, "csub", { x, factor, y }, map(exact(-1), flat(x), flat(y)), 64)
      end
    end
  end)

  it("compute addcmul, addcdiv, lerp and clamp", function()
    for _, type in ipairs(support.types) do
      for i, x in ipairs(samples(type, type == "Byte" and 0 or -40, 45)) do
        local y, z = samples(type, 1, 7)[i], samples(type, 2, 6)[i]
        local v = integer[type] and 2 or 2.5
        local function of(f)
          return map(function(...)
            local value = f(...)
            return integer[type] and wrapped(type, value) or value
          end, flat(x), flat(y), flat(z))
        end
        local quotient = integer[type] and truncated_quotient or function(a, b) return a / b end
        check(type, "addcmul", { x, y, z }, of(function(a, b, c) return a + b * c end), 128)
        check(type, "addcmul", { x, v, y, z }, of(function(a, b, c) return a + v * b * c end), 128)
        check(type, "addcdiv", { x, y, z }, of(function(a, b, c) return a + quotient(b, c) end), 64)
        check(type, "addcdiv", { x, v, y, z },
          of(function(a, b, c) return a + quotient(v * b, c) end), 64)
        check(type, "clamp", { x, 2, 30 }, of(function(a) return math.min(math.max(a, 2), 30) end))
        if not integer[type] then
          check(type, "lerp", { x, y, 0.25 }, of(function(a, b) return a + 0.25 * (b - a) end), 64)
        end
      end
    end
    raises("lerp: not defined for IntTensor", function()
      circlet.IntTensor { 1 }:lerp(circlet.IntTensor { 2 }, 1)
    end)
  end)

  it("saturate the bounds of clamp, cmax and cmin for integers", function()
    local x = circlet.ByteTensor { 0, 7, 255 }
    assert.same({ 0, 7, 255 }, flat(circlet.clamp(x, -5, 300)))
    assert.same({ 0, 7, 255 }, flat(circlet.clamp(x, -inf, inf)))
    assert.same({ 255, 255, 255 }, flat(circlet.cmax(x, 300)))
    assert.same({ 0, 7, 255 }, flat(circlet.cmax(x, -300)))
    assert.same({ 5, 5 }, flat(circlet.cmax(circlet.LongTensor { math.mininteger, -9 }, 5)))
    raises("clamp: a ByteTensor needs an integer, got 2.5", circlet.clamp, x, 2.5, 3)
    raises("cmin: a ByteTensor needs an integer", circlet.cmin, x, nan)
  end)

  it("wrap around in integers instead of trapping", function()
    local long = circlet.LongTensor { math.mininteger, math.maxinteger }
    assert.same({ math.mininteger, -math.maxinteger }, flat(circlet.div(long, -1)))
    assert.same({ 0, 0 }, flat(circlet.fmod(long, -1)))
    assert.same({ 0, 0 }, flat(circlet.remainder(long, -1)))
    assert.same({ math.maxinteger, math.maxinteger - 1 }, flat(circlet.csub(long, 1)))
    assert.same({ math.mininteger, -math.maxinteger }, flat(circlet.neg(long)))
    assert.same({ math.mininteger, math.maxinteger }, flat(circlet.abs(long)))
    local int = circlet.IntTensor { -2 ^ 31, 2 ^ 31 - 1 }
    assert.same({ -2 ^ 31, -2 ^ 31 + 1 }, flat(circlet.cdiv(int, circlet.IntTensor { -1, -1 })))
    assert.same({ -2 ^ 31 + 1, -2 ^ 31 }, flat(circlet.add(int, 1)))
    assert.same({ 4, 255 }, flat(circlet.add(circlet.ByteTensor { 250, 245 }, 10)))
    assert.same({ 255, 6 }, flat(circlet.add(circlet.ByteTensor { 0, 7 }, -1)))
  end)

  it("raise for a division of integers by zero and write nothing", function()
    for type in pairs(integer) do
      local x, y = circlet[type .. "Tensor"] { 5, 6, 7 }, circlet[type .. "Tensor"] { 1, 0, 2 }
      local message = type .. "Tensor divided by zero"
      raises("div: " .. message, x.div, x, 0)
      raises("fmod: " .. message, x.fmod, x, 0)
      raises("remainder: " .. message, x.remainder, x, 0)
      raises("cdiv: " .. message, x.cdiv, x, y)
      raises("cfmod: " .. message, x.cfmod, x, y)
      raises("cremainder: " .. message, x.cremainder, x, y)
      raises("addcdiv: " .. message, x.addcdiv, x, x, y)
      assert.same({ 5, 6, 7 }, flat(x))
    end
    assert.same({ inf, -inf }, flat(circlet.div(circlet.FloatTensor { 1, -1 }, 0)))
  end)

  it("pass NaN on in cmax, cmin and clamp", function()
    for _, type in ipairs(support.real_types) do
      local x = circlet[type .. "Tensor"] { nan, 1, inf }
      local y = circlet[type .. "Tensor"] { 1, nan, nan }
      support.near({ nan, nan, nan }, flat(circlet.cmax(x, y)), 0)
      support.near({ nan, nan, nan }, flat(circlet.cmin(x, y)), 0)
      support.near({ nan, 1, 2 }, flat(circlet.clamp(x, 0, 2)), 0)
    end
  end)
end)

describe("comparisons", function()
  local operations = {
    lt = function(a, b) return a < b end, le = function(a, b) return a <= b end,
    gt = function(a, b) return a > b end, ge = function(a, b) return a >= b end,
    eq = function(a, b) return a == b end, ne = function(a, b) return a ~= b end,
  }
  local function bits(f, a, b)
    return map(function(x, y) return f(x, y) and 1 or 0 end, a, b)
  end
  local function constant(list, number) return map(function() return number end, list) end

  it("give bytes for tensors and numbers of every type and layout", function()
    for name, f in pairs(operations) do
      for _, type in ipairs(support.types) do
        for _, x in ipairs(samples(type, type == "Byte" and 0 or -4, 4)) do
          local y = x:clone()
          y:view(-1)[2] = 1
          y:view(-1)[5] = 3
          for layout, laid in ipairs(support.layouts(x)) do
            local others = support.layouts(y)
            local other = others[layout % #others + 1]
            local result = laid[name](laid, other)
            assert.equal("circlet.ByteTensor", result:type())
            assert.same(x:size():totable(), result:size():totable())
            assert.same(bits(f, flat(x), flat(y)), flat(result))
            for _, number in ipairs { 1, 0.5, -300, 300, inf, -inf, nan, 2 ^ 70 } do
              local expected = bits(f, flat(x), constant(flat(x), number))
              assert.same(expected, flat(circlet[name](laid, number)), name .. " " .. number)
            end
          end
        end
      end
    end
  end)

  it("write into a result of bytes or of the same type", function()
    local x = circlet.FloatTensor { 1, 5, 3 }
    local byte, same = circlet.ByteTensor(), circlet.FloatTensor(9)
    assert.equal(byte, circlet.gt(byte, x, 2))
    assert.same({ 0, 1, 1 }, flat(byte))
    assert.equal(same, same:gt(x, 2))
    assert.same({ 0, 1, 1 }, flat(same))
    assert.same({ 0, 1, 1 }, flat(x:gt(x, 2)))
    assert.same({ 0, 1, 1 }, flat(x))
    raises("the result must be a FloatTensor, got a LongTensor", circlet.gt, circlet.LongTensor(),
      circlet.FloatTensor { 1 }, 2)
  end)

  it("compare large integers exactly", function()
    local x = circlet.LongTensor { 2 ^ 53 + 0.0, (1 << 53) + 1, math.maxinteger, math.mininteger }
    assert.same({ 0, 1, 0, 0 }, flat(x:eq((1 << 53) + 1)))
    assert.same({ 1, 1, 0, 1 }, flat(x:lt(math.maxinteger)))
    assert.same({ 1, 1, 1, 1 }, flat(x:lt(2.0 ^ 63)))
    assert.same({ 1, 1, 1, 1 }, flat(x:ge(-2.0 ^ 63)))
  end)

  it("leave == to identity", function()
    local x = circlet.FloatTensor { 1, 2 }
    assert.is_false(x == circlet.FloatTensor { 1, 2 })
    assert.is_true(x == x)
  end)

  it("combine through the arithmetic of bytes", function()
    local x = circlet.FloatTensor { 1, 2, 3, 4 }
    assert.same({ 0, 1, 1, 0 }, flat(x:gt(1):cmul(x:lt(4))))
    assert.same({ 1, 0, 0, 1 }, flat(x:gt(1):add(x:lt(4)):eq(1)))
  end)
end)

describe("elementwise operations", function()
  it("accept a result that overlaps an input", function()
    for _, type in ipairs(support.types) do
      local x = circlet[type .. "Tensor"] { 1, 2, 3, 4, 5 }
      x:narrow(1, 1, 4):add(x:narrow(1, 2, 4))
      assert.same({ 3, 5, 7, 9, 5 }, flat(x))
      x:narrow(1, 2, 4):add(x:narrow(1, 1, 4), x:narrow(1, 2, 4))
      assert.same({ 3, 8, 12, 16, 14 }, flat(x))
      x:narrow(1, 2, 4):neg(x:narrow(1, 1, 4)):neg()
      assert.same({ 3, 3, 8, 12, 16 }, flat(x))
      local m = circlet[type .. "Tensor"] { { 1, 2 }, { 3, 4 } }
      m:add(m:t())
      assert.same({ 2, 5, 5, 8 }, flat(m))
      local v = circlet[type .. "Tensor"] { 1, 2, 3, 4, 5, 6 }
      circlet.mul(v:narrow(1, 3, 2), v:narrow(1, 1, 4), 2) -- the result grows over its input
      assert.same({ 1, 2, 2, 4, 6, 8 }, flat(v))
    end
  end)

  it("take expanded inputs", function()
    local x, row = circlet.FloatTensor(3, 20):fill(1), circlet.FloatTensor(1, 20)
    for i = 1, 20 do row[1][i] = i end
    x:add(row:expandAs(x))
    assert.equal(21, x[3][20])
    local column = circlet.FloatTensor { { 1 }, { 2 }, { 4 } }
    assert.equal(84, circlet.cmul(column:expandAs(x), x)[3][20])
    assert.same({ 0.5, 0.5 }, flat(circlet.cdiv(circlet.FloatTensor { 1 }:expand(2),
      circlet.FloatTensor { 2 }:expand(2))))
  end)

  it("do nothing with empty tensors", function()
    for _, type in ipairs(support.types) do
      local x = circlet[type .. "Tensor"]()
      assert.equal(x, x:add(1):mul(2):abs():cmul(x):cmax(x))
      assert.equal(0, x:lt(1):nElement())
      assert.equal(0, circlet.add(x, x):nElement())
      assert.equal(0, circlet.clamp(circlet[type .. "Tensor"] { 1, 2 }, x, 1, 2):nElement())
    end
  end)

  it("have the same bits with one thread and with several", function()
    local threads = circlet.getnumthreads()
    local x = circlet.FloatTensor(300, 401)
    local v = x:view(-1)
    for i = 1, v:nElement() do v[i] = i % 977 / 100 - 4 end
    local function compute() return circlet.exp(x:t()):add(0.3, x:t()):storage():string() end
    circlet.setnumthreads(1)
    local one = compute()
    circlet.setnumthreads(3)
    local several = compute()
    circlet.setnumthreads(threads)
    assert(one == several)
  end)

  it("say what was wrong", function()
    local x, long = circlet.FloatTensor(2, 3), circlet.LongTensor { 1, 2 }
    raises("add: tensors of one size expected, got 2x3 and 3x2", x.add, x,
      circlet.FloatTensor(3, 2))
    raises("add: tensors of one size expected, got 2x3 and 6", x.add, x, circlet.FloatTensor(6))
    raises("cmul: tensors of one type expected, got FloatTensor and DoubleTensor", x.cmul, x,
      circlet.DoubleTensor(2, 3))
    raises("exp: the result must be a FloatTensor, got a DoubleTensor", circlet.exp,
      circlet.DoubleTensor(), x)
    raises("mul: a LongTensor needs an integer, got 0.5", long.mul, long, 0.5)
    raises("div: a LongTensor needs an integer, got inf", long.div, long, inf)
    raises("add: a LongTensor needs an integer", long.add, long, nan)
    raises("div: 256 is out of the range of a ByteTensor", circlet.div, circlet.ByteTensor { 1 },
      256)
    raises("mul: expected (tensor, number), got (tensor, tensor)", x.mul, x, x)
    raises("add: expected", x.add, x, "1")
    raises("add: expected", x.add, x)
    raises("exp: expected (tensor), got (number)", circlet.exp, 1)
    raises("pow: expected", x.pow, x, 1, 2)
    raises("a tensor expected to hold the result", x.pow, 2, x)
    raises("clamp: expected (tensor, number, number)", x.clamp, x, 1)
  end)

  it("leave everything intact when memory is refused", function()
    local x = circlet.FloatTensor { 1, 2, 3, 4 }
    local head, tail = x:narrow(1, 1, 3), x:narrow(1, 2, 3)
    collectgarbage()
    circlet.fail_allocation(1)
    raises("not enough memory", head.add, head, tail)
    circlet.fail_allocation(0)
    assert.same({ 1, 2, 3, 4 }, flat(x))
  end)
end)
