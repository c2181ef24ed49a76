--- How tensors print: Torch7's look. Loading this file sets __tostring of every tensor type.
--
-- All elements share one format: integers as such, otherwise four decimals under a common factor
-- where that serves, otherwise scientific notation. Wide matrices are cut into blocks of columns
-- that fit 80 characters, tensors of more dimensions into matrices. Long ones are shortened: a line
-- says what was left out, and left out elements are not read at all.
local core = require "circlet.core"

local display = {}

-- What is shown: characters a line, and of rows, blocks of columns and matrices all up to `most`,
-- of more only so many at each end.
local FILE = { line = 80, rows = { most = 60, ends = 20 }, blocks = { most = 6, ends = 2 },
               slices = { most = 12, ends = 4 } }
local COLUMNS = { most = 240, ends = 60 } -- looked at; more than two blocks can ever show

--- The indices of 1..n that are shown, and the first and last index that are not (nil: all are).
local function shown(n, limit)
  local list = {}
  if n <= limit.most then
    for i = 1, n do list[i] = i end
    return list
  end
  for i = 1, limit.ends do list[i] = i end
  for i = n - limit.ends + 1, n do list[#list + 1] = i end
  return list, limit.ends + 1, n - limit.ends
end

-- The number of digits before the decimal point; 0 and negative for what is below 0.1.
local function magnitude(x) return x == 0 and 1 or math.floor(math.log(x, 10)) + 1 end

--- One format for all of `values`: { width =, pattern =, scale = } (scale nil: no common factor).
local function format_of(values)
  local low, high, whole, finite = math.huge, 0, true, true
  for i = 1, #values do
    local x = math.abs(values[i] + 0.0)
    if x < math.huge then
      low, high = math.min(low, x), math.max(high, x)
      whole = whole and x == math.floor(x)
    else
      finite = false
    end
  end
  if low > high then low = 0 end
  local least, most = magnitude(low), magnitude(high)
  local width, pattern, scale
  if whole then
    width, pattern = most + 1, "%.0f"
    if most > 9 then width, pattern = 11, "%.4e" end
  elseif most - least > 4 then
    width, pattern = 11, "%.4e"
    if math.abs(most) > 99 or math.abs(least) > 99 then width = 12 end
  else
    width, pattern = 7, "%.4f"
    if most > 5 or most < 0 then
      scale = 10.0 ^ (most - 1)
    elseif most > 0 then
      width = most + 6
    end
  end
  if not finite then width = math.max(width, 5) end
  return { width = width, pattern = pattern, scale = scale }
end

local function text_of(value, format)
  value = value + 0.0
  if value ~= value then return (" "):rep(format.width - 3) .. "nan" end
  local text = format.pattern:format(value / (format.scale or 1) + 0.0) -- -0 prints as 0
  return (" "):rep(format.width - #text) .. text
end

local function scale_line(format) return ("%.14g *\n"):format(format.scale) end

--- The elements of a matrix that may be shown: lists by row index, and the column indices.
local function read_matrix(matrix, values, limits)
  local columns = shown(matrix:size(2), COLUMNS)
  local rows = {}
  for _, r in ipairs(shown(matrix:size(1), limits.rows)) do
    local row, kept = matrix:select(1, r), {}
    for _, c in ipairs(columns) do
      kept[c] = row[c]
      values[#values + 1] = row[c]
    end
    rows[r] = kept
  end
  return rows
end

local function add_rows(out, rows, count, first, last, format, indent, limits)
  local list, from, to = shown(count, limits.rows)
  for _, r in ipairs(list) do
    if r - 1 == to then
      out[#out + 1] = ("%s ... rows %d to %d left out\n"):format(indent, from, to)
    end
    local texts = {}
    for c = first, last do texts[#texts + 1] = text_of(rows[r][c], format) end
    out[#out + 1] = indent .. table.concat(texts, " ") .. "\n"
  end
end

local function add_matrix(out, matrix, rows, format, indent, limits)
  local count, columns = matrix:size(1), matrix:size(2)
  local per_line = math.max(1, (limits.line - #indent) // (format.width + 1))
  local blocks, from, to = shown((columns + per_line - 1) // per_line,
    limits.blocks)
  if format.scale then indent = indent .. " " end
  for k, block in ipairs(blocks) do
    local first, last = (block - 1) * per_line + 1, math.min(block * per_line, columns)
    if k > 1 then out[#out + 1] = "\n" end
    if block - 1 == to then
      out[#out + 1] = ("... columns %d to %d left out\n\n"):format((from - 1) * per_line + 1,
        to * per_line)
    end
    if per_line < columns then out[#out + 1] = ("Columns %d to %d\n"):format(first, last) end
    if format.scale then out[#out + 1] = scale_line(format) end
    add_rows(out, rows, count, first, last, format, indent, limits)
  end
end

local function add_vector(out, t, limits)
  local list, from, to = shown(t:size(1), limits.rows)
  local values = {}
  for k, i in ipairs(list) do values[k] = t[i] end
  local format = format_of(values)
  if format.scale then out[#out + 1] = scale_line(format) end
  for k, i in ipairs(list) do
    if i - 1 == to then out[#out + 1] = (" ... elements %d to %d left out\n"):format(from, to) end
    out[#out + 1] = text_of(values[k], format) .. "\n"
  end
end

--- Matrix number `index` (from 1, the first dimension running fastest) and its title.
local function slice(t, index)
  local title = {}
  index = index - 1
  for d = 1, t:dim() - 2 do
    local size = t:size(1)
    title[d] = index % size + 1
    t, index = t:select(1, index % size + 1), index // size
  end
  return t, "(" .. table.concat(title, ",") .. ",.,.) = \n"
end

local function add_slices(out, t, limits)
  local count, values, read = 1, {}, {}
  for d = 1, t:dim() - 2 do count = count * t:size(d) end
  local list, from, to = shown(count, limits.slices)
  for k, index in ipairs(list) do read[k] = read_matrix(slice(t, index), values, limits) end
  local format = format_of(values)
  for k, index in ipairs(list) do
    local matrix, title = slice(t, index)
    if k > 1 then out[#out + 1] = "\n" end
    if index - 1 == to then
      out[#out + 1] = ("... %d matrices left out\n\n"):format(to - from + 1)
    end
    out[#out + 1] = title
    add_matrix(out, matrix, read[k], format, " ", limits)
  end
end

-- What fits a screen of `height` lines of `width` characters: two blocks of columns or two matrices
-- share its lines.
local function screen(t, width, height)
  local columns = t:dim() > 1 and t:size(t:dim()) or 1
  local parts = (columns * 8 > width and 2 or 1) * (t:dim() > 2 and 2 or 1)
  local most = math.max(4, (height - 4) // parts - 2)
  return { line = width, rows = { most = most, ends = (most - 1) // 2 },
           blocks = { most = 2, ends = 1 }, slices = { most = 2, ends = 1 } }
end

-- Where the type is one of a GPU: the type on the CPU that holds its elements.
local ON_CPU = { Cuda = "Float", CudaHalf = "Float", CudaBFloat16 = "Float", CudaDouble = "Double",
  CudaLong = "Long", CudaInt = "Int", CudaByte = "Byte" }

-- A tensor on the CPU to read elements from. Up to this many elements come from a GPU in one copy;
-- of more, those that are shown come one by one, so that all of a huge tensor never has to.
local ONE_COPY = 1 << 22

local function readable(t)
  local kind = ON_CPU[t:type():match "%.(%w+)Tensor"]
  if not kind or t:nElement() > ONE_COPY then return t end
  return t:type("circlet." .. kind .. "Tensor")
end

--- The tensor as text; the last line names its type and size. With the width and height of a
-- screen it is cut to what fits there.
function display.tostring(t, width, height)
  local limits = width and screen(t, width, height) or FILE
  local out, size, name = {}, t:size():totable(), t:type()
  t = readable(t)
  if #size == 0 then return ("[%s with no dimension]\n"):format(name) end
  if t:nElement() > 0 then
    if #size == 1 then
      add_vector(out, t, limits)
    elseif #size == 2 then
      local values = {}
      local rows = read_matrix(t, values, limits)
      add_matrix(out, t, rows, format_of(values), "", limits)
    else
      add_slices(out, t, limits)
    end
  end
  out[#out + 1] = ("[%s of size %s]\n"):format(name, table.concat(size, "x"))
  return table.concat(out)
end

local function set_tostring(element)
  getmetatable(core[element .. "Tensor"]()).__tostring = function(t) return display.tostring(t) end
end

for _, element in ipairs { "Float", "Double", "Long", "Int", "Byte", "Short", "Char" } do
  set_tostring(element)
end
for element in pairs(ON_CPU) do set_tostring(element) end

return display
