--- Samples from two .npy files, such as features that another program computed.
--
--     local set = assert(data.npy("features.npy", "labels.npy"))     -- set.features, set.labels
local core = require "circlet.core"

-- Labels as a LongTensor that counts from 1; or nil and what is wrong.
local function to_labels(raw, base)
  if raw:dim() ~= 1 then return nil, ("one label per row expected, got %d dimensions"):format(
    raw:dim()) end
  local list, least = raw:totable(), math.huge
  for i, label in ipairs(list) do
    list[i] = math.tointeger(label)
    if not list[i] then return nil, ("label %d is %s, no integer"):format(i, label) end
    least = math.min(least, list[i])
  end
  base = base or (least == 0 and 0 or 1)
  if least < base then return nil, ("a label is %d, %d or more expected"):format(least, base) end
  for i = 1, #list do list[i] = list[i] + 1 - base end
  return core.LongTensor(list)
end

--- Reads features [N, ...] and labels [N] (any integer type, or floats that are integers).
-- options.base: the number of the first class in the file, 0 or 1; by default 0 when a label is 0.
-- options.map (default true): features stay in their file, of which the system reads the pages that
-- are touched; what a program writes into them stays its own. Files of other types or byte orders
-- than this machine's are read, as all are with map = false. Nothing may shorten a mapped file.
-- Returns { features, labels } with labels (LongTensor) from 1; or nil, message, code.
-- @param features_path string
-- @param labels_path string
-- @param options? table
-- @option base integer 0 or 1, the number of the first class in the file
-- @option map boolean true by default
-- @return table set {features, labels}
-- @error Returns nil, message, "io" or "format".
-- @example
-- circlet.npy.save("x.npy", circlet.ones(2, 3))
-- circlet.npy.save("y.npy", circlet.LongTensor { 0, 1 })
-- data.npy("x.npy", "y.npy").labels    --> {1, 2}
return function(features_path, labels_path, options)
  local load = options and options.map == false and core.io.load_npy or core.io.map_npy
  local features, message, code = load(features_path)
  if not features then return nil, message, code end
  local raw
  raw, message, code = core.io.load_npy(labels_path)
  if not raw then return nil, message, code end
  local labels, wrong = to_labels(raw, options and options.base)
  if not labels then return nil, labels_path .. ": " .. wrong, "format" end
  if features:size(1) ~= raw:size(1) then
    return nil, ("%s holds %d rows, and %s %d labels"):format(features_path, features:size(1),
      labels_path, raw:size(1)), "format"
  end
  return { features = features, labels = labels }
end
