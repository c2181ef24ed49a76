--- Where a benchmark's samples come from: images that are loaded as they are needed, or features in
-- memory. Both have labels (LongTensor [N], from 1), shape (sizes of one input) and
--   batches(iterator, epoch)   yields number, inputs (FloatTensor [B, ...]), labels
--   embed(model)               embeddings [N, dim], in the order of the labels
--   images(rows)               ByteTensor [n, C, H, W], or nil where there are only features
-- @internal
local circlet = require "circlet"
local evaluate = require "circlet.train.evaluate"

local source = {}

local BLOCK = 200 -- images embedded at once

-- Bytes as numbers from -1 to 1.
local function scaled(images) return images:float():div(127.5):add(-1) end

-- Rows first..first + BLOCK - 1 and so on, as an iterator of batches.
local function in_order(n)
  local first = 1 - BLOCK
  return function()
    first = first + BLOCK
    if first > n then return nil end
    return first, circlet.range(first, math.min(first + BLOCK - 1, n)):long()
  end
end

--- Of a set of images (data.image_folder), varied in training as the set says.
-- @internal
-- @param set table
-- @return table
function source.of_images(set)
  local one = set:load { 1 }
  local self = { labels = set.labels, set = set,
    shape = { one:size(2), one:size(3), one:size(4) } }
  function self.batches(_, iterator, epoch)
    local following = set:batches(iterator, { vary = true, epoch = epoch })
    return function()
      local b, images, labels = following()
      if b then return b, scaled(images), labels end
    end
  end
  function self.embed(_, model)
    local n, embeddings = set:size(), nil
    local training = model.train ~= false
    model:evaluate()
    for first, images in set:batches(in_order(n)) do
      local output = model:forward(scaled(images))
      embeddings = embeddings or output.new():resize(n, output:size(2))
      embeddings:narrow(1, first, output:size(1)):copy(output)
    end
    if training then model:training() end
    return embeddings
  end
  function self.images(_, rows) return (set:load(rows)) end
  return self
end

--- Of features [N, ...] and labels.
-- @internal
-- @param features circlet.Tensor
-- @param labels circlet.LongTensor [N]
-- @return table
function source.of_features(features, labels)
  local inputs = circlet.type(features) == "circlet.FloatTensor" and features or features:float()
  local self = { labels = labels, shape = {} }
  for d = 2, inputs:dim() do self.shape[d - 1] = inputs:size(d) end
  function self.batches(_, iterator)
    return function()
      local b, rows = iterator()
      if b then return b, inputs:index(1, rows), labels:index(1, rows) end
    end
  end
  function self.embed(_, model) return evaluate.embed(model, inputs) end
  function self.images() return nil end
  return self
end

return source
