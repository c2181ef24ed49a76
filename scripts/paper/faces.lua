-- Face recognition with the settings of the Circle Loss paper: class-level, m = 0.25, gamma = 256.
--
--     lua scripts/paper/faces.lua --data FOLDER --pairs pairs.txt      accuracy by folds, as on LFW
--     lua scripts/paper/faces.lua --data FOLDER                        TAR@FAR over all test pairs
--
-- FOLDER holds train/ and test/ with a folder for each identity, or features in .npy files
-- (scripts/paper/README.md).
dofile((arg[0]:match("^.*/") or "./") .. "../prelude.lua")
local circlet = require "circlet"
local benchmark, options = circlet.train.benchmark, circlet.train.options

local parser, defaults = benchmark.parser("lua scripts/paper/faces.lua",
  "Trains on faces with the Circle Loss paper's settings and verifies pairs of the test images.",
  { size = { 112, 112 }, size_name = "112", gamma = 256, m = 0.25 })
parser:option("--pairs", "A pairs file in the format of Labeled Faces in the Wild.")
  :argname("<file>")
parser:option("--batch", "Samples in a batch (default: 512)."):argname("<n>"):convert(options.count)
local settings = benchmark.settings(parser, arg, defaults)
settings.preset.batch = settings.batch

options.run("faces", function()
  local set, message = benchmark.data.faces(settings.data, settings)
  if not set then error(message, 0) end
  local run, x = benchmark.run(set, circlet.presets.face, settings, { "test" })
  local rows, pictures = {}, {}
  if set.pairs then
    local found = run.preset.evaluate(x.test, set.pairs)
    rows = { { measure = "accuracy", value = found.accuracy },
             { measure = "standard error of the mean", value = found.accuracy_error },
             { measure = "VAL at FAR 0.001", value = found.val },
             { measure = "FAR there", value = found.far } }
  end
  local all = run.preset.evaluate(x.test, set.test.labels)
  for _, far in ipairs { 1e-6, 1e-5, 1e-4, 1e-3, 1e-2 } do
    rows[#rows + 1] = { measure = ("TAR at FAR %g, all pairs"):format(far), value = all.tar[far] }
  end
  rows[#rows + 1] = { measure = "AUC, all pairs", value = all.auc }
  rows[#rows + 1] = { measure = "EER, all pairs", value = all.eer }
  pictures["-roc.svg"] = circlet.plot.roc { { embeddings = x.test, labels = set.test.labels } }
  circlet.train.publish.results(settings.out, "faces", {
    title = ("Faces: %d training samples, %d test samples; %s, %d-d, m %g, gamma %g"):format(
      set.train.labels:nElement(), set.test.labels:nElement(), settings.model, settings.dim,
      run.criterion.m, run.criterion.gamma),
    columns = { { key = "measure" }, { key = "value", format = "%.4f" } },
    rows = rows, pictures = pictures,
  })
end)
