-- Checks of gradients by central differences, in the style of Torch7's nn.Jacobian, and plain Lua
-- access to elements.
--
-- The scalar checked is L = sum(output * r) with fixed random r, so gradOutput = r. A central
-- difference with step h errs by h^2/6 times the third derivative (1e-12 for h = 1e-6, functions of
-- order 1) and by the rounding of L over 2h: L is a sum of some hundred terms of order 1, so about
-- 10 * 2^-52 / 1e-6 = 2e-9. 1e-7 relative to the gradient's largest entry leaves room for both.
local assert = require "luassert"
local circlet = require "circlet"
local support = require "spec.support"

local jacobian = { step = 1e-6, tolerance = 1e-7 }

--- A Double tensor of the given sizes, uniform in [low, high) (default -1, 1).
function jacobian.random(sizes, low, high)
  return circlet.DoubleTensor(circlet.LongStorage(sizes)):uniform(low or -1, high or 1)
end

-- d loss() / d tensor, entry by entry.
local function numeric(tensor, loss)
  local flat, result = tensor:view(-1), {}
  for i = 1, flat:nElement() do
    local kept = flat[i]
    flat[i] = kept + jacobian.step
    local above = loss()
    flat[i] = kept - jacobian.step
    local below = loss()
    flat[i] = kept
    result[i] = (above - below) / (2 * jacobian.step)
  end
  return result
end

local function compare(expected, tensor, what)
  local actual, largest = support.flat(tensor), 1
  assert(#expected == #actual, what .. ": wrong number of elements")
  for i = 1, #expected do largest = math.max(largest, math.abs(expected[i])) end
  for i = 1, #expected do
    assert(math.abs(expected[i] - actual[i]) <= jacobian.tolerance * largest,
      ("%s: element %d should be %.12g, got %.12g"):format(what, i, expected[i], actual[i]))
  end
end

--- Checks gradInput and every parameter gradient of a Double module on a contiguous Double input.
-- before() runs before each forward (to seed a generator).
function jacobian.check(module, input, before)
  before = before or function() end
  before()
  local r = jacobian.random(module:forward(input):size():totable())
  local function loss()
    before()
    return module:forward(input):dot(r)
  end
  local expected = numeric(input, loss)
  local parameters, gradients = module:parameters()
  module:zeroGradParameters()
  before()
  module:forward(input)
  local gradInput = module:backward(input, r)
  assert(gradInput:isSameSizeAs(input), "gradInput must have the size of the input")
  compare(expected, gradInput, "gradInput")
  for i, p in ipairs(parameters or {}) do
    compare(numeric(p, loss), gradients[i], "gradient of parameter " .. i)
  end
  -- the two halves of backward give the same bits as the whole
  local whole = support.flat(gradInput)
  before()
  module:forward(input)
  assert.same(whole, support.flat(module:updateGradInput(input, r)))
  -- a second backward adds up
  local once = {}
  for i, g in ipairs(gradients or {}) do once[i] = support.flat(g) end
  module:accGradParameters(input, r, 1)
  for i, g in ipairs(gradients or {}) do
    local twice = support.flat(g)
    for k = 1, #twice do
      assert(math.abs(twice[k] - 2 * once[i][k]) <= 1e-14 * math.max(1, math.abs(twice[k])))
    end
  end
end

--- Checks gradInput of a criterion against differences of its output.
function jacobian.check_criterion(criterion, input, target)
  local expected = numeric(input, function() return criterion:forward(input, target) end)
  criterion:forward(input, target)
  compare(expected, criterion:backward(input, target), "gradInput")
end

--- The module in Float gives what it gives in Double to a relative error of `tolerance`, forward
-- and backward. Seeds before each pass.
function jacobian.check_float(module, input, tolerance)
  circlet.manualSeed(11)
  local y = module:forward(input):clone()
  local r = jacobian.random(y:size():totable())
  module:zeroGradParameters()
  local gx = module:backward(input, r):clone()
  local _, gradients = module:parameters()
  local single = module:clone():float()
  single:zeroGradParameters()
  circlet.manualSeed(11)
  local function near(a, b, what)
    local e = support.relative_error(a, b)
    assert(e <= tolerance, ("%s: relative error %g in Float"):format(what, e))
  end
  near(single:forward(input:float()), y, "output")
  near(single:backward(input:float(), r:float()), gx, "gradInput")
  local _, single_gradients = single:parameters()
  for i, g in ipairs(gradients or {}) do near(single_gradients[i], g, "gradient " .. i) end
end

--- Output and gradInput have the same bits for inputs and gradients in any layout.
function jacobian.check_layouts(module, input, before)
  before = before or function() end
  before()
  local y = support.flat(module:forward(input))
  local r = jacobian.random(module.output:size():totable()):type(input:type())
  local gx = support.flat(module:backward(input, r))
  for _, x in ipairs(support.layouts(input)) do
    for _, gy in ipairs(support.layouts(r)) do
      before()
      assert.same(y, support.flat(module:forward(x)))
      assert.same(gx, support.flat(module:backward(x, gy)))
    end
  end
end

--- Everything has the same bits on 1, 2 and 3 threads.
function jacobian.check_threads(module, input, before)
  before = before or function() end
  local threads, seen = circlet.getnumthreads(), nil
  local r
  for _, count in ipairs { 1, 2, 3 } do
    circlet.setnumthreads(count)
    before()
    module:zeroGradParameters()
    local y = module:forward(input)
    r = r or jacobian.random(y:size():totable()):type(input:type())
    local all = { y, module:backward(input, r) }
    local _, gradients = module:parameters()
    for _, g in ipairs(gradients or {}) do all[#all + 1] = g end
    local bytes = {}
    for i, t in ipairs(all) do bytes[i] = t:clone():storage():string() end
    seen = seen or bytes
    for i = 1, #all do assert(seen[i] == bytes[i], "threads change the bits of tensor " .. i) end
  end
  circlet.setnumthreads(threads)
end

return jacobian
