--- Some classes of a set of samples, as the open-set protocol needs them: train on some classes,
-- retrieve among others that were never seen.
--
--     local seen, mapping = data.split_classes(set.train, { 1, 2, 3, 4, 5 })
--     local unseen = data.split_classes(set.test, { 6, 7, 8, 9, 10 }, { renumber = false })
local core = require "circlet.core"

-- old label -> new label
local function make_mapping(classes, renumber)
  local mapping = {}
  for i, class in ipairs(classes) do
    if math.type(class) ~= "integer" or class < 1 then
      error("split_classes: classes must be integers >= 1, got " .. tostring(class), 3)
    end
    if mapping[class] then error(("split_classes: class %d comes twice"):format(class), 3) end
    mapping[class] = renumber and i or class
  end
  return mapping
end

--- The samples of `set` whose label is in the list `classes`, in their old order.
-- set: {labels = LongTensor [N], ...}; every other tensor whose first size is N is cut alike, other
-- fields are kept. options.renumber (default true): labels become 1..C in the order of the list.
-- Returns a new set (fresh tensors) and the mapping {[old label] = new label}. Raises when a class
-- has no samples.
-- @param set table
-- @param classes integer[]
-- @param options? table
-- @option renumber boolean true by default
-- @return table set
-- @return table mapping
-- @error Raises for classes that have no samples or come twice.
-- @example
-- local set = { labels = circlet.LongTensor { 1, 2, 3 }, features = circlet.range(1, 3) }
-- local some = data.split_classes(set, { 3, 1 })
-- some.labels, some.features    --> {2, 1}  {1, 3}
return function(set, classes, options)
  local mapping = make_mapping(classes, not options or options.renumber ~= false)
  local chosen, labels, found = {}, {}, {}
  for i, label in ipairs(set.labels:totable()) do
    if mapping[label] then
      chosen[#chosen + 1], labels[#labels + 1] = i, mapping[label]
      found[label] = true
    end
  end
  for class in pairs(mapping) do
    if not found[class] then
      error(("split_classes: class %d has no samples"):format(class), 2)
    end
  end
  local subset, n, indices = {}, set.labels:size(1), core.LongTensor(chosen)
  for key, value in pairs(set) do
    local per_sample = core.isTensor(value) and value:dim() > 0 and value:size(1) == n
    subset[key] = per_sample and #chosen > 0 and value:index(1, indices) or value
  end
  subset.labels = core.LongTensor(labels)
  return subset, mapping
end
