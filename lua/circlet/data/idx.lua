--- IDX files, plain or gzipped, and folders of four of them as MNIST is published.
local core = require "circlet.core"

local idx = {}

--- Reads one IDX file: Byte, Int, Float or Double by the type in the file, any size of 1 to 8
-- dimensions. Returns the tensor; or nil, message, "io" or "format".
-- @name circlet.data.idx
-- @param path string
-- @return circlet.Tensor tensor
-- @error Returns nil, message, "io" or "format".
-- @example
-- data.idx "none"    --> nil  ...
function idx.load(path) return core.io.load_idx(path) end

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

-- Both spellings of the names are in use: with a hyphen and with a dot before "idx".
local function find_file(folder, name, dimensions)
  local first
  for _, separator in ipairs { "-", "." } do
    for _, ending in ipairs { ".gz", "" } do
      local path = ("%s/%s%sidx%d-ubyte%s"):format(folder, name, separator, dimensions, ending)
      if exists(path) then return path end
      first = first or path
    end
  end
  return first
end

-- { images, labels } of one half of a folder; labels become 1-based.
local function load_half(folder, name, classes)
  local images_path, labels_path = find_file(folder, name .. "-images", 3),
    find_file(folder, name .. "-labels", 1)
  local images, message, code = idx.load(images_path)
  if not images then return nil, message, code end
  local labels
  labels, message, code = idx.load(labels_path)
  if not labels then return nil, message, code end
  if labels:dim() ~= 1 or images:dim() < 2 or images:size(1) ~= labels:size(1) then
    return nil, ("%s holds %s labels, and %s images of size %s"):format(labels_path,
      labels:dim() == 1 and labels:size(1) or "no list of", images_path,
      table.concat(images:size():totable(), "x")), "format"
  end
  labels = labels:long():add(1)
  for i, label in ipairs(labels:totable()) do
    if label < 1 or classes and label > classes then
      return nil, ("%s: label %d is %d, 0..%s expected"):format(labels_path, i, label - 1,
        classes and classes - 1 or ""), "format"
    end
  end
  return { images = images, labels = labels }
end

--- Reads train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-... and t10k-labels-...
-- (each with or without .gz) from `folder`.
-- classes: list of names; labels must then be among them.
-- Returns { train = {images, labels}, test = {images, labels}, classes }, labels from 1 (the files
-- count from 0); or nil, message, code.
-- @name circlet.data.idx_folder
-- @param folder string
-- @param classes? integer how many there must be
-- @return table set
-- @error Returns nil, message, "io" or "format".
-- @example
-- (data.idx_folder "none")    --> nil
function idx.folder(folder, classes)
  local halves = {}
  for i, name in ipairs { "train", "t10k" } do
    local half, message, code = load_half(folder, name, classes and #classes)
    if not half then return nil, message, code end
    halves[i] = half
  end
  return { train = halves[1], test = halves[2], classes = classes }
end

return idx
