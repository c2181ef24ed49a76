--- The similarities of each anchor to its hardest pairs: the points that plot.boundary draws.
--
-- Anchors without a positive or without a negative are left out. A zero row is at 0 from
-- everything. Memory: 1000 x N similarities.
-- @param embeddings circlet.Tensor [N, D] Float or Double
-- @param labels circlet.Tensor [N] whole numbers, or a list of them
-- @return number[] s_n the greatest cosine similarity to a row of another label, in the order of
--   rows
-- @return number[] s_p the least cosine similarity to another row of the same label
-- @error Raises for types and sizes that do not fit.
-- @example
-- local x = circlet.DoubleTensor { { 1, 0 }, { 0.6, 0.8 }, { 0, 1 } }
-- local s_n, s_p = circlet.plot.hardest(x, { 1, 1, 2 })
-- s_n[2], s_p[2]         --> 0.8  0.6
local check = require "circlet.plot.check"
local circlet = require "circlet"

local BLOCK = 1000 -- anchors at a time

local OUT = -3 -- below every cosine: what takes a pair out of a maximum

-- The rows of each class.
local function rows_by_class(labels)
  local classes, count = check.classes(labels)
  local rows = {}
  for class = 1, count do rows[class] = {} end
  for i, class in ipairs(classes) do table.insert(rows[class], i) end
  return rows
end

return function(embeddings, labels)
  local whole = check.embeddings("hardest", embeddings, labels)
  local s_n, s_p = {}, {}
  if #whole == 0 then return s_n, s_p end
  local x = check.normalized(embeddings)
  local other, same = {}, {}
  for _, rows in ipairs(rows_by_class(whole)) do
    local own = circlet.LongTensor(rows)
    for first = 1, #rows > 1 and #rows < #whole and #rows or 0, BLOCK do
      local n = math.min(BLOCK, #rows - first + 1)
      local anchors = own:narrow(1, first, n)
      local similar = circlet.mm(x:index(1, anchors), x:t())
      -- The anchor itself is among them, at 1 or, of a zero row, at 0 as all are: never the least.
      local least = similar:index(2, own):min(2):view(-1):totable()
      local greatest = similar:indexFill(2, own, OUT):max(2):view(-1):totable()
      for i = 1, n do
        local row = rows[first + i - 1]
        other[row], same[row] = greatest[i], least[i]
      end
    end
  end
  for i = 1, #whole do
    if same[i] then s_n[#s_n + 1], s_p[#s_p + 1] = other[i], same[i] end
  end
  return s_n, s_p
end
