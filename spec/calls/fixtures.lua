-- What the calls of spec/calls are made with. Each call gets fresh tensors and modules.
local circlet = require "circlet"
local files = require "spec.io.support"
local pictures = require "spec.io.pictures"
local nn = circlet.nn

local fixtures = {}

local function random(kind, ...) return circlet[kind .. "Tensor"](...):normal() end

--- Makers of the tensors that calls name, by the scale s.
fixtures.tensors = {
  x = function(s) return random("Float", 4 * s, 6 * s) end,
  y = function(s) return random("Float", 4 * s, 6 * s) end,
  n = function(s) return random("Float", 6 * s, 4 * s):transpose(1, 2) end, -- not contiguous
  p = function(s) return circlet.FloatTensor(4 * s, 6 * s):uniform(0.1, 0.9) end,
  d = function(s) return random("Double", 4 * s, 6 * s) end,
  wide = function(s) return random("Double", 4 * s, 6 * s):narrow(2, 2, 3 * s) end,
  half = function(s) return random("Float", 2 * s, 6 * s) end,
  sq = function(s) return random("Float", 5 * s, 5 * s) end,
  a = function(s) return random("Float", 4 * s, 5 * s) end,
  b = function(s) return random("Float", 5 * s, 3 * s) end,
  A = function(s) return random("Float", 3, 4 * s, 5 * s) end,
  B = function(s) return random("Float", 3, 5 * s, 2 * s) end,
  M = function(s) return random("Float", 4 * s, 3 * s) end, -- as a * b
  N = function(s) return random("Float", 3, 4 * s, 2 * s) end, -- as A * B
  O = function(s) return random("Float", 4 * s, 2 * s) end,
  u = function(s) return random("Float", 6 * s) end,
  v = function(s) return random("Float", 6 * s) end,
  w = function(s) return random("Float", 4 * s) end,
  images = function(s)
    local root = math.ceil(s ^ 0.5)
    return random("Float", 2 * root, 3, 6 * root, 6 * root)
  end,
  e = function(s) return circlet.LongTensor(4 * s, 6 * s):random(1, 9) end,
  g = function(s) return circlet.LongTensor(4 * s, 6 * s):random(1, 4) end, -- for gather
  k = function(s) return circlet.randperm(4 * s):narrow(1, 1, 2 * s):clone() end, -- for index
  labels = function(s) -- 1, 2, 1, 2 ...
    return circlet.range(circlet.LongTensor(), 0, 4 * s - 1):remainder(2):add(1)
  end,
  sides = function(s) -- 1 in the first half, then 2
    local t = circlet.LongTensor(4 * s):fill(1)
    t:narrow(1, 2 * s + 1, 2 * s):fill(2)
    return t
  end,
  m = function(s) return circlet.ByteTensor(4 * s, 6 * s):bernoulli(0.5) end, -- a mask
  s = function() return circlet.FloatStorage(24):fill(2) end,
  r = function() return circlet.FloatTensor(2, 2) end, -- results
  ri = function() return circlet.LongTensor() end,
}

--- Makers of the objects that calls name, for tensors of the same scale.
fixtures.objects = {
  context = function() return circlet.pair_context() end,
  linear = function(s) return nn.Linear(6 * s, 3 * s) end,
  conv = function(s)
    return nn.SpatialConvolution(3, 4 * math.ceil(s ^ 0.5), 5, 5, 1, 1, 2, 2)
  end,
  pool = function() return nn.SpatialMaxPooling(2, 2) end,
  average = function() return nn.SpatialAveragePooling(2, 2) end,
  norm = function(s) return nn.BatchNormalization(6 * s) end,
  norm2 = function() return nn.SpatialBatchNormalization(3) end,
  relu = function() return nn.ReLU() end,
  tanh = function() return nn.Tanh() end,
  dropout = function() return nn.Dropout(0.5) end,
  normalize = function() return nn.Normalize(2) end,
  softmax = function() return nn.LogSoftMax() end,
  table = function(s)
    return nn.ConcatTable():add(nn.Identity()):add(nn.Linear(6 * s, 6 * s))
  end,
  net = function(s)
    return nn.Sequential():add(nn.Reshape(6 * s)):add(nn.Linear(6 * s, 4)):add(nn.View(-1, 4))
  end,
  nll = function() return nn.ClassNLLCriterion() end,
  entropy = function() return nn.CrossEntropyCriterion() end,
  mse = function() return nn.MSECriterion() end,
  circle = function() return nn.CircleCriterion(0.25, 64) end,
  crossbatch = function(s)
    local criterion = nn.CrossBatchMemory(nn.CircleCriterion(0.25, 64), 5, { batch_weight = 1 })
    local x, labels = fixtures.tensors.x(s), fixtures.tensors.labels(s)
    criterion:forward(x, labels)
    criterion:backward(x, labels)
    return criterion
  end,
  class = function(s) return nn.CircleClassCriterion(6 * s, 2, 0.25, 64) end,
  arcface = function(s) return nn.ArcFaceCriterion(6 * s, 2, { centres = 2 }) end,
  softmaxes = function(s) return nn.ClassSoftmaxCriterion(6 * s, 2, { bias = true }) end,
  proxies = function(s) return nn.ProxyAnchorCriterion(6 * s, 2) end,
  similarity = function() return nn.CircleSimilarityCriterion(0.25, 64) end,
}

--- Bytes that parsers accept, by name.
fixtures.bytes = {
  idx = "\0\0\8\2\0\0\0\2\0\0\0\3abcdef",
  npy = circlet.npy.format(circlet.DoubleTensor { { 1, 2 }, { 3, 4 } }),
  journal = '{"op_code":5,"worker_id":"w","trial_id":1,"param_name":"x","param_value_internal":0.5,'
    .. [["distribution":"{\"low\": 0}"}]] .. "\n",
  gz = files.gzip(("circle "):rep(40)), ["idx.gz"] = files.gzip "\0\0\8\1\0\0\0\2ab",
  png = pictures.png(4, 3, 2, 8, function(x, y) return x, y, 9 end),
  jpeg = pictures.jpeg.colour, pgm = "P5 2 2 255\nabcd",
  zip = pictures.zip { { "a/1.pgm", "P5 2 2 255\nabcd" }, { "b/2.pgm", "P5 1 2 255\nab" },
    { "b/3.jpg", pictures.jpeg.grey, deflated = pictures.deflate(pictures.jpeg.grey) } },
  t7 = circlet.serialize { a = circlet.FloatTensor { 1, 2 }, b = { "c", 3 } },
  ascii = circlet.serialize({ a = circlet.LongTensor { 1, 2 }, b = "c" }, "ascii"),
}

--- What an expression names: arguments (tensors and storages) and objects, fresh, each from a seed
-- of its own.
function fixtures.make(expression, scale)
  local arguments, objects = {}, {}
  for name in expression:gmatch "[%a_][%w_]*" do
    circlet.manualSeed(name:byte())
    if fixtures.tensors[name] then
      arguments[name] = arguments[name] or fixtures.tensors[name](scale or 1)
    elseif fixtures.objects[name] then
      objects[name] = objects[name] or fixtures.objects[name](scale or 1)
    end
  end
  return arguments, objects
end

return fixtures
