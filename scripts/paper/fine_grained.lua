-- Fine-grained retrieval with the settings of the Circle Loss paper: pair-wise, m = 0.4,
-- gamma = 80, batches of 16 classes with 5 samples, embeddings of 512 numbers; recall at k on
-- classes that were never seen in training.
--
--     lua scripts/paper/fine_grained.lua --data CUB_200_2011/images
--     lua scripts/paper/fine_grained.lua --data Stanford_Online_Products
--
-- FOLDER holds class folders, of which the first half is for training; or train/ and test/; or
-- Ebay_train.txt and Ebay_test.txt; or features in .npy files (scripts/paper/README.md).
dofile((arg[0]:match("^.*/") or "./") .. "../prelude.lua")
local circlet = require "circlet"
local benchmark, options = circlet.train.benchmark, circlet.train.options

local parser, defaults = benchmark.parser("lua scripts/paper/fine_grained.lua",
  "Trains with the Circle Loss paper's settings for fine-grained retrieval, and searches.",
  { size = { 224, 224 }, size_name = "224", gamma = 80, m = 0.4 })
parser:option("--batch", "Classes and samples of each in a batch (default: 16x5).")
  :argname("<PxK>"):convert(options.batch)
parser:option("--ranks", "Ranks of recall (default: 1,2,4,8; of products 1,10,100,1000).")
  :argname("<list>"):convert(options.list(options.count))
local settings = benchmark.settings(parser, arg, defaults)
if settings.batch then
  settings.preset.P, settings.preset.K = settings.batch[1], settings.batch[2]
end

options.run("fine_grained", function()
  local set, message = benchmark.data.fine_grained(settings.data, settings)
  if not set then error(message, 0) end
  local run, x = benchmark.run(set, circlet.presets.fine_grained, settings, { "test" })
  local ranks = settings.ranks or set.products and { 1, 10, 100, 1000 } or { 1, 2, 4, 8 }
  local found = run.preset.evaluate(x.test, set.test.labels, { k = ranks })
  local rows, pictures = {}, {}
  for _, k in ipairs(ranks) do
    rows[#rows + 1] = { measure = ("recall at %d"):format(k), value = found.recall[k] }
  end
  for _, name in ipairs { "r_precision", "map_at_r" } do
    rows[#rows + 1] = { measure = circlet.train.Comparison.label[name], value = found[name] }
  end
  -- What the first queries of some classes find, where there are images.
  if set.test.set then
    local function images(queries) return set.test:images(queries) end
    pictures["-sheet.png"] = circlet.plot.sheet(images, set.test.labels, x.test)
  end
  circlet.train.publish.results(settings.out, "fine_grained", {
    title = ("Fine-grained retrieval: %d training samples, %d test samples of %d classes; %s, "
      .. "%d-d, m %g, gamma %g"):format(set.train.labels:nElement(), set.test.labels:nElement(),
      set.test.labels:max(), settings.model, settings.dim, run.criterion.m, run.criterion.gamma),
    columns = { { key = "measure" }, { key = "value", format = "%.4f" } },
    rows = rows, pictures = pictures,
  })
end)
