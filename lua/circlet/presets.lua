--- The settings of the Circle Loss paper for its three tasks, with samplers and measures.
--
--     local preset = circlet.presets.fine_grained(set.labels, { dim = 512, seed = 1 })
--     for b, images, labels in set:batches(preset.batches(epoch), { vary = true }) do
--       local loss = preset.criterion:forward(net:forward(images), labels) ...
--     end
--     print(preset.evaluate(embeddings, labels).recall[1])
--
-- Each function takes the labels of the training samples (LongTensor [N] from 1) and options, and
-- returns a table:
--   criterion   what to train with; of class-level ones weight and gradWeight are to be trained too
--   batches     function (epoch): an iterator over the batches of an epoch (from 1), number and
--               rows, the same for the same seed and epoch
--   evaluate    function (embeddings, labels [, options]): the measures that the paper reports
--   settings    task, level ("class" or "pair"), m, gamma, dim, and P and K or batch
--   ours        list of the settings whose value the paper does not give: defaults of circlet's
--   warnings    list of what does not fit the data: classes without samples, too few for K
-- Options of all: dim (default 512), seed (1), and m and gamma in place of the paper's.
-- Raises for labels that are not whole numbers from 1, and fewer than P classes.
--
-- Sun et al., "Circle Loss: A Unified Perspective of Pair Similarity Optimization", CVPR 2020,
-- section 4.1: class-level labels for faces (gamma 256, m 0.25) and persons (gamma 128, m 0.25),
-- pair-wise labels for fine-grained retrieval (gamma 80, m 0.4, P = 16 classes with K = 5 samples,
-- embeddings of 512 numbers). Batches and sizes of the first two are options here, with defaults of
-- ours; so are seeds.
local circlet = require "circlet"

local presets = {}

-- Settings that the paper gives for a task, beside m and gamma.
local papers = { face = {}, reid = {}, fine_grained = { P = true, K = true, dim = true } }

