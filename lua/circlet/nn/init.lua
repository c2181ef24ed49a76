--- circlet.nn: modules and criterions with Torch7's contracts, one class a file.
local nn = {}

local names = {
  -- what others build on, and containers
  "Module", "Container", "Sequential", "Concat", "ConcatTable", "ParallelTable", "Criterion",
  -- layers with parameters
  "Linear", "SpatialConvolution", "SpatialConvolutionMM", "BatchNormalization",
  "SpatialBatchNormalization", "LookupTable", "PReLU", "Add", "CMul", "Mul",
  -- element by element, and along classes
  "Abs", "AddConstant", "Clamp", "ELU", "Exp", "HardTanh", "LeakyReLU", "Log", "LogSigmoid",
  "MulConstant", "Power", "ReLU", "Sigmoid", "SoftPlus", "SoftSign", "Sqrt", "Square", "Tanh",
  "Threshold", "Dropout", "LogSoftMax", "SoftMax", "SoftMin", "Normalize",
  -- geometry
  "SpatialMaxPooling", "SpatialAveragePooling", "SpatialZeroPadding", "View", "Reshape", "Identity",
  "Contiguous", "Copy", "Max", "Mean", "Min", "Narrow", "Replicate", "Select", "Squeeze", "Sum",
  "Transpose", "Unsqueeze",
  -- tables
  "CAddTable", "CDivTable", "CMulTable", "CSubTable", "CosineDistance", "DotProduct",
  "FlattenTable", "JoinTable", "NarrowTable", "PairwiseDistance", "SelectTable", "SplitTable",
  -- criterions
  "AbsCriterion", "BCECriterion", "ClassNLLCriterion", "CosineEmbeddingCriterion",
  "CrossEntropyCriterion", "DistKLDivCriterion", "HingeEmbeddingCriterion", "MSECriterion",
  "MarginCriterion", "MarginRankingCriterion", "MultiCriterion", "MultiMarginCriterion",
  "ParallelCriterion", "SmoothL1Criterion", "SoftMarginCriterion",
  "PairCriterion", "CircleCriterion", "CircleClassCriterion", "CircleSimilarityCriterion",
  "UnifiedCriterion", "MultiSimilarityCriterion", "ContrastiveCriterion", "TripletHardCriterion",
  "TripletAllCriterion",
  "LiftedCriterion", "GeneralizedLiftedCriterion", "SupConCriterion", "NTXentCriterion",
  "CrossBatchMemory",
  "MarginSoftmaxCriterion", "NormFaceCriterion", "CosFaceCriterion", "AMSoftmaxCriterion",
  "ArcFaceCriterion", "SphereFaceCriterion", "ClassSoftmaxCriterion", "ProxyAnchorCriterion",
}

for _, name in ipairs(names) do
  nn[name] = require("circlet.nn." .. name)
end

--- Gradients by finite differences (Jacobian.lua).
nn.Jacobian = require "circlet.nn.Jacobian"

return nn
