-- Person re-identification with the settings of the Circle Loss paper: class-level, m = 0.25,
-- gamma = 128; single query, without images that the query's own camera took of the same person.
--
--     lua scripts/paper/reid.lua --data Market-1501-v15.09.15
--     lua scripts/paper/reid.lua --data FOLDER --rerank
--
-- FOLDER holds bounding_box_train, query and bounding_box_test, or features in .npy files
-- (scripts/paper/README.md).
dofile((arg[0]:match("^.*/") or "./") .. "../prelude.lua")
local circlet = require "circlet"
local benchmark, options = circlet.train.benchmark, circlet.train.options

local parser, defaults = benchmark.parser("lua scripts/paper/reid.lua",
  "Trains on persons with the Circle Loss paper's settings and searches them in a gallery.",
  { size = { 256, 128 }, size_name = "256x128", gamma = 128, m = 0.25 })
parser:option("--batch", "Identities and images of each in a batch (default: 16x4).")
  :argname("<PxK>"):convert(options.batch)
parser:flag("--rerank", "Rank by k-reciprocal re-ranking too.")
local settings = benchmark.settings(parser, arg, defaults)
if settings.batch then
  settings.preset.P, settings.preset.K = settings.batch[1], settings.batch[2]
end

options.run("reid", function()
  local set, message = benchmark.data.reid(settings.data, settings)
  if not set then error(message, 0) end
  local run, x = benchmark.run(set, circlet.presets.reid, settings, { "query", "gallery" })
  local labels = { set.query.identities, set.gallery.identities }
  local cameras, rows, curves = { set.query.cameras, set.gallery.cameras }, {}, {}
  local ranks = {}
  for k = 1, 20 do ranks[k] = k end
  for _, rerank in ipairs { false, settings.rerank and true or nil } do
    local found = run.preset.evaluate({ x.query, x.gallery }, labels,
      { cameras = cameras, k = ranks, rerank = rerank })
    local name = rerank and "re-ranked" or "cosine"
    rows[#rows + 1] = { ranking = name, rank_1 = found.cmc[1], rank_5 = found.cmc[5],
      rank_10 = found.cmc[10], map = found.map, minp = found.minp, queries = found.n_queries,
      without = found.n_lone }
    curves[#curves + 1] = { title = name, found = found }
  end
  circlet.train.publish.results(settings.out, "reid", {
    title = ("Re-identification: %d training samples, %d queries, %d gallery samples; %s, %d-d, "
      .. "m %g, gamma %g"):format(set.train.labels:nElement(), labels[1]:nElement(),
      labels[2]:nElement(), settings.model, settings.dim, run.criterion.m, run.criterion.gamma),
    columns = { { key = "ranking" }, { key = "rank_1", title = "rank-1", format = "%.4f" },
      { key = "rank_5", title = "rank-5", format = "%.4f" },
      { key = "rank_10", title = "rank-10", format = "%.4f" },
      { key = "map", title = "mAP", format = "%.4f" },
      { key = "minp", title = "mINP", format = "%.4f" }, { key = "queries" },
      { key = "without", title = "without an answer" } },
    rows = rows, pictures = { ["-cmc.svg"] = circlet.plot.cmc(curves) },
  })
end)
