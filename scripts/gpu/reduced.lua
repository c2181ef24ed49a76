-- The reduced set that compute-sanitizer looks over: each operation of the GPU once, in sizes that
-- do not fill their tiles, and each loss in every precision. What it computes is the specs'
-- business; here kernels are only to touch the memory that is theirs.
--
--     compute-sanitizer --tool memcheck lua scripts/gpu/reduced.lua
--
-- The last line counts: "reduced set: N calls, N not on the GPU, N failed"; exits with 1 when a
-- call failed in another way than by not being there for tensors of a GPU.
dofile((arg[0]:match("^.*/") or "./") .. "../prelude.lua")
local circlet = require "circlet"
local nn = circlet.nn

local counts = { calls = 0, absent = 0, failed = 0 }

local function try(what, f)
  counts.calls = counts.calls + 1
  local ok, message = pcall(f)
  if ok then ok, message = pcall(circlet.cuda.synchronize) end
  if ok then return end
  message = tostring(message)
  -- An operation that the GPU lacks says so.
  local says = message:find("GPU", 1, true) or message:find("got userdata", 1, true)
  local kind = says and not message:find("CUDA", 1, true) and "absent" or "failed"
  counts[kind] = counts[kind] + 1
  print(("%s: %s: %s"):format(kind, what, message))
end

local types = { "cuda", "cudaDouble", "cudaHalf", "cudaBFloat16" }

local function tensors()
  for _, as in ipairs(types) do
    local x = circlet.randn(37, 19)
    try(as .. " copies", function()
      local y = x[as](x)
      y:t():contiguous():float()
      y:narrow(1, 3, 7):narrow(2, 2, 9):clone()
      y:select(2, 3):fill(1)
      y:copy(x:double())
    end)
    for _, name in ipairs { "exp", "tanh", "sigmoid", "abs", "sqrt", "log", "sign" } do
      try(as .. " " .. name, function() x[as](x):clone():abs()[name](x[as](x):clone():abs()) end)
    end
    try(as .. " arithmetic", function()
      local a, b = x[as](x), x[as](x):t():clone():t()
      a:add(b):mul(2):cmul(b):add(0.5, b):addcmul(0.1, a, b):csub(b)
    end)
    for _, name in ipairs { "sum", "mean", "max", "min", "norm" } do
      try(as .. " " .. name, function()
        local y = x[as](x)
        local _ = y[name](y)
        if name == "norm" then y:norm(2, 1) else y[name](y, 1); y[name](y, 2) end
      end)
    end
    try(as .. " mm", function()
      local y = x[as](x)
      circlet.mm(y, y:t())
      circlet.mm(y:t(), y)
    end)
    try(as .. " rows", function()
      local y, rows = x[as](x), circlet.LongTensor { 3, 1, 37 }:cudaLong()
      y:index(1, rows)
      y:indexCopy(1, rows, y:narrow(1, 1, 3):clone())
      circlet.cat(y, y, 1)
    end)
    try(as .. " random", function() x[as](x):normal(); x[as](x):uniform() end)
  end
end

local function module(what, net, input)
  try(what, function()
    net:cuda()
    input = input:cuda()
    local output = net:forward(input)
    net:zeroGradParameters()
    net:backward(input, output:clone())
  end)
end

