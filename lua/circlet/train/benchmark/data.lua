--- The data sets of the Circle Loss paper's benchmarks, in the folders that they come in, or as
-- features in .npy files. Each function returns a table of sources (source.lua) and what the
-- protocol needs beside them; or nil, message, code.
-- @internal
local circlet = require "circlet"
local files = require "circlet.report.files"
local source = require "circlet.train.benchmark.source"

local data = {}

-- Images of one part of a data set, mirrored at random in training; `class` tells an image's class
-- from its folder and path.
local function images(path, options, varied, class)
  local set, message, code = circlet.data.image_folder(path, { size = options.size, channels = 3,
    class = class, seed = options.seed, flip = varied or nil })
  if not set then return nil, message, code end
  return source.of_images(set)
end

local function features(folder, name)
  local set, message, code = circlet.data.npy(("%s/%s_x.npy"):format(folder, name),
    ("%s/%s_y.npy"):format(folder, name), { base = 0, map = true })
  if not set then return nil, message, code end
  return source.of_features(set.features, set.labels)
end

local function is_features(folder) return files.kind(folder .. "/train_x.npy") ~= nil end

-- A table of what make(part) gives for each part; or nil, message, code.
local function parts_of(names, make)
  local set = {}
  for _, part in ipairs(names) do
    local one, message, code = make(part)
    if not one then return nil, message, code end
    set[part] = one
  end
  return set
end

