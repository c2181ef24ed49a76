--- The losses that the training programs know, each under a name: how its criterion is made, and
-- with which settings it is compared with the others.
-- @internal
local nn = require("circlet").nn

local losses = {}

--- In the order of tables. An entry has name, title, own (its settings by default, with names as
-- its criterion has them) and make(settings, task) -> criterion; settings.dim is the size of an
-- embedding and settings.loss_options take the place of own ones.
losses.list = {}

local function add(name, title, own, make)
  local entry = { name = name, title = title, own = own, make = make }
  losses.list[#losses.list + 1], losses[name] = entry, entry
end

-- Settings for a criterion: an entry's own, those of the program (m and gamma, where the loss has
-- them), those given for this loss.
local function merged(entry, settings)
  local options = {}
  for name, value in pairs(entry.own) do options[name] = settings[name] or value end
  for name, value in pairs(settings.loss_options or {}) do options[name] = value end
  return options
end

-- A pair-wise loss whose criterion takes its options in a table.
local function pair(class)
  return function(options) return nn[class](options) end
end

add("pair", "Circle Loss, pair-wise", { m = 0.25, gamma = 64 },
  function(options) return nn.CircleCriterion(options.m, options.gamma) end)
add("class", "Circle Loss, class-level", { m = 0.25, gamma = 64 },
  function(options, settings, task)
    return nn.CircleClassCriterion(settings.dim, task.train.classes, options.m, options.gamma)
  end)
add("unified", "unified loss", { m = 0.25, gamma = 64 }, pair "UnifiedCriterion")
add("multi_similarity", "multi-similarity", { alpha = 2, beta = 50, base = 0.5 },
  pair "MultiSimilarityCriterion")

add("contrastive", "contrastive", { pos_margin = 0, neg_margin = 1 }, pair "ContrastiveCriterion")
add("triplet_hard", "triplet, batch-hard", { margin = 0.2 }, pair "TripletHardCriterion")
add("triplet_all", "triplet, batch-all", { margin = 0.2 }, pair "TripletAllCriterion")
add("lifted", "lifted structure", { pos_margin = 0, neg_margin = 1 }, pair "LiftedCriterion")
add("supcon", "SupCon", { temperature = 0.1 }, pair "SupConCriterion")
add("nt_xent", "NT-Xent", { temperature = 0.1 }, pair "NTXentCriterion")

-- A criterion with a vector for each class, which takes its options in a table.
local function class_vectors(class)
  return function(options, settings, task)
    return nn[class](settings.dim, task.train.classes, options)
  end
end

add("normface", "NormFace", { scale = 32 }, class_vectors "NormFaceCriterion")
add("cosface", "CosFace (AM-Softmax)", { scale = 32, margin = 0.25 },
  class_vectors "CosFaceCriterion")
add("arcface", "ArcFace", { scale = 32, margin = 0.3 }, class_vectors "ArcFaceCriterion")
add("proxy_anchor", "proxy-anchor", { scale = 32, margin = 0.1 },
  class_vectors "ProxyAnchorCriterion")
losses.proxy_anchor.proxies = true -- its anchors are the class vectors, of which most have no pair

--- The criterion of a run: settings.loss names the loss. Raises for a name that there is not, and
-- for a setting that the loss does not have.
function losses.make(settings, task)
  local entry = losses[settings.loss]
  if type(entry) ~= "table" or not entry.make then
    error("there is no loss " .. tostring(settings.loss), 2)
  end
  for name in pairs(settings.loss_options or {}) do
    if entry.own[name] == nil then error(("%s has no setting %s"):format(entry.title, name), 2) end
  end
  return entry.make(merged(entry, settings), settings, task)
end

--- "m 0.25, gamma 64": what a loss is made with.
function losses.describe(settings)
  local entry, words = losses[settings.loss], {}
  for name, value in pairs(merged(entry, settings)) do
    words[#words + 1] = ("%s %g"):format(name, value)
  end
  table.sort(words, function(a, b) return a > b end) -- m before gamma, as everyone says it
  return table.concat(words, ", ")
end

--- All names, in order.
function losses.names()
  local names = {}
  for i, entry in ipairs(losses.list) do names[i] = entry.name end
  return names
end

return losses
