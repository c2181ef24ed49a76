--- circlet.nn: modules and criterions with Torch7's contracts, one class a file.
local nn = {}

for _, name in ipairs {
  "Module", "Container", "Sequential", "ConcatTable", "ParallelTable",
  "Linear", "SpatialConvolution", "SpatialConvolutionMM",
  "ReLU", "Tanh", "Dropout", "LogSoftMax", "Normalize",
  "BatchNormalization", "SpatialBatchNormalization",
  "SpatialMaxPooling", "SpatialAveragePooling",
  "View", "Reshape", "Identity", "CAddTable",
  "Criterion", "ClassNLLCriterion", "CrossEntropyCriterion", "MSECriterion",
  "CircleCriterion", "CircleClassCriterion", "CircleSimilarityCriterion",
} do
  nn[name] = require("circlet.nn." .. name)
end

return nn
