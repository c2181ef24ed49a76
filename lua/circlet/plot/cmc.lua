--- Cumulative matching characteristics: how many queries have a right answer among the first k.
--
-- @param curves table list of { title, embeddings, labels, cameras } or { title, found }: the
--   arguments of metrics.cmc, or a result of it or of metrics.retrieval; or such a result itself
-- @param options? table
-- @option ranks? integer up to this one, 20
-- @error Raises as metrics.cmc does.
-- @family plot
-- @example
-- local x = circlet.DoubleTensor { { 1, 0 }, { 2, 0.1 }, { 0, 1 }, { 0.1, 3 } }
-- circlet.plot.cmc { { embeddings = x, labels = circlet.LongTensor { 1, 1, 2, 2 } } }    --> ...
local check = require "circlet.plot.check"
local circlet = require "circlet"
local lines = require "circlet.plot.lines"

return function(curves, options)
  options = check.options("cmc", options, { "ranks" })
  local most, ranks = check.whole("cmc", "ranks", options.ranks, 20, 1), {}
  for k = 1, most do ranks[k] = k end
  if type(curves) ~= "table" then
    check.fail("cmc", "a list of curves expected, got %s", type(curves))
  end
  if curves.cmc or curves.recall then curves = { { found = curves } } end
  local series = {}
  for place, curve in ipairs(curves) do
    local found = curve.found or circlet.metrics.cmc(curve.embeddings, curve.labels,
      { k = ranks, cameras = curve.cameras })
    local shares = type(found) == "table" and (found.cmc or found.recall)
    if not shares then
      check.fail("cmc", "curve %d: a result of metrics.cmc or metrics.retrieval expected", place)
    end
    local x, y = {}, {}
    for k in pairs(shares) do
      if k <= most then x[#x + 1] = k end
    end
    table.sort(x)
    for i, k in ipairs(x) do y[i] = shares[k] end
    local words = {}
    if curve.title then words[1] = curve.title end
    if found.map then words[#words + 1] = ("mAP %.3f"):format(found.map) end
    series[place] = { title = table.concat(words, ", "), x = x, y = y }
  end
  return lines(series, { title = options.title, x_label = "rank", y_label = "share of queries",
    x_range = { 1, most }, y_range = { nil, 1 }, width = options.width or 640,
    height = options.height or 480 })
end
