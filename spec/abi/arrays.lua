-- For LuaJIT: circlet.ffi on plain arrays, without Torch7. Prints what abi_spec.lua compares.
local ffi = require "ffi"
local circlet = dofile "lua/circlet/ffi.lua"

local B, D, C = 6, 3, 2

local function list(name, array, n)
  local texts = { name }
  for i = 0, n - 1 do texts[#texts + 1] = ("%.17g"):format(array[i]) end
  print(table.concat(texts, " "))
end

local labels = ffi.new("int64_t[?]", B)
for i = 0, B - 1 do labels[i] = 1 + i % 2 end
for _, kind in ipairs { "double", "float" } do
  local x, gradient = ffi.new(kind .. "[?]", B * D), ffi.new(kind .. "[?]", B * D)
  local w, gradient_w = ffi.new(kind .. "[?]", C * D), ffi.new(kind .. "[?]", C * D)
  for i = 0, B - 1 do
    for j = 0, D - 1 do x[i * D + j] = math.sin(1 + 3 * i + j) end
  end
  for i = 0, C * D - 1 do w[i] = math.cos(2 + i) end
  local loss, facts = circlet.circle_loss(x, labels, B, D, { gamma = 8 }, gradient)
  print(kind .. "_loss " .. ("%.17g"):format(loss))
  print(kind .. "_valid " .. facts.n_valid)
  list(kind .. "_gradient", gradient, B * D)
  loss = circlet.circle_class_loss(x, labels, B, D, w, C, { gamma = 8, reduction = "sum" },
    gradient, gradient_w)
  print(kind .. "_class " .. ("%.17g"):format(loss))
  list(kind .. "_class_gradient", gradient_w, C * D)
  -- a term for each row; and given similarities, columns 1 and 2 as positives, 3 as negatives
  local losses = ffi.new(kind .. "[?]", B)
  loss = circlet.circle_loss(x, labels, B, D, { gamma = 8, reduction = "none" }, nil, losses)
  list(kind .. "_each", losses, B)
  print(kind .. "_each_sum " .. ("%.17g"):format(loss))
  circlet.circle_class_loss(x, labels, B, D, w, C, { gamma = 8, reduction = "none" }, nil, nil,
    losses)
  list(kind .. "_class_each", losses, B)
  local p, n = ffi.new(kind .. "[?]", B * 2), ffi.new(kind .. "[?]", B)
  for i = 0, B - 1 do
    p[2 * i], p[2 * i + 1], n[i] = x[i * D], x[i * D + 1], x[i * D + 2]
  end
  local gradient_p, gradient_n = ffi.new(kind .. "[?]", B * 2), ffi.new(kind .. "[?]", B)
  loss, facts = circlet.circle_similarity_loss(p, n, B, 2, 1, { gamma = 8 }, gradient_p, gradient_n)
  print(kind .. "_given " .. ("%.17g"):format(loss))
  print(kind .. "_given_positive " .. facts.n_positive)
  list(kind .. "_given_p", gradient_p, B * 2)
  list(kind .. "_given_n", gradient_n, B)
  circlet.circle_similarity_loss(p, n, B, 2, 1, { gamma = 8, reduction = "none" }, nil, nil, losses)
  list(kind .. "_given_each", losses, B)
end

local x = ffi.new("float[?]", B * D)
for name, call in pairs {
  option = function() circlet.circle_loss(x, labels, B, D, { gama = 8 }) end,
  choice = function() circlet.circle_loss(x, labels, B, D, { similarity = "cos" }) end,
  array = function() circlet.circle_loss(labels, labels, B, D) end,
  mixed = function()
    circlet.circle_loss(x, labels, B, D, {}, ffi.new("double[?]", B * D))
  end,
  short = function() circlet.circle_loss(x, labels, B + 1, D) end,
  nothing = function() circlet.circle_loss(nil, labels, B, D) end,
  losses = function() circlet.circle_loss(x, labels, B, D, { reduction = "none" }) end,
  number = function() circlet.circle_loss(x, labels, B, D, { m = "a" }) end,
  one = function() circlet.circle_similarity_loss(x, x, B, D, D, nil, x) end,
  label = function()
    labels[2] = 0
    circlet.circle_loss(x, labels, B, D)
  end,
} do
  print("error_" .. name .. " " .. tostring(select(2, pcall(call))):gsub("^[^:]*:%d+: ", ""))
end
