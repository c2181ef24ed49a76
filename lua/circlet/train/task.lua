--- A retrieval task: what to train on and which gallery to search.
--
-- Protocols: "closed" trains on the training split and searches the test split, same classes;
-- "open" trains on the first half of the classes of the training split and searches the other half,
-- never seen, of the test split (of ten classes: 1-5 and 6-10).
--
-- A task is { name, protocol, shape, raw_name, train = { inputs, raw, labels, classes }, test = the
-- same }: inputs are FloatTensors [N, C, H, W] or [N, n] as models take them, raw is what was read,
-- labels are LongTensors of 1..classes, shape is the size of one input, raw_name "raw pixels" or
-- "raw inputs".
local circlet = require "circlet"
local files = require "circlet.report.files"

local task = {}

--- The names of the protocols.
task.protocols = { "closed", "open" }

-- The classes that have samples, ascending.
local function classes_of(labels)
  local seen, list = {}, {}
  for _, label in ipairs(labels:totable()) do
    if not seen[label] then
      seen[label] = true
      list[#list + 1] = label
    end
  end
  table.sort(list)
  return list
end

-- Both splits cut to the classes that the open protocol gives them.
local function cut_open(train, test)
  local classes = classes_of(train.labels)
  local half = #classes // 2
  if half < 1 then error("task: the open protocol needs at least two classes", 0) end
  return circlet.data.split_classes(train, { table.unpack(classes, 1, half) }),
    circlet.data.split_classes(test, { table.unpack(classes, half + 1) })
end

-- [N, C, H, W] or [N, n] in single precision.
local function as_inputs(x)
  if x:dim() == 3 then x = x:reshape(x:size(1), 1, x:size(2), x:size(3)) end
  return circlet.type(x) == "circlet.FloatTensor" and x:clone() or x:float()
end

--- A task from two splits { inputs =, labels = }: inputs [N, n], [N, H, W] or [N, C, H, W], labels
-- LongTensors [N] from 1. Byte inputs become (x/255 - mean) / std, with options.mean and
-- options.std or those of the training split; other types are taken as they are. options.cut: the
-- splits have no class in common as they are, which is the open protocol.
-- @param name string
-- @param train table
-- @param test table
-- @param options? table
-- @return table task
-- @error Raises for another protocol and for splits that do not fit.
-- @example
-- local labels = circlet.range(0, 39):fmod(4):add(1):long()
-- local split = { inputs = circlet.rand(40, 6), labels = labels }
-- local task = circlet.train.task.new("tiny", split, split)
-- task.shape    --> {6}
function task.new(name, train, test, options)
  local protocol = options and options.protocol or "closed"
  local made = { name = name, protocol = protocol, shape = {} }
  local bytes = circlet.type(train.inputs) == "circlet.ByteTensor"
  if protocol == "open" and not (options and options.cut) then
    train, test = cut_open(train, test)
  elseif protocol ~= "closed" and protocol ~= "open" then
    error('task: protocol must be "closed" or "open", got ' .. tostring(protocol), 2)
  end
  local mean, std = options and options.mean, options and options.std
  for split, of in pairs { train = train, test = test } do
    made[split] = { inputs = as_inputs(of.inputs), raw = of.inputs, labels = of.labels,
      classes = of.labels:max() }
  end
  made.raw_name = made.train.inputs:dim() == 4 and "raw pixels" or "raw inputs"
  for d = 2, made.train.inputs:dim() do made.shape[d - 1] = made.train.inputs:size(d) end
  if bytes then
    mean = mean or made.train.inputs:mean() / 255
    std = std or math.max(made.train.inputs:std() / 255, 1e-6)
    for _, split in ipairs { "train", "test" } do
      made[split].inputs:div(255):add(-mean):div(std)
    end
  end
  return made
end

-- train_x.npy, train_y.npy, test_x.npy, test_y.npy. Whether classes count from 0 is the same for
-- both splits, so the training labels decide.
local function load_npy(folder)
  local raw, message, code = circlet.npy.load(folder .. "/train_y.npy")
  if not raw then return nil, message, code end
  local base = raw:nElement() > 0 and raw:min() == 0 and 0 or 1
  local sets = {}
  for _, split in ipairs { "train", "test" } do
    local set
    set, message, code = circlet.data.npy(folder .. "/" .. split .. "_x.npy",
      folder .. "/" .. split .. "_y.npy", { base = base })
    if not set then return nil, message, code end
    sets[split] = { inputs = set.features, labels = set.labels }
  end
  return sets
end

local function from_images(set)
  return {
    train = { inputs = set.train.images, labels = set.train.labels },
    test = { inputs = set.test.images, labels = set.test.labels },
  }
end

-- Omniglot's own split of alphabets: the open protocol, whatever was asked for.
local function load_omniglot(folder)
  local set, message, code = circlet.data.omniglot(folder)
  if not set then return nil, message, code end
  set = from_images(set)
  return task.new("Omniglot", set.train, set.test, { protocol = "open", cut = true })
end

-- train/CLASS/... and test/CLASS/... of images, grey and 28 x 28 as the small models want them. The
-- two splits number their classes alike where they have the same ones.
local function load_images(folder)
  local sets = {}
  for _, split in ipairs { "train", "test" } do
    local set, message, code = circlet.data.image_folder(folder .. "/" .. split,
      { size = 28, channels = 1 })
    if not set then return nil, message, code end
    local images, labels
    images, labels, code = set:load()
    if not images then return nil, labels, code end
    sets[split] = { inputs = images:select(2, 1), labels = labels, classes = set.classes }
  end
  local same = table.concat(sets.train.classes, "\n") == table.concat(sets.test.classes, "\n")
  return sets, same
end

--- Reads a data set: "fashion_mnist" (Debian package dataset-fashion-mnist) or a folder. A folder
-- holds IDX files under MNIST's names, gzipped or not; or train_x.npy, train_y.npy, test_x.npy and
-- test_y.npy (inputs [N, n], [N, H, W] or [N, C, H, W]; labels [N], from 0 or from 1); or
-- Omniglot's images_background_small1 and 2 (data.omniglot); or images in train/CLASS and
-- test/CLASS, of which the protocol is the open one when the splits have different classes. Returns
-- the task, or nil, message, code when something is missing or malformed.
-- @param source string
-- @param protocol? string "closed" (default) or "open"
-- @return table task
-- @error Returns nil, message, code.
-- @example
-- (circlet.train.task.load "/none")    --> nil
function task.load(source, protocol)
  if source == "fashion_mnist" then
    local set, message, code = circlet.data.fashion_mnist()
    if not set then return nil, message, code end
    set = from_images(set)
    -- The constants used everywhere for these images, so that results compare.
    return task.new("Fashion-MNIST", set.train, set.test,
      { protocol = protocol, mean = 0.286, std = 0.353 })
  end
  if files.kind(source) ~= "directory" then
    return nil, source .. ": there is no such data set (fashion_mnist, or a folder)", "io"
  end
  for _, ending in ipairs { ".zip", "" } do
    if files.kind(source .. "/images_background_small2" .. ending) then
      return load_omniglot(source)
    end
  end
  local name = source:gsub("/+$", ""):match("[^/]*$")
  if files.kind(source .. "/train") == "directory" then
    local set, same, code = load_images(source)
    if not set then return nil, same, code end
    if not same then protocol = "open" end
    return task.new(name, set.train, set.test, { protocol = protocol, cut = not same })
  end
  local npy = files.kind(source .. "/train_x.npy")
  local set, message, code = (npy and load_npy or circlet.data.idx_folder)(source)
  if not set then return nil, message, code end
  if not npy then set = from_images(set) end
  return task.new(name, set.train, set.test, { protocol = protocol })
end

--- What the hash of a task's data is over: the inputs as they were read, and the labels.
-- @internal
function task.contents(the_task)
  local contents = {}
  for _, split in ipairs { "train", "test" } do
    contents[split] = { inputs = the_task[split].raw, labels = the_task[split].labels }
  end
  return contents
end

return task
