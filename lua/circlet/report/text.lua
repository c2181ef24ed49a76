--- Text on a terminal: how wide it is, cutting and padding it, durations and numbers in words.
local text = {}

-- Code points that take two columns (East Asian wide and emoji) and none (combining marks), as
-- inclusive ranges; the rest take one.
local wide = {
  { 0x1100, 0x115F }, { 0x2E80, 0xA4CF }, { 0xAC00, 0xD7A3 }, { 0xF900, 0xFAFF },
  { 0xFE30, 0xFE6F }, { 0xFF00, 0xFF60 }, { 0xFFE0, 0xFFE6 }, { 0x1F300, 0x1F64F },
  { 0x1F900, 0x1F9FF }, { 0x20000, 0x3FFFD },
}
local combining = { { 0x0300, 0x036F }, { 0x200B, 0x200F }, { 0x20D0, 0x20FF }, { 0xFE00, 0xFE0F } }

local function within(ranges, code)
  for _, range in ipairs(ranges) do
    if code >= range[1] and code <= range[2] then return true end
  end
  return false
end

local function columns_of(code)
  if code < 0x300 then return 1 end
  return within(combining, code) and 0 or within(wide, code) and 2 or 1
end

-- Calls visit(first byte, last byte, columns) per character until it returns true. A byte that is
-- not UTF-8 counts as one character of one column.
local function each_character(s, visit)
  local at = 1
  while at <= #s do
    local after, columns = at + 1, 1
    -- Asked without raising: a pcall here would swallow a Ctrl-C that comes while it runs.
    if utf8.len(s, at, at) then
      after = utf8.offset(s, 2, at)
      columns = columns_of(utf8.codepoint(s, at))
    end
    if visit(at, after - 1, columns) then return end
    at = after
  end
end

--- Columns that `s` takes on a terminal.
-- @param s string
-- @return integer columns
-- @example
-- report.text.width "äb"    --> 2
function text.width(s)
  local total = 0
  each_character(s, function(_, _, columns) total = total + columns end)
  return total
end

--- `s` in at most `width` columns; what had to be cut ends in an ellipsis.
-- @param s string
-- @param width integer
-- @return string cut
-- @example
-- report.text.cut("abcdef", 4)    --> abc…
function text.cut(s, width)
  if text.width(s) <= width then return s end
  if width < 1 then return "" end
  local used, last = 0, 0
  each_character(s, function(_, finish, columns)
    if used + columns > width - 1 then return true end
    used, last = used + columns, finish
  end)
  return s:sub(1, last) .. "…"
end

--- `s` filled with spaces to `width` columns; align is "left" (default), "right" or "center".
-- @param s string
-- @param width integer
-- @param align? string "left" (default), "right" or "center"
-- @return string padded
-- @example
-- "[" .. report.text.pad("ab", 4, "right") .. "]"    --> [ ab]
function text.pad(s, width, align)
  local gap = math.max(0, width - text.width(s))
  local left = align == "right" and gap or align == "center" and gap // 2 or 0
  return (" "):rep(left) .. s .. (" "):rep(gap - left)
end

--- Seconds as people read them: 0:07, 12:34, 1:02:03, 2d 03:04:05. Not a number, or none: "?".
-- @param seconds number
-- @return string text
-- @example
-- report.text.duration(3723)    --> 1:02:03
function text.duration(seconds)
  if not seconds or seconds ~= seconds or seconds < 0 or seconds >= 1e9 then return "?" end
  local s = math.floor(seconds + 0.5)
  local days, hours, minutes = s // 86400, s // 3600 % 24, s // 60 % 60
  s = s % 60
  if days > 0 then return ("%dd %02d:%02d:%02d"):format(days, hours, minutes, s) end
  if hours > 0 then return ("%d:%02d:%02d"):format(hours, minutes, s) end
  return ("%d:%02d"):format(minutes, s)
end

--- A number of things: 1 seed, 3 seeds.
-- @param n integer
-- @param noun string one of them
-- @return string text
-- @example
-- report.text.count(1, "seed"), report.text.count(3, "seed")    --> 1 seed  3 seeds
function text.count(n, noun) return ("%d %s%s"):format(n, noun, n == 1 and "" or "s") end

--- The shortest decimal that reads back as the same number: 0.1, 64, 1e-05, nan.
-- @param x number
-- @return string text
-- @example
-- report.text.number(0.1)    --> 0.1
function text.number(x)
  if math.type(x) == "integer" then return ("%d"):format(x) end
  if x ~= x then return "nan" end
  if x == math.huge or x == -math.huge then return x > 0 and "inf" or "-inf" end
  for digits = 15, 17 do
    local s = ("%." .. digits .. "g"):format(x)
    if tonumber(s) == x then return s end
  end
end

return text