-- The names of settings that neither the paper nor the caller chose.
local function ours(name, defaults, given)
  local list = {}
  for key in pairs(defaults) do
    local known = key == "m" or key == "gamma" or key == "seed" or papers[name][key]
    if not known and not (given and given[key]) then list[#list + 1] = key end
  end
  table.sort(list)
  return list
end

local function read(name, options, defaults)
  local read_options = {}
  if options ~= nil and type(options) ~= "table" then
    error(("presets.%s: options must be a table, got %s"):format(name, type(options)), 3)
  end
  for key, value in pairs(options or {}) do
    if defaults[key] == nil then
      error(("presets.%s: there is no option %s"):format(name, tostring(key)), 3)
    end
    if type(value) ~= "number" then
      error(("presets.%s: option %s must be a number, got %s"):format(name, key, type(value)), 3)
    end
  end
  for key, value in pairs(defaults) do
    read_options[key] = options and options[key] or value
  end
  read_options.ours = ours(name, defaults, options)
  return read_options
end

-- How many samples each class 1..C has; raises for what is no label.
local function count(name, labels)
  if not circlet.isTensor(labels) then
    error(("presets.%s: labels must be a tensor, got %s"):format(name, type(labels)), 3)
  end
  local counts, classes = {}, 0
  for i, label in ipairs(labels:nElement() > 0 and labels:totable() or {}) do
    local class = math.tointeger(label)
    if not class or class < 1 then
      error(("presets.%s: labels must be whole numbers from 1, got %s at %d"):format(name,
        tostring(label), i), 3)
    end
    counts[class], classes = (counts[class] or 0) + 1, math.max(classes, class)
  end
  if classes == 0 then error(("presets.%s: there are no labels"):format(name), 3) end
  return counts, classes
end

-- What does not fit: K nil for plain batches, class-level criterions have a vector for each number.
local function warnings(counts, classes, K, class_level)
  local list, few, none = {}, 0, 0
  for class = 1, classes do
    if not counts[class] then none = none + 1
    elseif counts[class] < (K or 2) then few = few + 1 end
  end
  if class_level and none > 0 then
    list[1] = ("%d of %d classes have no sample: their vectors only push"):format(none, classes)
  end
  if few > 0 then
    list[#list + 1] = K and ("%d classes have fewer than K = %d samples, which then come more than "
      .. "once in a batch"):format(few, K)
      or ("%d classes have a single sample: no test can find another one"):format(few)
  end
  return list
end

local function make(name, labels, options, evaluate)
  local counts, classes = count(name, labels)
  options.task = name
  local criterion, batches
  if options.level == "class" then
    criterion = circlet.nn.CircleClassCriterion(options.dim, classes, options.m, options.gamma)
  else
    criterion = circlet.nn.CircleCriterion(options.m, options.gamma)
  end
  if options.P then
    local sampler = circlet.data.PKSampler(labels, options.P, options.K, { seed = options.seed })
    batches = function(epoch) return sampler:epoch(epoch) end
  else
    local n = labels:nElement()
    options.batch = math.min(options.batch, n)
    batches = function(epoch)
      return circlet.data.batches(n, options.batch, options.seed, epoch, { drop_last = true })
    end
  end
  local own = options.ours
  options.ours = nil
  return { criterion = criterion, batches = batches, evaluate = evaluate, settings = options,
    ours = own, warnings = warnings(counts, classes, options.K, options.level == "class") }
end

--- Face recognition: class-level, m 0.25, gamma 256. options.batch: samples in a batch, default
-- 512. evaluate(embeddings, labels [, { far = ... }]) is metrics.verification (TAR at FAR); given
-- the pairs of data.lfw_pairs in place of labels it is metrics.lfw.
-- @param labels circlet.LongTensor [N] from 1
-- @param options? table
-- @return table preset criterion, batches, evaluate, settings, warnings
-- @error Raises for labels that are none and for unknown options.
-- @source Sun et al., CVPR 2020, section 4.1
-- @example
-- local labels = circlet.LongTensor(40):random(1, 4)
-- local preset = circlet.presets.face(labels, { dim = 8, batch = 16 })
-- preset.settings.task    --> face
function presets.face(labels, options)
  options = read("face", options, { dim = 512, seed = 1, m = 0.25, gamma = 256, batch = 512 })
  options.level = "class"
  return make("face", labels, options, function(embeddings, truth, more)
    if type(truth) == "table" and truth.first then
      return circlet.metrics.lfw(embeddings, truth, more)
    end
    return circlet.metrics.verification(embeddings, truth, more)
  end)
end

--- Person re-identification: class-level, m 0.25, gamma 128. options.P, options.K: identities in a
-- batch and images of each, default 16 and 4.
-- evaluate({queries, gallery}, {labels, gallery_labels}, { cameras = {...} [, rerank = true] }) is
-- metrics.cmc: rank-1, 5 and 10, mAP, mINP.
-- @param labels circlet.LongTensor [N] from 1
-- @param options? table
-- @return table preset criterion, batches, evaluate, settings, warnings
-- @error Raises for labels that are none and for unknown options.
-- @source Sun et al., CVPR 2020, section 4.1
-- @example
-- local labels = circlet.LongTensor(40):random(1, 4)
-- local preset = circlet.presets.reid(labels, { dim = 8, P = 2, K = 2 })
-- preset.settings.task    --> reid
function presets.reid(labels, options)
  options = read("reid", options, { dim = 512, seed = 1, m = 0.25, gamma = 128, P = 16, K = 4 })
  options.level = "class"
  return make("reid", labels, options, circlet.metrics.cmc)
end

--- Fine-grained retrieval: pair-wise, m 0.4, gamma 80. options.P, options.K: classes in a batch and
-- images of each, default 16 and 5.
-- evaluate(embeddings, labels [, options]) is metrics.retrieval: recall at 1, 2, 4 and 8 (the paper
-- takes k = { 1, 10, 100, 1000 } for Stanford Online Products).
-- @param labels circlet.LongTensor [N] from 1
-- @param options? table
-- @return table preset criterion, batches, evaluate, settings, warnings
-- @error Raises for labels that are none and for unknown options.
-- @source Sun et al., CVPR 2020, section 4.1
-- @example
-- local labels = circlet.LongTensor(40):random(1, 4)
-- local preset = circlet.presets.fine_grained(labels, { dim = 8, P = 2, K = 2 })
-- preset.settings.task    --> fine_grained
function presets.fine_grained(labels, options)
  options = read("fine_grained", options,
    { dim = 512, seed = 1, m = 0.4, gamma = 80, P = 16, K = 5 })
  options.level = "pair"
  return make("fine_grained", labels, options, circlet.metrics.retrieval)
end

return presets
