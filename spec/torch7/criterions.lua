-- The criterions of lua/circlet/ffi.lua, in Torch7 on LuaJIT, or on the stand-ins for it in
-- spec/torch7/standin. Prints what spec/torch7/real_spec.lua compares.
local torch = require "torch"
local nn = require "nn"
local circlet = dofile "lua/circlet/ffi.lua"

local B, D, C = 12, 5, 3

local function show(name, tensor)
  local texts = { name }
  local function each(value) texts[#texts + 1] = ("%.17g"):format(value) end
  if type(tensor) == "number" then each(tensor) else tensor:apply(function(v) each(v) end) end
  print(table.concat(texts, " "))
end

-- sin(first), sin(first + 1), ... as [rows, columns] of a type
local function wave(kind, first, rows, columns)
  local tensor, i = torch[kind](rows, columns), first - 1
  tensor:apply(function()
    i = i + 1
    return math.sin(i)
  end)
  return tensor
end

local function labels(kind, rows)
  local list = {}
  for i = 1, rows do list[i] = 1 + i % C end
  return torch[kind](list)
end

local target = labels("LongTensor", B)
for _, kind in ipairs { "DoubleTensor", "FloatTensor" } do
  local name = kind:match "^%l?%u%l+"
  local x, refs = wave(kind, 1, B, D), wave(kind, 100, C, D)
  local criterion = nn.CircleCriterion(0.3, 24)
  show(name .. "_pair", criterion:forward(x, target))
  show(name .. "_pair_gradient", criterion:backward(x, target))
  -- the same rows as columns of another tensor, and as part of a wider one
  local wide = wave(kind, 1, B, D + 2)
  show(name .. "_narrow", criterion:forward(wide:narrow(2, 2, D), target))
  show(name .. "_narrow_gradient", criterion:backward(wide:narrow(2, 2, D), target))
  local across = wave(kind, 1, D, B)
  show(name .. "_across", criterion:forward(across:t(), target))
  show(name .. "_across_gradient", criterion:backward(across:t(), target))
  local both, names = { x, refs }, { target, labels("LongTensor", C) }
  show(name .. "_refs", criterion:forward(both, names))
  local gradients = criterion:backward(both, names)
  show(name .. "_refs_gradient", gradients[1])
  show(name .. "_refs_gradient2", gradients[2])

  local class = nn.CircleClassCriterion(D, C, 0.3, 24, { aggregate = "batch" })
  class:type("torch." .. kind)
  local i = 99
  class.weight:apply(function()
    i = i + 1
    return math.sin(i)
  end)
  show(name .. "_class", class:forward(x, target))
  show(name .. "_class_gradient", class:backward(x, target))
  class:accGradParameters(x, target, 0.5)
  show(name .. "_class_weight", class.gradWeight)

  local given = nn.CircleSimilarityCriterion(0.3, 24)
  local input = { wide:narrow(2, 1, 3), wide:narrow(2, 4, 4) }
  show(name .. "_given", given:forward(input))
  show(name .. "_given_p", given:backward(input)[1])
  show(name .. "_given_n", given.gradInput[2])
end

-- every type of labels, as they come
do
  local x, criterion = wave("DoubleTensor", 1, B, D), nn.CircleCriterion(0.3, 24)
  local same = criterion:forward(x, target)
  for _, kind in ipairs { "Long", "Int", "Byte", "Float", "Double", "Short", "Char" } do
    if torch[kind .. "Tensor"] then
      assert(criterion:forward(x, labels(kind .. "Tensor", B)) == same, kind)
    end
  end
  criterion.sizeAverage = false
  show("sum", criterion:forward(x, target))
  criterion.sizeAverage = true
  print("info " .. criterion.info.n_valid .. " " .. criterion.info.n_positive)
  print("text " .. tostring(criterion))
  local output, gradient = criterion(x, target)
  print("call " .. tostring(output == same and gradient == criterion.gradInput))
  -- a clone is of its own, and so is its next pass
  local copy = criterion:clone()
  criterion:forward(wave("DoubleTensor", 7, B, D), target)
  print("clone " .. tostring(copy:forward(x, target) == same) .. " " .. torch.typename(copy))
  local single = criterion:float()
  show("float", single:forward(wave("FloatTensor", 1, B, D), labels("FloatTensor", B)))
  print("type " .. torch.typename(single:backward(wave("FloatTensor", 1, B, D), target)))
  show("double", criterion:double():forward(x, target))
end

-- memory of references outlives their tensor
do
  local criterion, x = nn.CircleCriterion(0.3, 24), wave("DoubleTensor", 1, B, D)
  criterion:forward({ x, wave("DoubleTensor", 100, C, D) }, { target, labels("LongTensor", C) })
  collectgarbage()
  collectgarbage()
  show("anchored", criterion:backward({ x, wave("DoubleTensor", 100, C, D) })[2])
end

local x = wave("DoubleTensor", 1, B, D)
for name, call in pairs {
  zero = function(c) c:forward(x, labels("LongTensor", B):fill(0)) end,
  half = function(c) c:forward(x, labels("DoubleTensor", B):fill(1.5)) end,
  nan = function(c) c:forward(x, labels("DoubleTensor", B):fill(0 / 0)) end,
  few = function(c) c:forward(x, labels("LongTensor", B - 1)) end,
  long = function(c) c:forward(target, target) end,
  text = function(c) c:forward(x, "labels") end,
  mixed = function(c)
    c:forward({ x, wave("FloatTensor", 1, C, D) }, { target, labels("LongTensor", C) })
  end,
  one = function(c) c:forward({ x, x }, target) end,
  columns = function(c)
    c:forward({ x, wave("DoubleTensor", 1, C, D + 1) }, { target, labels("LongTensor", C) })
  end,
  row = function(c) c:forward(wave("DoubleTensor", 1, B, D):fill(0 / 0), target) end,
  backward = function(c) c:backward(x, target) end,
  none = function() nn.CircleCriterion(0.3, 24, { reduction = "none" }):forward(x, target) end,
  option = function() nn.CircleCriterion(0.3, 24, { similarity = "cos" }):forward(x, target) end,
  class = function()
    nn.CircleClassCriterion(D, C - 1, 0.3, 24):forward(x, target)
  end,
  given = function() nn.CircleSimilarityCriterion(0.3, 24):forward(x) end,
} do
  local ok, message = pcall(call, nn.CircleCriterion(0.3, 24))
  assert(not ok, name)
  print("error_" .. name .. " " .. tostring(message):gsub("^[^:]*:%d+: ", ""))
end

-- criterions as circlet saves them, and back: real Torch7 alone
if torch.load and arg and arg[1] then
  local folder = arg[1]
  local pair, class = torch.load(folder .. "/pair.t7"), torch.load(folder .. "/class.t7")
  show("loaded", pair:forward(x, target))
  show("loaded_class", class:forward(x, target))
  class.weight:mul(2):narrow(1, 1, 1):fill(0.5)
  show("saved_class", class:forward(x, target))
  class:backward(x, target)
  torch.save(folder .. "/class_back.t7", class)
end
assert(circlet.CircleCriterion == nn.CircleCriterion)
