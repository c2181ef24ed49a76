--- Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017): 60000 + 10000 images of 28 x 28 grey pixels of
-- clothing in ten classes, from Debian's package dataset-fashion-mnist.
local idx = require "circlet.data.idx"

local classes = {
  "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
  "Ankle boot",
}

-- The folder given; or under the folder of data sets that CIRCLET_DATA names; or Debian's.
local function folders(given)
  if given then return { given } end
  local root = os.getenv "CIRCLET_DATA"
  if root and root ~= "" then return { root .. "/fashion-mnist", root } end
  return { "/usr/share/datasets/fashion-mnist" }
end

--- Reads the data set: { train = {images = ByteTensor [60000,28,28], labels = LongTensor [60000]
-- of 1..10}, test = ..., classes = {names} }.
-- folder: where the four IDX files are; by default $CIRCLET_DATA/fashion-mnist or $CIRCLET_DATA
-- when that is set, otherwise /usr/share/datasets/fashion-mnist. Returns nil, message, code
-- without them.
-- @param folder? string
-- @return table set
-- @example
-- local set = data.fashion_mnist()                             -- nil where it is not installed
-- set == nil or set.train.images:size(1) == 60000             --> true
return function(folder)
  local message, code
  for _, path in ipairs(folders(folder)) do
    local set, why, kind = idx.folder(path, { table.unpack(classes) })
    if set then return set end
    if not message or kind == "format" then message, code = why, kind end
  end
  if code == "io" then
    message = message .. " (Debian's package dataset-fashion-mnist installs the files in "
      .. "/usr/share/datasets/fashion-mnist; CIRCLET_DATA names another folder of data sets)"
  end
  return nil, message, code
end
