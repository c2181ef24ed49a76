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
  -- the family: of one set, with its refinements; of two; of class vectors
  for _, name in ipairs { "circle", "unified", "multi_similarity", "contrastive", "triplet_hard",
    "triplet_all", "lifted", "generalized_lifted", "supcon", "nt_xent" } do
    loss, facts = circlet.loss(name, { x = x, labels = labels, B = B, D = D, gradient = gradient },
      { hardest_negatives = 2, reduction = "sum" })
    print(kind .. "_" .. name .. " " .. ("%.17g"):format(loss))
    print(kind .. "_" .. name .. "_nonzero " .. facts.n_nonzero)
    list(kind .. "_" .. name .. "_gradient", gradient, B * D)
  end
  local classes = ffi.new("int64_t[?]", C, 1, 2)
  local own = ffi.new("double[?]", B, 1, 2, 3, 4, 5, 6)
  loss = circlet.loss("unified", { x = x, labels = labels, B = B, D = D, refs = w, R = C,
    ref_labels = classes, gradient = gradient, gradient_refs = gradient_w },
    { gamma = { by_label = own, labels = C }, m = own, weights = own,
      pair_weights = ffi.new("double[?]", C, 1, 0.5), ignore_label = 9 })
  print(kind .. "_refined " .. ("%.17g"):format(loss))
  list(kind .. "_refined_refs", gradient_w, C * D)
  local sets = ffi.new("int64_t[?]", B * 2)
  for i = 0, B - 1 do sets[2 * i], sets[2 * i + 1] = labels[i], 3 + i % 3 end
  loss = circlet.loss("contrastive", { x = x, labels = sets, B = B, D = D, G = 2 },
    { positives = "soft", measure = "similarity", pos_margin = 1, neg_margin = 0 })
  print(kind .. "_sets " .. ("%.17g"):format(loss))
  local bias, gradient_bias = ffi.new(kind .. "[?]", C, 0.5, -0.5), ffi.new(kind .. "[?]", C)
  loss = circlet.loss("margin", { x = x, labels = labels, B = B, D = D, refs = w, R = C,
    bias = bias, gradient_bias = gradient_bias }, { preset = "softmax" })
  print(kind .. "_margin " .. ("%.17g"):format(loss))
  list(kind .. "_margin_bias", gradient_bias, C)
  loss = circlet.loss("proxy_anchor", { x = w, B = C, D = D, refs = x, ref_labels = labels, R = B,
    gradient = gradient_w })
  print(kind .. "_proxies " .. ("%.17g"):format(loss))
  list(kind .. "_proxies_w", gradient_w, C * D)
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
  family = function() circlet.loss("circel", { x = x, labels = labels, B = B, D = D }) end,
  setting = function()
    circlet.loss("unified", { x = x, labels = labels, B = B, D = D }, { alpha = 3 })
  end,
  measure = function()
    circlet.loss("lifted", { x = x, labels = labels, B = B, D = D }, { measure = "angle" })
  end,
  parameter = function()
    circlet.loss("unified", { x = x, labels = labels, B = B, D = D }, { gamma = {} })
  end,
  preset = function()
    circlet.loss("margin", { x = x, labels = labels, B = B, D = D }, { preset = "arcfaec" })
  end,
  classes = function()
    circlet.loss("margin", { x = x, labels = labels, B = B, D = D, refs = x, R = B,
      ref_labels = labels })
  end,
  one = function() circlet.circle_similarity_loss(x, x, B, D, D, nil, x) end,
  label = function()
    labels[2] = 0
    circlet.circle_loss(x, labels, B, D)
  end,
} do
  print("error_" .. name .. " " .. tostring(select(2, pcall(call))):gsub("^[^:]*:%d+: ", ""))
end
