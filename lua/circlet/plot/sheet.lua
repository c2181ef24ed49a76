--- A retrieval sheet: queries and the images that their embeddings find.
--
--     circlet.plot.sheet(images, labels, embeddings, { queries = { 3, 77 } })
--     circlet.plot.sheet({ queries, gallery }, { labels, gallery_labels }, { x, gallery_x })
--
-- A row for each query: itself, then the images nearest to it, a green frame around what has its
-- label and a broken red one around what has not. In the first form each query is searched among
-- all other images, in the second among those of the gallery. In characters the picture is a table
-- of labels. Its field found is a list of { query, label, found = { { row, label, similarity,
-- right }, ... } }.
-- @param images circlet.ByteTensor [N, H, W] or [N, C, H, W] with 1 or 3 channels, or two of them;
--   in place of a tensor a function (rows) that returns these of the images, as set:load(rows) does
-- @param labels circlet.Tensor [N] whole numbers, or a list of them, or two
-- @param embeddings circlet.Tensor [N, D] Float or Double, compared by cosine, or two of them
-- @param options? table
-- @option queries? integer[] rows; by default the first image of each of `rows` labels
-- @option rows? integer 6
-- @option count? integer images found for each query, 10
-- @option size? integer images are made smaller, by whole factors, to at most so many pixels; 64
-- @option names? table { [label] = name }
-- @error Raises for images, labels and embeddings that do not fit each other.
-- @family plot
-- @example
-- local images = circlet.ByteTensor(3, 8, 8):fill(200)
-- local x = circlet.DoubleTensor { { 1, 0 }, { 0.6, 0.8 }, { 0, 1 } }
-- circlet.plot.sheet(images, { 1, 1, 2 }, x).found[1].found[1].right    --> true
local Picture = require "circlet.plot.Picture"
local check = require "circlet.plot.check"
local circlet = require "circlet"
local gnuplot = require "circlet.plot.gnuplot"
local text = require "circlet.report.text"

local GAP = 8 -- pixels between images, where the frames lie

-- Images as [N, C, H, W], of which there must be n.
local function images_of(images, n, what)
  if circlet.type(images) ~= "circlet.ByteTensor" then
    check.fail("sheet", "images must be a ByteTensor, got %s", circlet.type(images))
  end
  local view = images
  if images:dim() == 3 then
    view = images:contiguous():view(images:size(1), 1, images:size(2), images:size(3))
  end
  if view:dim() ~= 4 or view:size(1) ~= n or view:size(2) ~= 1 and view:size(2) ~= 3 then
    check.fail("sheet", "images of the %s must be [%d, H, W] or [%d, C, H, W], C 1 or 3, got %s",
      what, n, n, table.concat(images:size():totable(), " x "))
  end
  return view
end

