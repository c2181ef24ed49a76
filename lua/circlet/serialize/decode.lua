--- The spellings of a .t7 file, as the reader uses them: text, and binary in either byte order with
-- longs of 8 or 4 bytes. A decoder walks a string with a
-- position that never passes its end, and has the methods int(), double(), longs(count), text(),
-- storage(element type) and at_end(). Every length is compared with what the file still holds
-- before anything of that length is made.
local core = require "circlet.core"
local format = require "circlet.serialize.format"

local Binary = {}
Binary.__index = Binary

-- Moves over `count` bytes and returns where they began. short: the bytes ended although what was
-- asked of them was of a likely size.
local function take(self, count)
  local first = self.position
  if count > #self.bytes - first + 1 then
    self.short = true
    format.broken(first, "the file ends here, %d bytes more expected", count)
  end
  self.position = first + count
  return first
end

local function check_count(self, count, bytes, what)
  local rest = #self.bytes - self.position + 1
  if count < 0 or count > rest // bytes then
    self.short = count >= 0 and count < 1 << 31
    format.broken(self.position, "%d %s expected, %d bytes are left", count, what, rest)
  end
  return count
end

function Binary:int() return (string.unpack(self.as_int, self.bytes, take(self, 4))) end
function Binary:double() return (string.unpack(self.as_double, self.bytes, take(self, 8))) end

function Binary:longs(count)
  local list = {}
  for i = 1, count do
    list[i] = string.unpack(self.as_long, self.bytes, take(self, self.long_bytes))
  end
  return list
end

function Binary:text()
  local length = check_count(self, self:int(), 1, "characters")
  local first = take(self, length)
  return self.bytes:sub(first, first + length - 1)
end

-- A 16-bit float: sign, 5 bits of exponent, 10 of fraction (IEEE 754).
local function half(bits)
  local exponent, fraction = bits >> 10 & 31, bits & 1023
  local value
  if exponent == 31 then
    value = fraction == 0 and math.huge or 0 / 0
  elseif exponent == 0 then
    value = fraction * 2.0 ^ -24
  else
    value = (1024 + fraction) * 2.0 ^ (exponent - 25)
  end
  return bits >> 15 == 1 and -value or value
end

-- Elements one by one, where the file holds them otherwise than memory does.
local function convert(self, storage, count, kind, bytes)
  local layout = self.order .. (kind.layout == "long" and "i" .. self.long_bytes or kind.layout)
  local first = take(self, count * bytes)
  for i = 1, count do
    local value = string.unpack(layout, self.bytes, first + (i - 1) * bytes)
    storage[i] = kind.half and half(value) or value
  end
  return storage
end

function Binary:storage(name)
  local kind = format.elements[name]
  local bytes = kind.bytes or self.long_bytes
  local count = check_count(self, self:longs(1)[1], bytes, "elements")
  local storage = core[kind.into .. "Storage"](count)
  local as_in_memory = kind.raw == bytes and (self.order == format.native or bytes == 1)
  if not as_in_memory then return convert(self, storage, count, kind, bytes) end
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

-- One number; tonumber() alone would also take "0x10" and the like. Something must end it: the
-- first half of a number is one, too.
local function number(self, integer)
  local word, after = self.bytes:match("^%s*([%w.+-]+)()", self.position)
  if not word then format.broken(self.position, "a number expected") end
  if not self.bytes:find("^%s", after) then
    format.broken(after, "a number expected, and space or a newline after it")
  end
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

function Ascii:storage(name)
  local kind = format.elements[name]
  local count = check_count(self, self:longs(1)[1], 1, "elements")
  local storage = core[kind.into .. "Storage"](count)
  if kind.characters then
    local first = raw(self, count)
    return core.io.fill_storage(storage, self.bytes, first)
  end
  local integer = kind.into == "Long" or kind.into == "Int" or kind.into == "Short"
  local limit = integer and kind.raw < 8 and 1 << 8 * kind.raw - 1
  for i = 1, count do
    local value = number(self, integer)
    if limit and (value < -limit or value >= limit) then
      format.broken(self.position, "%d does not fit %d bits", value, 8 * kind.raw)
    end
    storage[i] = value
  end
  if count > 0 then end_of_line(self) end
  return storage
end

function Ascii:at_end() return not self.bytes:find("%S", self.position) end

local decode = {}

-- The byte order in which the first number, the type of an object, makes sense.
local function order_of(bytes)
  if #bytes < 4 then return format.native end
  for _, order in ipairs { format.native, format.native == "<" and ">" or "<" } do
    local id = string.unpack(order .. "i4", bytes)
    if id >= 0 and id <= format.ids.recursive_function then return order end
  end
  return format.native
end

--- mode: "ascii", or "binary" with long_bytes, 8 or 4, and the byte order, "<" or ">", unless the
-- first bytes shall tell it.
function decode.new(bytes, mode, long_bytes, order)
  local self = { bytes = bytes, position = 1 }
  if mode == "ascii" then return setmetatable(self, Ascii) end
  self.order, self.long_bytes = order or order_of(bytes), long_bytes
  self.as_int, self.as_double = self.order .. "i4", self.order .. "d"
  self.as_long = self.order .. "i" .. long_bytes
  return setmetatable(self, Binary)
end

return decode
