-- Modules and criterions on the GPU beside the same ones on the CPU.
local assert = require "luassert"
local circlet = require "circlet"

local support = {}

--- Says aloud that `what` cannot be checked here, once for a file; true where that is so. `pending`
-- is busted's, which it gives to spec files alone.
function support.absent(pending, what)
  local available, reason = circlet.cuda.available()
  if available then return false end
  pending(("%s: needs a GPU: %s"):format(what, reason))
  return true
end

--- The types of modules: the methods that convert to them, and half a unit in the last place.
support.kinds = {
  { cpu = "float", gpu = "cuda", epsilon = 2 ^ -24 },
  { cpu = "double", gpu = "cudaDouble", epsilon = 2 ^ -53 },
}

--- value:<method>() for a tensor or each tensor of a table.
function support.convert(value, method)
  if circlet.isTensor(value) then return value[method](value) end
  if type(value) ~= "table" then return value end
  local list = {}
  for key, item in pairs(value) do list[key] = support.convert(item, method) end
  return list
end

--- The same elements in another layout.
function support.awkward(x)
  if not circlet.isTensor(x) then
    local list = {}
    for key, item in pairs(x) do list[key] = support.awkward(item) end
    return list
  end
  if x:dim() == 1 then return x:new(x:nElement(), 2):select(2, 1):copy(x) end
  local a, b = x:dim() - 1, x:dim()
  return x:transpose(a, b):contiguous():transpose(a, b)
end

--- Normally distributed numbers of the sizes: {2, 3} or {{2, 3}, {2, 3}}.
function support.random(sizes)
  if type(sizes[1]) ~= "table" then return circlet.randn(table.unpack(sizes)) end
  local list = {}
  for i, size in ipairs(sizes) do list[i] = support.random(size) end
  return list
end

--- The tensors, or tables of them, differ by at most `bar` times the greatest element, or 1.
function support.close(what, got, want, bar)
  if not circlet.isTensor(want) then
    assert.equal("table", type(got), what)
    for key, item in pairs(want) do support.close(what .. "." .. key, got[key], item, bar) end
    return
  end
  local back, wanted = got:double(), want:double()
  assert.same(want:size():totable(), back:size():totable(), what)
  if want:nElement() == 0 then return end
  local scale = math.max(1, wanted:clone():abs():max())
  local off = (back - wanted):abs():max()
  assert.is_true(off <= bar * scale, ("%s is off by %g, allowed %g"):format(what, off, bar * scale))
end

local function compare(make, kind, input, bar, what)
  local here = make()
  here[kind.cpu](here)
  local there = here:clone()
  there[kind.gpu](there)
  local gpu_input = support.convert(input, kind.gpu)
  what = ("%s, %s: "):format(tostring(here), what)
  local output = here:forward(input)
  support.close(what .. "output", there:forward(gpu_input), output, bar)
  local function weigh(y)
    if circlet.isTensor(y) then return y:clone():uniform(-1, 1) end
    local list = {}
    for i, item in ipairs(y) do list[i] = weigh(item) end
    return list
  end
  local gradOutput = weigh(output)
  here:zeroGradParameters()
  there:zeroGradParameters()
  local gradient = here:backward(input, gradOutput)
  support.close(what .. "gradInput",
    there:backward(gpu_input, support.convert(gradOutput, kind.gpu)), gradient, bar)
  local _, gradients = here:parameters()
  local _, gpu_gradients = there:parameters()
  support.close(what .. "gradients", gpu_gradients or {}, gradients or {}, bar)
end

--- Runs make() forward and backward on inputs of `sizes`, on both sides, in both types and several
-- layouts. terms: the longest sum in it, which sets the bar: sums of rounded products in another
-- order. prepare(input), if given, brings random numbers into the module's domain.
function support.module(make, sizes, terms, prepare)
  for _, kind in ipairs(support.kinds) do
    for _, layout in ipairs { "contiguous", "strided" } do
      circlet.manualSeed(7)
      local input = support.convert(support.random(sizes), kind.cpu)
      if prepare then input = prepare(input) end
      if layout == "strided" then input = support.awkward(input) end
      compare(make, kind, input, 8 * math.sqrt(terms) * kind.epsilon, kind.cpu .. " " .. layout)
    end
  end
end

--- Loss and gradient of make() on input and target(s), on both sides and in both types.
function support.criterion(make, input, target, terms)
  for _, kind in ipairs(support.kinds) do
    local here = make()
    here[kind.cpu](here)
    local there = here:clone()
    there[kind.gpu](there)
    local bar = 8 * math.sqrt(terms) * kind.epsilon
    local x = support.convert(input, kind.cpu)
    local gpu_x = support.convert(input, kind.gpu)
    -- Targets of the input's kind go with it; labels lie on either side.
    local real = circlet.isTensor(target) and target:type():find "Float"
    local t = real and support.convert(target, kind.cpu) or target
    for _, gpu_t in ipairs { real and support.convert(target, kind.gpu) or target,
                             circlet.isTensor(target) and not real and target:cudaLong() or nil } do
      local loss = here:forward(x, t)
      assert.near(loss, there:forward(gpu_x, gpu_t), bar * math.max(1, math.abs(loss)))
      support.close(tostring(here), there:backward(gpu_x, gpu_t), here:backward(x, t), bar)
    end
  end
end

return support
