--- ROC curves of verification: the share of genuine pairs accepted over that of impostors.
--
-- Points are TAR@FAR, exact and never interpolated; the x axis is logarithmic.
-- @param curves table list of { title, embeddings, labels } or { title, found }: the arguments of
--   metrics.verification, or its result with as many rates as the curve shall have points; or such
--   a result itself
-- @param options? table
-- @option least? number the smallest FAR, 1e-4
-- @option per_decade? integer points, 8
-- @error Raises as metrics.verification does.
-- @family plot
-- @example
-- local x = circlet.DoubleTensor { { 1, 0 }, { 2, 0.1 }, { 0, 1 }, { 0.1, 3 } }
-- circlet.plot.roc { { embeddings = x, labels = circlet.LongTensor { 1, 1, 2, 2 } } }    --> ...
local check = require "circlet.plot.check"
local circlet = require "circlet"
local lines = require "circlet.plot.lines"

-- Rates from `least` to 1, evenly on a logarithmic scale.
local function rates(least, per_decade)
  local list, steps = {}, math.max(1, math.ceil(-math.log(least, 10) * per_decade))
  for i = 0, steps do list[i + 1] = least ^ (1 - i / steps) end
  return list
end

return function(curves, options)
  options = check.options("roc", options, { "least", "per_decade" })
  local least = check.number("roc", "least", options.least, 1e-4)
  local per_decade = check.whole("roc", "per_decade", options.per_decade, 8, 1)
  if type(curves) ~= "table" or not (least > 0 and least < 1) then
    check.fail("roc", "a list of curves, and least between 0 and 1, expected")
  end
  if curves.tar then curves = { { found = curves } } end
  local series = {}
  for k, curve in ipairs(curves) do
    local found = curve.found or circlet.metrics.verification(curve.embeddings, curve.labels,
      { far = rates(least, per_decade) })
    if type(found) ~= "table" or not found.tar then
      check.fail("roc", "curve %d: a result of metrics.verification expected", k)
    end
    local x, y = {}, {}
    for far in pairs(found.tar) do
      if far >= least * (1 - 1e-9) then x[#x + 1] = far end
    end
    table.sort(x)
    for i, far in ipairs(x) do y[i] = found.tar[far] end
    local name = curve.title and curve.title .. ", " or ""
    series[k] = { title = ("%sAUC %.4f, EER %.4f"):format(name, found.auc, found.eer), x = x, y = y,
                  style = #x > 12 and "-" or "+-" }
  end
  return lines(series, { title = options.title, x_label = "FAR", y_label = "TAR", log_x = 10,
    x_range = { least, 1 }, y_range = { 0, 1 }, width = options.width or 640,
    height = options.height or 480 })
end