local function modules()
  local x, images = circlet.randn(13, 10), circlet.randn(3, 2, 9, 7)
  module("Linear", nn.Linear(10, 5), x)
  for _, name in ipairs { "ReLU", "Tanh", "Sigmoid", "SoftMax", "LogSoftMax", "ELU", "PReLU",
                          "LeakyReLU", "SoftPlus", "HardTanh" } do
    module(name, nn[name](), x)
  end
  module("Dropout", nn.Dropout(0.5), x)
  module("Normalize", nn.Normalize(2), x)
  module("BatchNormalization", nn.BatchNormalization(10), x)
  module("SpatialConvolution", nn.SpatialConvolution(2, 4, 3, 3, 1, 1, 1, 1), images)
  module("SpatialConvolution 2", nn.SpatialConvolution(2, 4, 3, 2, 2, 1, 0, 1), images)
  module("SpatialMaxPooling", nn.SpatialMaxPooling(2, 2, 2, 2), images)
  module("SpatialAveragePooling", nn.SpatialAveragePooling(3, 3, 2, 2), images)
  module("SpatialBatchNormalization", nn.SpatialBatchNormalization(2), images)
  try("MSECriterion", function()
    local criterion = nn.MSECriterion():cuda()
    criterion:forward(x:cuda(), x:cuda())
    criterion:backward(x:cuda(), x:cuda())
  end)
  try("CrossEntropyCriterion", function()
    local labels = circlet.LongTensor(13):random(1, 10):cudaLong()
    local criterion = nn.CrossEntropyCriterion():cuda()
    criterion:forward(x:cuda(), labels)
    criterion:backward(x:cuda(), labels)
  end)
  for _, name in ipairs { "sgd", "adam", "adamw", "rmsprop", "adagrad" } do
    try(name, function()
      local w, g, state = x:clone():cuda(), x:clone():cuda(), { learningRate = 0.1 }
      for _ = 1, 2 do circlet.optim[name](function() return 1, g end, w, state) end
    end)
  end
end

local pairwise = { "circle", "unified", "multi_similarity", "contrastive", "triplet_hard",
  "triplet_all", "lifted", "generalized_lifted", "supcon", "nt_xent" }

local function losses()
  for _, size in ipairs { { 5, 3 }, { 150, 33 }, { 301, 130 } } do
    local B, D = table.unpack(size)
    local x, refs = circlet.randn(B, D), circlet.randn(B + 7, D)
    local labels = circlet.LongTensor(B):random(1, B // 4 + 1)
    local ref_labels = circlet.LongTensor(B + 7):random(1, B // 4 + 1)
    local w = circlet.randn(B // 4 + 1, D)
    for _, as in ipairs(types) do
      local a, b, c
      try(as .. " inputs", function() a, b, c = x[as](x), refs[as](refs), w[as](w) end)
      for _, precision in ipairs(as == "cuda" and { "fp32", "tf32", "bf16" } or { "fp32" }) do
        local opts = { precision = precision }
        local what = (" %s %dx%d %s"):format(as, B, D, precision)
        for _, name in ipairs(pairwise) do
          local loss = circlet[name .. "_loss"]
          try(name .. what, function() loss(a, labels, opts) end)
          try(name .. what .. ", references", function()
            loss({ a, b }, { labels:cudaLong(), ref_labels:cudaLong() }, opts)
          end)
        end
        for _, name in ipairs { "circle_class", "margin", "proxy_anchor" } do
          try(name .. what, function() circlet[name .. "_loss"]({ a, c }, labels, opts) end)
        end
      end
      for _, opts in ipairs { { diagnostics = true }, { aggregate = "batch" },
        { similarity = "euclidean" }, { similarity = "dot", gamma = 2 }, { filter_eps = 1e-6 },
        { ignore_label = 1, weights = circlet.ones(B) }, { reduction = "none" },
        { through_alpha = true } } do
        try(("circle %s %dx%d %s"):format(as, B, D, next(opts)), function()
          circlet.circle_loss(a, labels, opts)
        end)
      end
      local marks = circlet.LongTensor(B, 2):random(0, 5)
      for _, name in ipairs { "circle", "contrastive", "triplet_hard", "triplet_all", "nt_xent" } do
        for _, opts in ipairs { { hardest_negatives = 3 }, { pair_weights = circlet.rand(B) },
          { positives = "soft", diagnostics = true } } do
          try(("%s %s %dx%d %s"):format(name, as, B, D, next(opts)), function()
            circlet[name .. "_loss"](a, opts.positives and marks or labels, opts)
          end)
        end
      end
      try(("circle %s %dx%d gamma of each"):format(as, B, D), function()
        circlet.circle_loss(a, labels, { gamma = circlet.rand(B):add(8) })
      end)
    end
  end
end

circlet.manualSeed(1)
tensors()
modules()
losses()
print(("reduced set: %d calls, %d not on the GPU, %d failed"):format(counts.calls, counts.absent,
  counts.failed))
os.exit(counts.failed == 0)
