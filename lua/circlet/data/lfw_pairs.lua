--- A pairs file in the format of Labeled Faces in the Wild, for metrics.lfw.
--
--     local pairs, message = circlet.data.lfw_pairs("pairs.txt", rows)
--
-- The first line holds the number of folds and of pairs of each kind in a fold (or that number
-- alone: one fold). For each fold come so many lines `name n1 n2` (two images of one person), then
-- so many lines `name1 n1 name2 n2` (of two), fields apart by blanks or tabs.
--
-- rows: which row of the embeddings holds image n of a name: a function (name, n) that returns the
-- row, or a table { ["name n"] = row }. Returns { first, second, same, fold }, LongTensors; or nil,
-- message, "io" or "format" (the message names the line: wrong fields, an image without a row, too
-- few or too many lines).
-- @param path string
-- @param rows function|table
-- @return table pairs
-- @error Returns nil, message, "io" or "format".
-- @example
-- circlet.write_file("pairs.txt", "1 1\nAda 1 2\nAda 1 Bob 1\n")
-- local pairs = data.lfw_pairs("pairs.txt", { ["Ada 1"] = 1, ["Ada 2"] = 2, ["Bob 1"] = 3 })
-- pairs.first, pairs.second, pairs.same    --> {1, 1}  {2, 3}  {1, 0}
local core = require "circlet.core"

local function make_lookup(rows)
  if type(rows) == "table" then
    return function(name, n) return rows[("%s %d"):format(name, n)] end
  elseif type(rows) == "function" then
    return rows
  end
  error("lfw_pairs: rows must be a function or a table, got " .. type(rows), 3)
end

-- name, n, name, n of a line; nil when its fields are others.
local function parse(line, same)
  if same then
    local name, a, b = line:match "^(%S+)%s+(%d+)%s+(%d+)$"
    return name, a, name, b
  end
  return line:match "^(%S+)%s+(%d+)%s+(%S+)%s+(%d+)$"
end

-- Lines without what surrounds them; empty ones at the end do not count.
local function read_lines(text)
  local lines, last = {}, 0
  for line in (text .. "\n"):gmatch "(.-)\r?\n" do
    lines[#lines + 1] = line:match "^%s*(.-)%s*$"
    if lines[#lines] ~= "" then last = #lines end
  end
  return lines, last
end

return function(path, rows)
  local lookup = make_lookup(rows)
  local text, message, code = core.read_file(path)
  if not text then return nil, message, code end
  local function refuse(line, what, ...)
    return nil, ("%s:%d: "):format(path, line) .. what:format(...), "format"
  end
  local lines, last = read_lines(text)
  local folds, each = (lines[1] or ""):match "^(%d+)%s+(%d+)$"
  if not folds then folds, each = "1", (lines[1] or ""):match "^(%d+)$" end
  folds, each = math.tointeger(folds), math.tointeger(each)
  if not each or folds < 1 or each < 1 then
    return refuse(1, "the numbers of folds and of pairs expected")
  end
  if last - 1 ~= 2 * folds * each then
    return refuse(last, "%d lines of pairs expected, got %d", 2 * folds * each, last - 1)
  end
  local list = { first = {}, second = {}, same = {}, fold = {} }
  for i = 1, last - 1 do
    local same = (i - 1) // each % 2 == 0
    local name, n, other, m = parse(lines[i + 1], same)
    if not n or not m then
      return refuse(i + 1, same and "name, number, number expected"
        or "name, number, name, number expected")
    end
    for field, image in next, { first = { name, n }, second = { other, m } } do
      local row = lookup(image[1], math.tointeger(image[2]))
      if not row then return refuse(i + 1, "there is no row for %s %s", image[1], image[2]) end
      list[field][i] = row
    end
    list.same[i], list.fold[i] = same and 1 or 0, (i - 1) // (2 * each) + 1
  end
  for field, values in next, list do list[field] = core.LongTensor(values) end
  return list
end