-- Lines of a text file.
local function lines(path)
  local text, message, code = files.read(path)
  if not text then return nil, message, code end
  local list = {}
  for line in text:gmatch "[^\r\n]+" do list[#list + 1] = line end
  return list
end

-- "Name/Name_0012.jpg" -> "Name 12", as pairs files name images.
local function name_of(path)
  local name, number = path:match "([^/]+)_(%d+)%.%w+$"
  return name and ("%s %d"):format(name, math.tointeger(tonumber(number))) or nil
end

--- Faces: FOLDER/train and FOLDER/test with a folder for each identity; or train_x.npy and
-- train_y.npy, test_x.npy, test_y.npy and, for pairs, test_names.txt with a path a row. pairs: a
-- pairs file in the format of Labeled Faces in the Wild, whose images are test/NAME/NAME_0001.jpg.
-- @internal
-- @param folder string
-- @param options table size, pairs
-- @return table? set train, test, pairs
function data.faces(folder, options)
  local from_files = is_features(folder)
  local set, message, code = parts_of({ "train", "test" }, function(part)
    if from_files then return features(folder, part) end
    return images(folder .. "/" .. part, options, part == "train")
  end)
  if not set or not options.pairs then return set, message, code end
  local paths, rows = set.test.set and set.test.set.paths, {}
  if not paths then
    paths, message, code = lines(folder .. "/test_names.txt")
    if not paths then return nil, message, code end
  end
  for row, path in ipairs(paths) do rows[name_of(path) or ""] = row end
  set.pairs, message, code = circlet.data.lfw_pairs(options.pairs, rows)
  if not set.pairs then return nil, message, code end
  return set
end

-- The parts of Market-1501 and of the sets that followed it: "0002_c1s1_000451_03.jpg" is identity
-- 2 seen by camera 1; -1 is junk, 0 a distractor that is nobody's right answer.
local parts = { train = "bounding_box_train", query = "query", gallery = "bounding_box_test" }

local function identity_of(path)
  local identity, camera = path:match "([%-%d]+)_c(%d+)[^/]*$"
  return tonumber(identity), tonumber(camera)
end

local function person_images(folder, part, options)
  local inside = "^" .. parts[part] .. "/"
  local one, message, code = images(folder, options, part == "train", function(_, path)
    local identity = ("/" .. path):match("/(" .. parts[part] .. "/[^/]*)$")
    identity = identity and identity:find(inside) and identity_of(path)
    if identity and identity >= 0 then return ("%08d"):format(identity) end
  end)
  if not one then return nil, message, code end
  local identities, cameras = {}, {}
  for i, path in ipairs(one.set.paths) do identities[i], cameras[i] = identity_of(path) end
  one.identities = circlet.LongTensor(identities):add(1) -- a label from 1 of distractors too
  one.cameras = circlet.LongTensor(cameras)
  return one
end

-- Integers of FOLDER/NAME.npy as a list.
local function integers(path)
  local t, message, code = circlet.npy.load(path)
  if not t then return nil, message, code end
  return t:long():totable()
end

local function person_features(folder, part)
  local base = folder .. "/" .. part
  local x, message, code = circlet.npy.load(base .. "_x.npy")
  if not x then return nil, message, code end
  local y, c
  y, message, code = integers(base .. "_y.npy")
  if not y then return nil, message, code end
  if part ~= "train" then
    c, message, code = integers(base .. "_c.npy")
    if not c then return nil, message, code end
  end
  if #y ~= x:size(1) or c and #c ~= #y then
    return nil, ("%s: as many labels%s as rows expected"):format(base, c and " and cameras" or ""),
      "format"
  end
  local kept, identities, cameras, seen, classes = {}, {}, {}, {}, {}
  for i, identity in ipairs(y) do
    if identity >= 0 then
      if not seen[identity] then
        classes[#classes + 1] = identity
        seen[identity] = #classes
      end
      local place = #kept + 1
      kept[place], identities[place], cameras[place] = i, identity + 1, c and c[i]
    end
  end
  local labels = {}
  for place, identity in ipairs(identities) do labels[place] = seen[identity - 1] end
  local one = source.of_features(x:index(1, circlet.LongTensor(kept)), circlet.LongTensor(labels))
  one.identities = circlet.LongTensor(identities)
  one.cameras = c and circlet.LongTensor(cameras)
  return one
end

--- Re-identification: a folder with bounding_box_train, query and bounding_box_test, as Market-1501
-- and DukeMTMC-reID come; or train_x.npy and train_y.npy, and for query and gallery x, y and c
-- (cameras, from 1). Sources have identities (from 1) and cameras.
-- @internal
-- @param folder string
-- @param options table size
-- @return table? set train, query, gallery
function data.reid(folder, options)
  local read = is_features(folder) and person_features or person_images
  return parts_of({ "train", "query", "gallery" }, function(part)
    return read(folder, part, options)
  end)
end

-- Stanford Online Products: lists with "image_id class_id super_class_id path" a line.
local function of_lists(folder, options)
  return parts_of({ "train", "test" }, function(part)
    local list, message, code = lines(("%s/Ebay_%s.txt"):format(folder, part))
    if not list then return nil, message, code end
    local class_of = {}
    for _, line in ipairs(list) do
      local class, path = line:match "^%d+%s+(%d+)%s+%d+%s+(%S+)$"
      if class then class_of[path] = ("%08d"):format(math.tointeger(tonumber(class))) end
    end
    return images(folder, options, part == "train", function(_, path) return class_of[path] end)
  end)
end

-- One folder of class folders (CUB-200-2011/images, Cars-196): the first half of the classes, in
-- the order of their names, is trained on.
local function of_halves(folder, options)
  local all, message, code = circlet.data.image_folder(folder, { size = options.size })
  if not all then return nil, message, code end
  local half, place = #all.classes // 2, {}
  if half == 0 then return nil, folder .. ": two classes or more are needed", "format" end
  for c, name in ipairs(all.classes) do place[name] = c end
  return parts_of({ "train", "test" }, function(part)
    local training = part == "train"
    return images(folder, options, training, function(name)
      return (place[name] <= half) == training and name or nil
    end)
  end)
end

--- Fine-grained retrieval, on classes that training never saw: Stanford Online Products (with
-- Ebay_train.txt and Ebay_test.txt); train/CLASS and test/CLASS; one folder of class folders, as of
-- CUB-200-2011 and Cars-196; or train_x.npy, train_y.npy, test_x.npy, test_y.npy. set.products
-- tells that it is the first.
-- @internal
-- @param folder string
-- @param options table size
-- @return table? set train, test
function data.fine_grained(folder, options)
  if files.kind(folder .. "/Ebay_train.txt") then
    local set, message, code = of_lists(folder, options)
    if set then set.products = true end
    return set, message, code
  elseif is_features(folder) or files.kind(folder .. "/train") == "directory" then
    return data.faces(folder, { size = options.size, seed = options.seed })
  end
  return of_halves(folder, options)
end

return data
