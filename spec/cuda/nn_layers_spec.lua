-- The modules and criterions that are written over tensors' methods, on the GPU.
local circlet = require "circlet"
local nn = circlet.nn
local support = require "spec.cuda.nn_support"

if support.absent(pending, "modules over tensors' methods on a GPU") then return end

local function positive(x) return x:abs():add(0.1) end
local function indices(x) return x:uniform(1, 6):floor():cmin(5) end
local pair = { { 4, 6 }, { 4, 6 } }

describe("a module over tensors' methods computes on a GPU what it does on the CPU:", function()
  for _, case in ipairs {
    { nn.Abs, { 3, 4 } }, { function() return nn.AddConstant(2) end, { 3, 4 } },
    { function() return nn.Clamp(-0.5, 0.7) end, { 3, 4 } },
    { function() return nn.ELU(0.5) end, { 3, 4 } }, { nn.Exp, { 3, 4 } },
    { nn.HardTanh, { 3, 4 } }, { function() return nn.LeakyReLU(0.1) end, { 3, 4 } },
    { nn.Log, { 3, 4 }, positive }, { nn.LogSigmoid, { 3, 4 } },
    { function() return nn.MulConstant(3) end, { 3, 4 } },
    { function() return nn.Power(3) end, { 3, 4 } }, { nn.Sigmoid, { 3, 4 } },
    { nn.SoftPlus, { 3, 4 } }, { nn.SoftSign, { 3, 4 } }, { nn.Sqrt, { 3, 4 }, positive },
    { nn.Square, { 3, 4 } }, { function() return nn.Threshold(0.1, -1) end, { 3, 4 } },
    { nn.SoftMax, { 5, 9 } }, { nn.SoftMax, { 2, 3, 4, 5 } }, { nn.SoftMin, { 5, 9 } },
    { nn.LogSoftMax, { 2, 3, 4, 5 } },
    { function() return nn.PReLU(3) end, { 2, 3, 4, 5 } }, { nn.PReLU, { 3, 4 } },
    { function() return nn.Add(4) end, { 3, 4 } }, { function() return nn.CMul(4) end, { 3, 4 } },
    { nn.Mul, { 3, 4 } },
    { function() return nn.LookupTable(5, 3) end, { 7 }, indices },
    { function() return nn.SpatialZeroPadding(1, 2, -1, 1) end, { 2, 3, 5, 6 } },
    { function() return nn.View(-1, 12) end, { 2, 3, 4 } },
    { function() return nn.Reshape(12) end, { 2, 3, 4 } }, { nn.Identity, { 3, 4 } },
    { nn.Contiguous, { 3, 4 } }, { function() return nn.Max(2) end, { 3, 4 } },
    { function() return nn.Mean(2) end, { 3, 4 } }, { function() return nn.Min(1) end, { 3, 4 } },
    { function() return nn.Narrow(2, 2, 2) end, { 3, 4 } },
    { function() return nn.Replicate(3) end, { 3, 4 } },
    { function() return nn.Select(2, 3) end, { 3, 4 } }, { nn.Squeeze, { 3, 1, 4 } },
    { function() return nn.Sum(2) end, { 3, 4 } },
    { function() return nn.Transpose { 1, 2 } end, { 3, 4 } },
    { function() return nn.Unsqueeze(2) end, { 3, 4 } },
    { nn.CAddTable, pair }, { nn.CMulTable, pair }, { nn.CSubTable, pair },
    { nn.CDivTable, pair, function(x) x[2]:abs():add(0.5) return x end },
    { nn.CosineDistance, pair }, { nn.DotProduct, pair },
    { function() return nn.PairwiseDistance(2) end, pair },
    { function() return nn.JoinTable(2) end, pair },
    { function() return nn.NarrowTable(2) end, pair },
    { function() return nn.SelectTable(1) end, pair },
    { function() return nn.SplitTable(2) end, { 3, 4 } },
    { function() return nn.ParallelTable():add(nn.Linear(6, 2)):add(nn.Abs()) end, pair },
    { function() return nn.ConcatTable():add(nn.Linear(4, 2)):add(nn.Identity()) end, { 3, 4 } },
    { function() return nn.Concat(2):add(nn.Linear(4, 2)):add(nn.Linear(4, 3)) end, { 3, 4 } },
  } do
    local module = case[1]()
    it(("%s on %s"):format(tostring(module), type(case[2][1]) == "table" and "a table"
        or table.concat(case[2], "x")), function()
      support.module(case[1], case[2], 32, case[3])
    end)
  end
end)

describe("a criterion over tensors' methods computes on a GPU what it does on the CPU:", function()
  circlet.manualSeed(3)
  local x, t = circlet.randn(6, 5), circlet.randn(6, 5)
  local signs = circlet.LongTensor { 1, -1, 1, 1, -1, -1 }
  local labels = circlet.LongTensor { 1, 5, 2, 3, 3, 4 }
  local probabilities = circlet.rand(6, 5):mul(0.8):add(0.1)
  for _, case in ipairs {
    { nn.AbsCriterion, x, t }, { nn.SmoothL1Criterion, x, t },
    { nn.BCECriterion, probabilities, circlet.rand(6, 5) },
    { nn.DistKLDivCriterion, x, probabilities },
    { nn.CrossEntropyCriterion, x, labels }, { nn.MultiMarginCriterion, x, labels },
    { nn.MarginCriterion, x:select(2, 1):clone(), signs },
    { nn.SoftMarginCriterion, x:select(2, 1):clone(), signs },
    { nn.HingeEmbeddingCriterion, x:select(2, 1):clone(), signs },
    { nn.MarginRankingCriterion, { x:select(2, 1):clone(), x:select(2, 2):clone() }, signs },
    { nn.CosineEmbeddingCriterion, { x, t }, signs },
  } do
    it(tostring(case[1]()), function() support.criterion(case[1], case[2], case[3], 32) end)
  end
end)