-- A function that gives rows of the images, which are all there or are asked for.
local function getter(images, n, what)
  if type(images) == "function" then
    return function(rows) return images_of(images(rows), #rows, what) end
  end
  local all = images_of(images, n, what)
  return function(rows) return all:index(1, circlet.LongTensor(rows)) end
end

-- These rows of images, made smaller by a whole factor: lists [row][channel][y][x]; their size.
local function pixels_of(images, rows, size)
  local chosen = images(rows):float()
  local factor = math.ceil(math.max(chosen:size(3), chosen:size(4)) / size)
  if factor > 1 then
    local shrink = circlet.nn.SpatialAveragePooling(factor, factor, factor, factor):ceil()
      :setCountExcludePad()
    chosen = shrink:forward(chosen)
  end
  return chosen:totable(), chosen:size(3), chosen:size(4)
end

-- The first row of each label, as many as `rows`.
local function first_rows(labels, rows)
  local seen, list = {}, {}
  for i, label in ipairs(labels) do
    if not seen[label] and #list < rows then
      seen[label] = true
      list[#list + 1] = i
    end
  end
  return list
end

-- What each query finds. own: the gallery is the set of the queries.
local function search(set, gallery, queries, count, own)
  local similar = circlet.mm(check.normalized(set.x:index(1, circlet.LongTensor(queries))),
    check.normalized(gallery.x):t())
  local list = {}
  for q, query in ipairs(queries) do
    if own then similar[q][query] = -math.huge end
    list[q] = { query = query, label = set.labels[query], found = {} }
  end
  count = math.min(count, #gallery.labels - (own and 1 or 0))
  if count < 1 then return list end
  local values, rows = similar:topk(count, 2, true)
  values, rows = values:totable(), rows:totable()
  for q, one in ipairs(list) do
    for k = 1, count do
      local row = rows[q][k]
      one.found[k] = { row = row, label = gallery.labels[row], similarity = values[q][k],
                       right = gallery.labels[row] == one.label }
    end
  end
  return list
end

-- The sheet as lines "red green blue", from the upper left; frames as objects of gnuplot.
local function paint(list, columns, pixels, height, width)
  local sheet_width = columns * (width + GAP) + GAP
  local sheet_height = #list * (height + GAP) + GAP
  local lines, frames = {}, {}
  local frame = "set object rectangle from %g,%g to %g,%g front fillstyle empty border "
    .. "linecolor '%s'%s linewidth 3"
  for at = 1, sheet_width * sheet_height do lines[at] = "255 255 255" end
  for r, one in ipairs(list) do
    for c = 0, #one.found do
      local left, top = GAP + c * (width + GAP), GAP + (r - 1) * (height + GAP)
      local image = c == 0 and pixels.query[r] or pixels.found[one.found[c].place]
      for y = 1, height do
        for x = 1, width do
          local red = image[1][y][x]
          local green, blue = red, red
          if image[3] then green, blue = image[2][y][x], image[3][y][x] end
          lines[(top + y - 1) * sheet_width + left + x] = ("%d %d %d"):format(red, green, blue)
        end
      end
      local right = c == 0 or one.found[c].right
      frames[#frames + 1] = frame:format(left - 3, top - 3, left + width + 2,
        top + height + 2, c == 0 and "#555555" or right and "#009e73" or "#d55e00",
        right and "" or " dashtype 3")
    end
  end
  return lines, frames, sheet_width, sheet_height
end

-- The sheet as a table of words.
local function in_words(list, names, columns)
  local function name(label) return tostring(names[label] or label) end
  local lines = {}
  for i, one in ipairs(list) do
    local words = { ("%s:"):format(name(one.label)) }
    for k, found in ipairs(one.found) do
      words[k + 1] = (found.right and "+" or "-") .. name(found.label)
    end
    lines[i] = text.cut(table.concat(words, "  "), columns)
  end
  return table.concat(lines, "\n")
end

-- Queries and gallery, { images, labels, x } each, and whether they are the same.
local function sets_of(images, labels, embeddings)
  local own = circlet.isTensor(embeddings)
  if own then
    images, labels, embeddings = { images, images }, { labels, labels }, { embeddings, embeddings }
  elseif type(images) ~= "table" or type(labels) ~= "table" or type(embeddings) ~= "table" then
    check.fail("sheet", "tables of two expected: images, labels and embeddings of queries, gallery")
  end
  local sets = {}
  for i, what in ipairs { "queries", "gallery" } do
    local whole = check.embeddings("sheet", embeddings[i], labels[i])
    sets[i] = { images = getter(images[i], #whole, what), labels = whole, x = embeddings[i] }
  end
  return sets[1], sets[2], own
end

-- The rows of the queries, as asked for.
local function queries_of(options, labels)
  local rows = check.whole("sheet", "rows", options.rows, 6, 1)
  if not options.queries then return first_rows(labels, rows) end
  local queries = check.numbers("sheet", "queries", options.queries)
  for _, row in ipairs(queries) do
    if not math.tointeger(row) or row < 1 or row > #labels then
      check.fail("sheet", "queries: there are %d images, there is no image %s", #labels,
        tostring(row))
    end
  end
  return queries
end

-- The pixels of all images of the sheet; notes in list which of pixels.found each is.
local function all_pixels(list, queries, set, gallery, size)
  local rows, pixels = {}, {}
  for _, one in ipairs(list) do
    for _, found in ipairs(one.found) do
      rows[#rows + 1] = found.row
      found.place = #rows
    end
  end
  local height, width, found_height, found_width
  pixels.query, height, width = pixels_of(set.images, queries, size)
  if #rows > 0 then
    pixels.found, found_height, found_width = pixels_of(gallery.images, rows, size)
    if found_height ~= height or found_width ~= width then
      check.fail("sheet", "images of queries and gallery must have one size, got %d x %d, %d x %d",
        height, width, found_height, found_width)
    end
  end
  return pixels, height, width
end

-- Labels of the queries at the left of their rows.
local function row_labels(list, names, height)
  local tics = {}
  for r, one in ipairs(list) do
    tics[r] = { names[one.label] or one.label, GAP + (r - 1) * (height + GAP) + height / 2 }
  end
  return gnuplot.tics("y", tics)
end

return function(images, labels, embeddings, options)
  options = check.options("sheet", options, { "queries", "rows", "count", "size", "names" })
  local set, gallery, own = sets_of(images, labels, embeddings)
  local count = check.whole("sheet", "count", options.count, 10, 1)
  local size = check.whole("sheet", "size", options.size, 64, 1)
  local queries, names = queries_of(options, set.labels), options.names or {}
  if #queries == 0 or #gallery.labels == 0 then
    return Picture.new { empty = "no query to draw" }
  end
  local list = search(set, gallery, queries, count, own)
  local pixels, height, width = all_pixels(list, queries, set, gallery, size)
  local columns = 1
  for _, one in ipairs(list) do columns = math.max(columns, 1 + #one.found) end
  local lines, frames, sheet_width, sheet_height = paint(list, columns, pixels, height, width)
  local wide = options.width or math.max(300, math.min(1400, 160 + 2 * sheet_width))
  local picture = Picture.new {
    data = gnuplot.block("pixels", lines), width = wide,
    height = options.height or math.ceil((wide - 160) * sheet_height / sheet_width) + 60,
    commands = table.concat({ gnuplot.labels { title = options.title },
      "unset key\nunset grid\nunset border\nunset xtics\nset size ratio -1\nset ytics scale 0",
      row_labels(list, names, height), gnuplot.range("x", -0.5, sheet_width - 0.5),
      gnuplot.range("y", sheet_height - 0.5, -0.5), table.concat(frames, "\n"),
      ("plot $pixels using (int(column(0)) %% %d):(int(column(0)) / %d):1:2:3 with rgbimage")
        :format(sheet_width, sheet_width) }, "\n"),
    characters = function(wanted) return in_words(list, names, wanted) end,
  }
  for _, one in ipairs(list) do
    for _, found in ipairs(one.found) do found.place = nil end
  end
  picture.found = list
  return picture
end
