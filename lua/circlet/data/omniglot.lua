--- Omniglot (Lake, Salakhutdinov and Tenenbaum, "Human-level concept learning through probabilistic
-- program induction", Science 2015): handwritten characters of many alphabets, twenty drawings of
-- each, here its two small background sets as they are published.
local image_folder = require "circlet.data.image_folder"
local lfs = require "lfs"

local names = { "images_background_small1", "images_background_small2" }

local function alphabet_of(class) return (class:match "^[^/]*") end

-- The archive of a set in the folder, or the folder that was unpacked from it.
local function find(folder, name)
  local path = folder .. "/" .. name
  return lfs.attributes(path, "mode") == "directory" and path or path .. ".zip"
end

--- Reads images_background_small1 and images_background_small2, ZIP archives or what they unpack
-- to, from `folder`, and splits them for an open-set test: the training split holds the alphabets
-- of the first set that the second does not share, the test split all of the second.
-- options.size: pixels of a side, default 28.
-- Returns { train, test }, each { images (ByteTensor [N, size, size], ink 255 on 0), labels
-- (LongTensor, a class for each character), classes ("alphabet/character"), alphabets (a sorted
-- list of names) }; or nil, message, code.
-- @param folder string
-- @param options? table
-- @option size integer pixels of a side, 28 by default
-- @return table set {train, test}
-- @error Returns nil, message, code when it is not there.
-- @example
-- (data.omniglot "none")    --> nil
return function(folder, options)
  local sets, wanted = {}, { size = options and options.size or 28, channels = 1, fit = "stretch" }
  for i, name in ipairs(names) do
    local message, code
    sets[i], message, code = image_folder(find(folder, name), wanted)
    if not sets[i] then return nil, message, code end
  end
  local tested = {}
  for _, class in ipairs(sets[2].classes) do tested[alphabet_of(class)] = true end
  local parts = { train = sets[1]:only(function(class) return not tested[alphabet_of(class)] end),
    test = sets[2] }
  for split, set in pairs(parts) do
    local images, labels, code = set:load()
    if not images then return nil, labels, code end
    local seen, alphabets = {}, {}
    for _, class in ipairs(set.classes) do
      local alphabet = alphabet_of(class)
      if not seen[alphabet] then alphabets[#alphabets + 1] = alphabet end
      seen[alphabet] = true
    end
    images:mul(255):add(255) -- of bytes, which count round at 256: 255 - x
    parts[split] = { images = images:select(2, 1), labels = labels, classes = set.classes,
      alphabets = alphabets }
  end
  return parts
end
