--- A text such as "crc32:89abcdef" that depends on what a value holds, to tell later, or elsewhere,
-- whether data are the same.
--
-- A value is a tensor (its type, sizes and elements count; not how they lie in memory), a string, a
-- number (64 is 64.0), a boolean, an image_folder set, or a table of these with strings or whole
-- numbers as keys. Of an image_folder set classes, paths, options and each image's size on the disk
-- count, or its CRC in an archive; the images are not read. It takes about a second for a gigabyte,
-- finds accidents, and is no protection against intent.
-- @param value any
-- @return string
-- @error Raises for other values, and for tables that contain themselves.
-- @example
-- local set = { images = circlet.ones(2, 3), labels = circlet.LongTensor { 1, 2 } }
-- local before = data.hash(set)
-- before == data.hash { labels = set.labels, images = set.images:clone() }    --> true
-- set.labels[2] = 1
-- before == data.hash(set)    --> false
local core = require "circlet.core"

local crc32 = core.io.crc32

local add

-- Before its contents a value says what it is and how much there is of it, so that no two differ in
-- their borders alone.
local function head(crc, kind, size) return crc32(("%s %s\n"):format(kind, size), crc) end

local function add_tensor(crc, tensor)
  local sizes = {}
  for d = 1, tensor:dim() do sizes[d] = tensor:size(d) end
  crc = head(crc, tensor:type():match "[^.]*$", table.concat(sizes, "x"))
  return tensor:nElement() == 0 and crc or crc32(tensor:contiguous(), crc)
end

-- Numbers before strings, each ascending.
local function before(a, b)
  if type(a) ~= type(b) then return type(a) == "number" end
  return a < b
end

local function add_table(crc, value, inside)
  if inside[value] then error("data.hash: the table contains itself", 0) end
  inside[value] = true
  local keys = {}
  for key in pairs(value) do
    if type(key) ~= "string" and math.type(key) ~= "integer" then
      error("data.hash: keys must be strings or whole numbers, got " .. tostring(key), 0)
    end
    keys[#keys + 1] = key
  end
  table.sort(keys, before)
  crc = head(crc, "table", #keys)
  for _, key in ipairs(keys) do crc = add(add(crc, key, inside), value[key], inside) end
  inside[value] = nil
  return crc
end

function add(crc, value, inside)
  local kind = type(value)
  if core.isTensor(value) then return add_tensor(crc, value) end
  if kind == "string" then return crc32(value, head(crc, kind, #value)) end
  if kind == "number" then return head(crc, kind, ("%.17g"):format(value)) end
  if kind == "boolean" then return head(crc, kind, tostring(value)) end
  if kind ~= "table" then error("data.hash: cannot hash a " .. kind, 0) end
  if type(value.contents) == "function" then value = value:contents() end
  return add_table(crc, value, inside)
end

return function(value)
  local good, crc = pcall(add, 0, value, {})
  if not good then error(crc, 2) end
  return ("crc32:%08x"):format(crc)
end
