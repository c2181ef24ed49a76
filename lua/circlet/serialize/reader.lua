--- Reads an object from .t7 bytes. Objects enter the table of numbers before their bodies are read,
-- so that cycles find them.
local core = require "circlet.core"
local class = require "circlet.class"
local format = require "circlet.serialize.format"
local decoders = require "circlet.serialize.decode"

local ids = format.ids
local Reader = {}
Reader.__index = Reader

local function broken(self, ...) format.broken(self.decode.position, ...) end

-- The number of an object: the object, when it was read before; otherwise nil and the number, which
-- must be the next one, as all writers count: any other is damage.
local function numbered(self)
  local index = self.decode:int()
  local object = self.objects[index]
  if object ~= nil then return object end
  if index ~= self.count + 1 then
    broken(self, "object %d where 1 to %d can be", index, self.count + 1)
  end
  self.count = index
  return nil, index
end

local function read_fields(self, into)
  local count = self.decode:int()
  if count < 0 then broken(self, "a table of %d fields", count) end
  for _ = 1, count do
    local key = self:readObject()
    local value = self:readObject()
    if key == nil or key ~= key then broken(self, "a table has the key %s", tostring(key)) end
    into[key] = value
  end
  return into
end

local function read_table(self)
  local object, index = numbered(self)
  if object ~= nil then return object end
  object = {}
  self.objects[index] = object
  return read_fields(self, object)
end

-- Strides of 0 (an expanded tensor) and gaps are fine; reaching beyond the storage is not.
local function check_geometry(self, size, stride, offset, available)
  local count, last, empty = 1.0, offset + 0.0, #size == 0
  for d = 1, #size do
    if size[d] < 0 or stride[d] < 0 then broken(self, "a tensor has a negative size or stride") end
    count = count * math.max(size[d], 1)
    last = last + math.max(size[d] - 1.0, 0) * stride[d]
    empty = empty or size[d] == 0
  end
  if count >= 2 ^ 62 then broken(self, "a tensor has too many elements") end
  if offset < 1 or offset > available + 1 or (not empty and last > available) then
    broken(self, "a tensor reaches element %.0f of a storage of %d", last, available)
  end
end

-- A tensor's sizes, strides and offset are an odd number of longs, followed by the type of its
-- storage: read as longs of 8 bytes, those of a file with longs of 4 are paired up, and at least
-- the offset is paired with a type that is not 0. So when none of them is huge, the width is right.
local function settle(self, dims, size, stride, offset)
  local huge = dims == 0 or offset >> 31 ~= 0
  for d = 1, dims do huge = huge or size[d] >> 31 ~= 0 or stride[d] >> 31 ~= 0 end
  if not huge then self.settled = true end
end

