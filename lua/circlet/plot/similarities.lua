--- Histograms of the similarities of positive and of negative pairs.
--
--     circlet.plot.similarities(embeddings, labels [, options])      all pairs of rows
--     circlet.plot.similarities(facts [, options])                   of a loss with diagnostics
--     circlet.plot.similarities({ positive =, negative = } [, options])     given similarities
--
-- Each of the two is drawn as a density over -1..1 with area 1, as there are many more negatives.
-- Similarities beyond -1..1 count in the outermost bins.
-- @param source circlet.Tensor embeddings [N, D], Float or Double, compared by cosine without a
--   matrix of all pairs; or facts, the third result of a loss with { diagnostics = true } (or
--   criterion.info); or a table of two lists or tensors of similarities
-- @param labels? circlet.Tensor [N] whole numbers, or a list of them
-- @param options? table
-- @option m? number marks the targets 1-m of positives and m of negatives
-- @option bins? integer of given similarities, 40; embeddings and facts have 40
-- @error Raises for NaN and infinities in embeddings, naming the row.
-- @family plot
-- @example
-- circlet.plot.similarities { positive = { 0.9, 0.8 }, negative = { 0.1, -0.2, 0.3 } }    --> ...
local Picture = require "circlet.plot.Picture"
local check = require "circlet.plot.check"
local circlet = require "circlet"
local gnuplot = require "circlet.plot.gnuplot"

-- Counts of numbers in `bins` equal steps from -1 to 1.
local function count(numbers, bins)
  local list = {}
  for b = 1, bins do list[b] = 0 end
  for _, s in ipairs(numbers) do
    if s == s then
      local b = math.min(bins, math.max(1, math.floor((math.max(-2, math.min(2, s)) + 1)
        * bins / 2) + 1))
      list[b] = list[b] + 1
    end
  end
  return list
end

-- The two lists of counts, from whatever was given.
local function counts_of(source, labels, bins)
  if labels then
    local _, _, facts = circlet.circle_loss(source, circlet.LongTensor((check.classes(labels))),
      { diagnostics = true, similarity = "cosine" })
    return facts.histogram_sp, facts.histogram_sn
  end
  if source.histogram_sp then return source.histogram_sp, source.histogram_sn end
  return count(check.numbers("similarities", "positive", source.positive), bins),
    count(check.numbers("similarities", "negative", source.negative), bins)
end

-- The outline of the bars: density by bin, down to 0 at both ends.
local function outline(counts)
  local total, rows, width = 0, {}, 2 / #counts
  for _, n in ipairs(counts) do total = total + n end
  if total == 0 then return nil end
  for b, n in ipairs(counts) do
    local density = n / total / width
    rows[#rows + 1] = gnuplot.row(-1 + (b - 1) * width, density)
    rows[#rows + 1] = gnuplot.row(-1 + b * width, density)
  end
  return rows
end

local function marks(m)
  if not m then return "" end
  local lines = {}
  for i, mark in ipairs { { 1 - m, "1-m" }, { m, "m" } } do
    local at, colour = gnuplot.numeral(mark[1]), gnuplot.colours[i]
    lines[#lines + 1] = ("set arrow from %s,graph 0 to %s,graph 1 nohead dashtype 2 linecolor '%s'")
      :format(at, at, colour)
    lines[#lines + 1] = ("set label '%s' at %s,graph 0.97 offset 0.4,0 textcolor '%s'"):format(
      mark[2], at, colour)
  end
  return table.concat(lines, "\n")
end

return function(source, labels, options)
  if circlet.isTensor(source) then
    labels = check.embeddings("similarities", source, labels)
  else
    labels, options = nil, labels
    if type(source) ~= "table" then
      check.fail("similarities", "embeddings, facts or { positive, negative } expected, got %s",
        circlet.type(source))
    elseif source.n_anchors and not source.histogram_sp then
      check.fail("similarities", "facts of a loss with { diagnostics = true } expected")
    end
  end
  options = check.options("similarities", options, { "m", "bins" })
  local bins = check.whole("similarities", "bins", options.bins, 40, 1)
  local m = check.number("similarities", "m", options.m)
  local blocks, curves = {}, {}
  local positive, negative = counts_of(source, labels, bins)
  for i, one in ipairs { { "positive", positive }, { "negative", negative } } do
    local rows = outline(one[2])
    if rows then
      blocks[#blocks + 1] = gnuplot.block(one[1], rows)
      curves[#curves + 1] = ("$%s using 1:2 with filledcurves y1=0 fillcolor '%s' fillstyle "
        .. "transparent solid 0.35 border title '%s pairs'"):format(one[1], gnuplot.colours[i],
        one[1])
    end
  end
  local frame = table.concat({
    gnuplot.labels { title = options.title, x_label = "similarity", y_label = "density" },
    "set xrange [-1:1]\nset yrange [0:*]\nset key left top", marks(m) }, "\n")
  local drawn = frame .. "\nplot " .. table.concat(curves, ", \\\n  ")
  return Picture.new { data = table.concat(blocks, "\n"), commands = drawn,
    characters = drawn:gsub("filledcurves y1=0 fillcolor", "lines linecolor")
      :gsub("fillstyle transparent solid 0.35 border", ""),
    width = options.width, height = options.height,
    empty = #curves == 0 and "no pair to draw" or nil,
  }
end
