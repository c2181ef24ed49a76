--- The two spellings of a .t7 file, as the reader uses them. A decoder walks a string with a
-- position that never passes its end, and has the methods int(), double(), longs(count), text(),
-- storage(element type) and at_end(). Every length is compared with what the file still holds
-- before anything of that length is made.
local core = require "circlet.core"
local format = require "circlet.serialize.format"

local Binary = {}
Binary.__index = Binary

-- Moves over `count` bytes and returns where they began.
local function take(self, count)
  local first = self.position
  if count > #self.bytes - first + 1 then
    format.broken(first, "the file ends here, %d bytes more expected", count)
  end
  self.position = first + count
  return first
end

local function check_count(self, count, bytes, what)
  local rest = #self.bytes - self.position + 1
  if count < 0 or count > rest // bytes then
    format.broken(self.position, "%d %s expected, %d bytes are left", count, what, rest)
  end
  return count
end

function Binary:int() return (string.unpack("=i4", self.bytes, take(self, 4))) end
function Binary:double() return (string.unpack("=d", self.bytes, take(self, 8))) end

function Binary:longs(count)
  local list = {}
  for i = 1, count do list[i] = string.unpack("=i8", self.bytes, take(self, 8)) end
  return list
end

function Binary:text()
  local length = check_count(self, self:int(), 1, "characters")
  local first = take(self, length)
  return self.bytes:sub(first, first + length - 1)
end

function Binary:storage(element)
  local bytes = format.elements[element].bytes
  local count = check_count(self, self:longs(1)[1], bytes, "elements")
  local storage = core[element .. "Storage"](count)
  return core.io.fill_storage(storage, self.bytes, take(self, count * bytes))
end

function Binary:at_end() return self.position > #self.bytes end

local Ascii = {}
Ascii.__index = Ascii

-- The newline that ends a write, if the writer left one.
local function end_of_line(self)
  if self.bytes:byte(self.position) == 10 then self.position = self.position + 1 end
end

local words = {
  nan = 0 / 0, ["-nan"] = 0 / 0, inf = math.huge, ["-inf"] = -math.huge,
}

-- One number; tonumber() alone would also take "0x10" and the like.
local function number(self, integer)
  local word, after = self.bytes:match("^%s*([%w.+-]+)()", self.position)
  if not word then format.broken(self.position, "a number expected") end
  local value = words[word:lower()]
  if not value and word:find "^[+-]?%.?%d[%d.]*[eE]?[+-]?%d*$" then
    value = tonumber((word:gsub("^%+", "")))
  end
  if integer and math.type(value) ~= "integer" or not value then
    format.broken(self.position, "%s expected, got %q", integer and "an integer" or "a number",
      word:sub(1, 20))
  end
  self.position = after
  return value == 0 and not integer and word:sub(1, 1) == "-" and -0.0 or value
end

local function integers(self, count)
  local list = {}
  for i = 1, count do list[i] = number(self, true) end
  if count > 0 then end_of_line(self) end
  return list
end

function Ascii:int()
  local i = integers(self, 1)[1]
  if i < -0x80000000 or i > 0x7fffffff then
    format.broken(self.position, "%d does not fit 32 bits", i)
  end
  return i
end

function Ascii:double()
  local d = number(self)
  end_of_line(self)
  return d * 1.0 -- a float, and -0.0 stays what it is
end

function Ascii:longs(count) return integers(self, count) end

local function raw(self, count)
  local first = take(self, count)
  if count > 0 then end_of_line(self) end
  return first
end

function Ascii:text()
  local length = check_count(self, self:int(), 1, "characters")
  local first = raw(self, length)
  return self.bytes:sub(first, first + length - 1)
end

function Ascii:storage(element)
  local count = check_count(self, self:longs(1)[1], 1, "elements")
  local storage = core[element .. "Storage"](count)
  if element == "Byte" then return core.io.fill_storage(storage, self.bytes, raw(self, count)) end
  local integer = element == "Long" or element == "Int"
  for i = 1, count do
    local value = number(self, integer)
    if element == "Int" and (value < -0x80000000 or value > 0x7fffffff) then
      format.broken(self.position, "%d does not fit 32 bits", value)
    end
    storage[i] = value
  end
  if count > 0 then end_of_line(self) end
  return storage
end

function Ascii:at_end() return not self.bytes:find("%S", self.position) end

local decode = {}

function decode.new(bytes, mode)
  return setmetatable({ bytes = bytes, position = 1 }, mode == "ascii" and Ascii or Binary)
end

return decode
