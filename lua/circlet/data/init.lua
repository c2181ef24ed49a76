--- Data sets, and which samples make a batch.
--
--     local data = circlet.data
--     local set = assert(data.fashion_mnist())
--     local x = data.normalize(set.train.images, 0.286, 0.353)           -- [60000, 784]
--     local sampler = data.PKSampler(set.train.labels, 10, 8, { seed = 1 })
--     for b, indices in sampler:epoch(1) do
--       local batch, labels = x:index(1, indices), set.train.labels:index(1, indices)
--     end
--
-- A set of samples is a table of tensors with the same first size: labels (LongTensor, 1-based) and
-- images (ByteTensor) or features. What files and folders refuse comes back as nil, message, code.
local idx = require "circlet.data.idx"

return {
  idx = idx.load,
  idx_folder = idx.folder,
  fashion_mnist = require "circlet.data.fashion_mnist",
  image = require "circlet.data.image",
  image_folder = require "circlet.data.image_folder",
  npy = require "circlet.data.npy",
  omniglot = require "circlet.data.omniglot",
  lfw_pairs = require "circlet.data.lfw_pairs",
  hash = require "circlet.data.hash",
  hash_file = require "circlet.data.hash_file",
  normalize = require "circlet.data.normalize",
  split_classes = require "circlet.data.split_classes",
  batches = require "circlet.data.batches",
  PKSampler = require "circlet.data.PKSampler",
}
