--- Embeddings as points in a plane, a colour for each label.
--
-- Rows are brought to length 1, as a cosine sees them, and projected on their two principal
-- components (plot.pca). Rows of two numbers are drawn where they lie, so that places found
-- elsewhere (t-SNE, UMAP) can be drawn. Up to 16 labels are named beside the map; with more,
-- colours say only which labels are near in number.
-- @param embeddings circlet.Tensor [N, D] Float or Double
-- @param labels circlet.Tensor [N] whole numbers, or a list of them
-- @param options? table
-- @option normalize? boolean false: rows as they are
-- @option names? table { [label] = name }
-- @option most? integer points that are drawn, evenly taken; 5000
-- @error Raises for NaN and infinities.
-- @family plot
-- @example
-- circlet.plot.map(circlet.randn(30, 8), circlet.LongTensor(30):random(1, 3))    --> ...
local Picture = require "circlet.plot.Picture"
local check = require "circlet.plot.check"
local gnuplot = require "circlet.plot.gnuplot"
local pca = require "circlet.plot.pca"

local NAMED = 16
local LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

-- The points of the k-th label, as they are drawn and as letters.
local function curve(k, name)
  local colour, again = gnuplot.colour(k)
  local drawn = "$label%d using 1:2 with points pointtype %d pointsize 0.5 linecolor '%s' title %s"
  name = gnuplot.quote(name)
  return drawn:format(k, again and 6 or 7, colour, name), drawn:format(k, k, colour, name)
end

-- Places [N, 2] and what the axes are.
local function places_of(x, normalize)
  if x:size(2) == 2 then return x, "", "" end
  if normalize ~= false then x = check.normalized(x) end
  local places, facts = pca(x)
  local function label(i)
    return ("principal component %d (%.0f%% of the variance)"):format(i, 100 * facts.share[i])
  end
  return places, label(1), label(2)
end

-- Points by label, each label with its rows; labels in ascending order.
local function points_by_label(places, labels, most)
  local by_label, order = {}, {}
  local step = math.max(1, #labels / most)
  for place = 1, math.min(#labels, most) do
    local i = math.floor((place - 1) * step) + 1
    local label = labels[i]
    if not by_label[label] then
      by_label[label] = {}
      order[#order + 1] = label
    end
    table.insert(by_label[label], gnuplot.row(places[i][1], places[i][2], label))
  end
  table.sort(order)
  return by_label, order
end

return function(embeddings, labels, options)
  options = check.options("map", options, { "normalize", "names", "most" })
  local most = check.whole("map", "most", options.most, 5000, 1)
  local whole = check.embeddings("map", embeddings, labels)
  if #whole == 0 or embeddings:size(2) < 2 then
    return Picture.new { empty = "no row of two numbers or more to draw" }
  end
  local places, x_label, y_label = places_of(embeddings, options.normalize)
  local by_label, order = points_by_label(places:totable(), whole, most)
  local blocks, curves, letters = {}, {}, {}
  if #order <= NAMED then
    for k, label in ipairs(order) do
      blocks[k] = gnuplot.block("label" .. k, by_label[label])
      curves[k], letters[k] = curve(k, options.names and options.names[label] or label)
    end
  else
    local rows = {}
    for _, label in ipairs(order) do
      table.move(by_label[label], 1, #by_label[label], #rows + 1, rows)
    end
    blocks[1] = gnuplot.block("points", rows)
    curves[1] = "$points using 1:2:3 with points pointtype 7 pointsize 0.5 lc palette notitle"
    letters[1] = ("$points using 1:2:(substr('%s', int($3) %% 26 + 1, int($3) %% 26 + 1)) "
      .. "with labels notitle"):format(LETTERS)
  end
  local frame = table.concat({ "set size ratio -1\nset key outside right",
    gnuplot.labels { title = options.title, x_label = x_label, y_label = y_label,
                     value_label = #order > NAMED and "label" or nil }, "plot " }, "\n")
  return Picture.new {
    data = table.concat(blocks, "\n"), width = options.width or 760, height = options.height or 560,
    commands = frame .. table.concat(curves, ", \\\n  "),
    characters = frame:gsub("set size ratio %-1", "") .. table.concat(letters, ", \\\n  "),
  }
end