local function read_tensor(self, index, name)
  local element = format.elements[name].into
  local make = core[element .. "Tensor"]
  local tensor = make()
  self.objects[index] = tensor
  local dims = self.decode:int()
  if dims < 0 or dims > 8 then broken(self, "a tensor of %d dimensions, 0 to 8 expected", dims) end
  local size, stride = self.decode:longs(dims), self.decode:longs(dims)
  local offset = self.decode:longs(1)[1]
  settle(self, dims, size, stride, offset)
  local storage = self:readObject()
  if storage ~= nil and class.type(storage) ~= ("circlet.%sStorage"):format(element) then
    broken(self, "a tensor of %s has a storage of type %s", element, class.type(storage))
  end
  check_geometry(self, size, stride, offset, storage and #storage or 0)
  if storage and dims > 0 then
    tensor:set(storage, offset, core.LongStorage(size), core.LongStorage(stride))
  elseif dims > 0 then
    tensor:resize(core.LongStorage(size))
  end
  return tensor
end

local function read_storage(self, index, name)
  local storage = self.decode:storage(name)
  self.objects[index] = storage
  return storage
end

-- Classes of circlet's own packages are loaded when a file names them first.
local packages = { nn = "circlet.nn", optim = "circlet.optim", data = "circlet.data" }

local function find_class(name)
  local found = class.lookup(name)
  local package, member = name:match "^(%a+)%.([%a_][%w_]*)$"
  if found or not packages[package] then return found end
  -- Not in pcall: what goes wrong here is no fault of the file, and Ctrl-C must get through.
  local module = require(packages[package])
  local _ = type(module) == "table" and module[member]
  return class.lookup(name)
end

local function read_body(self, object, name)
  local fields = self:readObject()
  if type(fields) ~= "table" or getmetatable(fields) then
    broken(self, "the fields of a %s are no table", name)
  end
  for key, value in next, fields do rawset(object, key, value) end
  return object
end

local function read_instance(self, index, name, version)
  local known = find_class(name)
  local object = known and class.instance(name) or { __torch_class = name }
  self.objects[index] = object
  local hook = known and known.read
  if type(hook) == "function" then
    hook(object, self, version)
    return object
  end
  read_body(self, object, name)
  if known and known._upgrade then object:_upgrade() end -- fields that older versions wrote
  return object
end

local function read_torch_object(self)
  local object, index = numbered(self)
  if object ~= nil then return object end
  local name, version = self.decode:text(), 0
  if name:find "^V %d+$" then
    version = math.tointeger(name:sub(3)) or 0
    name = self.decode:text()
  end
  local element, kind = format.tensor_type(name)
  if not element then return read_instance(self, index, name, version) end
  if not format.elements[element] then
    broken(self, "%s is a type of tensor or storage that circlet does not have", name)
  end
  local read_payload = kind == "Tensor" and read_tensor or read_storage
  return read_payload(self, index, element)
end

local function read_function(self, kind)
  local object, index
  if kind ~= ids.old_function then
    object, index = numbered(self)
    if object ~= nil then return object end
  end
  object = { __torch_function = kind == ids.recursive_function and kind or ids.plain_function }
  if index then self.objects[index] = object end
  object.bytecode = self.decode:text()
  object.upvalues = self:readObject()
  return object
end

local function read_number(self)
  local d = self.decode:double()
  local exact = d >= -format.max_integer and d <= format.max_integer and math.tointeger(d)
  if exact and not (exact == 0 and 1 / d < 0) then return exact end
  return d
end

local read = {
  [ids["nil"]] = function() return nil end,
  [ids.number] = read_number,
  [ids.string] = function(self) return self.decode:text() end,
  [ids.table] = read_table,
  [ids.object] = read_torch_object,
  [ids.boolean] = function(self) return self:readBool() end,
  [ids.old_function] = read_function,
  [ids.plain_function] = read_function,
  [ids.recursive_function] = read_function,
}

--- For read hooks, under Torch7's names.
function Reader:readObject()
  local id = self.decode:int()
  local read_value = read[id]
  if not read_value then broken(self, "%d is no type of object", id) end
  self.depth = self.depth + 1
  if self.depth > format.max_depth then
    broken(self, "objects are nested deeper than %d", format.max_depth)
  end
  local value = read_value(self, id)
  self.depth = self.depth - 1
  return value
end

function Reader:readInt() return self.decode:int() end
function Reader:readLong() return self.decode:longs(1)[1] end
function Reader:readDouble() return self.decode:double() end
function Reader:readBool()
  local i = self.decode:int()
  if i ~= 0 and i ~= 1 then broken(self, "a boolean is 0 or 1, got %d", i) end
  return i == 1
end

local reader = {}

local function new(bytes, mode, long_bytes)
  return setmetatable({
    decode = decoders.new(bytes, mode, long_bytes), objects = {}, count = 0, depth = 0,
  }, Reader)
end

local function read_all(self)
  local object = self:readObject()
  if not self.decode:at_end() then broken(self, "the object ends here, the file goes on") end
  return object
end

-- Longs of 8 bytes, or of 4 when the file cannot have those. A file that might be either, one with
-- narrow longs or the first part of one with wide longs, is refused: nobody can tell.
local function read_either(bytes)
  local wide = new(bytes, "binary", 8)
  local ok, result = format.try(read_all, wide)
  if ok then return result end
  if not wide.settled then
    local narrow, object = format.try(read_all, new(bytes, "binary", 4))
    if narrow and not wide.decode.short then return object end
    if narrow then
      broken(wide, "the file ends too early, or has longs of 4 bytes: mode \"b32\" says so")
    end
  end
  error(result, 0) -- what the usual width meets says more
end

--- For files of several objects, which share one numbering: its readObject() reads the next one
-- from its field decode, a decoder. Raises format.broken().
function reader.open() return setmetatable({ objects = {}, count = 0, depth = 0 }, Reader) end

--- The one object in `bytes`; raises format.broken() when they are anything else. mode: "ascii",
-- "b64" and "b32" (binary, with longs of 8 or 4 bytes), or "binary", which tries both: a file does
-- not say what it has.
function reader.read(bytes, mode)
  if mode == "ascii" then return read_all(new(bytes, mode)) end
  if mode == "binary" then return read_either(bytes) end
  return read_all(new(bytes, "binary", mode == "b32" and 4 or 8))
end

return reader
