-- The criterions that lua/circlet/ffi.lua makes for Torch7's nn: on the stand-ins for Torch7, and
-- in the real one where it is. spec/torch7/criterions.lua is the program that prints the numbers.
local circlet = require "circlet"
local nn = circlet.nn
local files = require "spec.io.support"
local library = require "spec.abi.support"
local shell = require "circlet.report.shell"
local torch7 = require "spec.torch7.support"
local support = require "spec.support"

local B, D, C = 12, 5, 3

local function wave(kind, first, rows, columns)
  local tensor, i = circlet[kind .. "Tensor"](rows, columns), first - 1
  return tensor:apply(function()
    i = i + 1
    return math.sin(i)
  end)
end

local function labels(rows)
  local list = {}
  for i = 1, rows do list[i] = 1 + i % C end
  return circlet.LongTensor(list)
end

-- What the module computes, under the names that the program prints.
local function expected(kind)
  local found = {}
  local function pass(name, criterion, input, target)
    found[name] = criterion:forward(input, target)
    local gradient = criterion:backward(input, target)
    if type(gradient) ~= "table" then gradient = { gradient } end
    return gradient
  end
  local x, refs, target = wave(kind, 1, B, D), wave(kind, 100, C, D), labels(B)
  local criterion, wide = nn.CircleCriterion(0.3, 24), wave(kind, 1, B, D + 2)
  found._pair_gradient = pass("_pair", criterion, x, target)[1]:clone()
  found._narrow_gradient = pass("_narrow", criterion, wide:narrow(2, 2, D), target)[1]:clone()
  local across = wave(kind, 1, D, B):t()
  found._across_gradient = pass("_across", criterion, across, target)[1]:clone()
  local gradients = pass("_refs", criterion, { x, refs }, { target, labels(C) })
  found._refs_gradient, found._refs_gradient2 = gradients[1], gradients[2]
  local class = nn.CircleClassCriterion(D, C, 0.3, 24, { aggregate = "batch" })
  class:type(("circlet.%sTensor"):format(kind))
  class.weight:copy(refs)
  class.gradWeight:zero()
  found._class_gradient = pass("_class", class, x, target)[1]
  class:accGradParameters(x, target, 0.5)
  found._class_weight = class.gradWeight
  local given = nn.CircleSimilarityCriterion(0.3, 24)
  gradients = pass("_given", given, { wide:narrow(2, 1, 3), wide:narrow(2, 4, 4) })
  found._given_p, found._given_n = gradients[1], gradients[2]
  return found
end

local function numbers(text)
  local list = {}
  for word in text:gmatch "%S+" do list[#list + 1] = tonumber(word) end
  return list
end

-- sin() of two C libraries may differ in its last bit, and Torch7's sums of gradWeight round apart
-- from ours: some bits of 1.
local tolerance = { Double = 1e-13, Float = 2e-5 }

local function compare(lines)
  for kind, bound in pairs(tolerance) do
    for name, value in pairs(expected(kind)) do
      local list = type(value) == "number" and { value } or support.flat(value)
      local scale = 1
      for _, v in ipairs(list) do scale = math.max(scale, math.abs(v)) end
      support.near(list, numbers(assert(lines[kind .. name], name)), bound * scale, kind .. name)
    end
  end
  local x = wave("Double", 1, B, D)
  support.near({ (circlet.circle_loss(x, labels(B), { m = 0.3, gamma = 24, reduction = "sum" })) },
    { tonumber(lines.sum) }, 1e-10)
  assert.equal(lines.Double_pair, lines.double)
  assert.equal(lines.Float_pair, lines.float)
  assert.equal(lines.Double_refs_gradient2, lines.anchored)
  for name, text in pairs {
    info = "12 36", text = "nn.CircleCriterion(m=0.3, gamma=24)", call = "true",
    clone = "true nn.CircleCriterion", type = "torch.FloatTensor",
    error_zero = "nn.CircleCriterion: labels must hold integers >= 1, got 0 at element 1",
    error_half = "nn.CircleCriterion: labels must hold integers >= 1, got 1.5 at element 1",
    error_nan = "nn.CircleCriterion: labels must hold integers >= 1, got nan at element 1",
    error_few = "nn.CircleCriterion: labels must have 12 elements, one per row, got 11",
    error_long = "nn.CircleCriterion: x must be a FloatTensor or a DoubleTensor, got " ..
      "torch.LongTensor",
    error_text = "nn.CircleCriterion: labels must be a tensor of integers on the CPU, got string",
    error_mixed = "nn.CircleCriterion: refs must have the type of the other tensors, got " ..
      "torch.FloatTensor",
    error_one = "nn.CircleCriterion: {x, refs} goes with {labels, ref_labels}",
    error_columns = "nn.CircleCriterion: refs must have as many columns as x, 5, got 6",
    error_row = "nn.CircleCriterion: x has a NaN or an infinite value in row 1",
    error_backward = "nn.CircleCriterion: backward needs a forward pass first",
    error_none = "nn.CircleCriterion: a criterion's output is one number, reduction cannot be "
      .. '"none"',
    error_option = "circlet: option similarity cannot be cos",
    error_class = "nn.CircleClassCriterion: labels must hold classes 1..2, got 3 at element 2",
    error_given = "nn.CircleSimilarityCriterion: the input must be {s_p, s_n}",
  } do
    assert.equal(text, lines[name], name)
  end
end

describe("circlet.ffi in Torch7", function()
  it("is what the module's criterions are, on stand-ins for Torch7", function()
    if library.sanitized then return pending "LuaJIT has no runtime of a sanitizer" end
    if not shell.has "luajit" then return pending "luajit is not installed" end
    compare(torch7.lines(("CIRCLET_LIB=%s LUA_PATH='spec/torch7/standin/?.lua;;' luajit " ..
      "spec/torch7/criterions.lua"):format(shell.quote(library.build .. "/libcirclet.so"))))
  end)

  it("is that in real Torch7, to which criterions go and from which they come", function()
    local real, why = torch7.real()
    if not real then return pending(why) end
    local folder, remove = files.folder()
    finally(remove)
    local class = nn.CircleClassCriterion(D, C, 0.3, 24):double()
    class.weight:copy(wave("Double", 100, C, D))
    assert(circlet.save(folder .. "/pair.t7", nn.CircleCriterion(0.3, 24)))
    assert(circlet.save(folder .. "/class.t7", class))
    local lines = torch7.lines(torch7.command("spec/torch7/criterions.lua", shell.quote(folder)))
    compare(lines)
    assert.equal(lines.Double_pair, lines.loaded)
    local x, target = wave("Double", 1, B, D), labels(B)
    support.near({ class:forward(x, target) }, { tonumber(lines.loaded_class) }, 1e-11)
    local back = assert(circlet.load(folder .. "/class_back.t7"))
    assert.equal("nn.CircleClassCriterion", circlet.type(back))
    assert.same({ 0.5, 0.5, 0.5, 0.5, 0.5 }, back.weight[1]:totable())
    support.near({ back:forward(x, target) }, { tonumber(lines.saved_class) }, 1e-11)
  end)
end)
