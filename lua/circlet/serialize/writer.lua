--- Writes an object as .t7: walks the graph once, numbering each table, instance, tensor and
-- storage when it is first met; later meetings write the number alone.
--
-- The output is a list of pieces: strings, and storages that stand for their raw bytes, so that
-- tensors go from memory to the file without a copy.
local core = require "circlet.core"
local class = require "circlet.class"
local format = require "circlet.serialize.format"
local encoders = require "circlet.serialize.encode"

local ids = format.ids
local Writer = {}
Writer.__index = Writer

-- "object.modules[3].weight": where the walk is, for messages.
local function place(self)
  local text = { "object" }
  for i = 1, self.depth do
    local key = self.path[i]
    if type(key) == "string" and key:find "^[%a_][%w_]*$" then
      text[#text + 1] = "." .. key
    elseif type(key) == "string" then
      text[#text + 1] = ("[%q]"):format(key)
    else
      text[#text + 1] = "[" .. tostring(key) .. "]"
    end
    if #text > 20 and i < self.depth then
      text[#text + 1] = "..."
      break
    end
  end
  return table.concat(text)
end

local function refuse(self, what)
  error(("%s: %s %s"):format(self.name, place(self), what), 0)
end

local function descend(self, key, value)
  local depth = self.depth + 1
  if depth > format.max_depth then
    refuse(self, ("is nested deeper than %d tables"):format(format.max_depth))
  end
  self.depth, self.path[depth] = depth, key
  self:writeObject(value)
  self.depth = depth - 1
end

-- Whether `identity` was met before; writes its number either way.
local function known(self, identity)
  local index = self.index[identity]
  if index then
    self.encode:int(index)
    return true
  end
  self.count = self.count + 1
  self.index[identity] = self.count
  self.encode:int(self.count)
  return false
end

-- A number for something that nobody can meet again, such as the table that holds the fields of
-- an instance.
local function number_anew(self)
  self.count = self.count + 1
  self.encode:int(self.count)
end

local rank = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
  local x, y = rank[type(a)] or 4, rank[type(b)] or 4
  if x ~= y then return x < y end
  if x <= 2 then return a < b end
  return x == 3 and a == false and b == true
end

-- Keys in an order that does not depend on the run: the sequence, then numbers, strings, booleans.
-- Objects as keys have no such order and come last, as they come.
local function sorted_keys(object, skip)
  local keys, rest, length = {}, {}, 0
  while rawget(object, length + 1) ~= nil do
    length = length + 1
    keys[length] = length
  end
  for key in next, object do
    local in_sequence = math.type(key) == "integer" and key >= 1 and key <= length
    if not in_sequence and key ~= skip then rest[#rest + 1] = key end
  end
  table.sort(rest, before)
  return table.move(rest, 1, #rest, length + 1, keys)
end

local function write_fields(self, object, skip)
  local keys = sorted_keys(object, skip)
  self.encode:int(#keys)
  for i = 1, #keys do
    local key = keys[i]
    descend(self, key, key)
    descend(self, key, rawget(object, key))
  end
end

local function write_class(self, name)
  self.encode:text "V 1"
  self.encode:text(name)
end

-- Elements of a GPU: what a file calls them (Torch7 has no name for bfloat16, and its Half cannot
-- hold every number that one holds), and the type on the CPU that their bytes come from.
local of_gpu = {
  Cuda = { "Cuda", "Float" }, CudaHalf = { "Cuda", "Float" }, CudaBFloat16 = { "Cuda", "Float" },
  CudaDouble = { "CudaDouble", "Double" }, CudaLong = { "CudaLong", "Long" },
  CudaInt = { "CudaInt", "Int" }, CudaByte = { "CudaByte", "Byte" },
}

local function name_in_file(element) return of_gpu[element] and of_gpu[element][1] or element end

local function on_cpu(storage, element)
  local kind = of_gpu[element][2]
  if storage:size() == 0 then return core[kind .. "Storage"](0), kind end
  local all = core[element .. "Tensor"](storage)
  return all[kind:lower()](all):storage(), kind
end

-- The anchor keeps the address, which identifies a storage, from being used again while we walk.
local function write_storage(self, storage, element)
  self.anchors[#self.anchors + 1] = storage
  if known(self, core.io.storage_id(storage)) then return end
  write_class(self, ("torch.%sStorage"):format(name_in_file(element)))
  if of_gpu[element] then storage, element = on_cpu(storage, element) end
  self.encode:storage(storage, element)
end

local function write_tensor(self, tensor, element)
  if known(self, tensor) then return end
  write_class(self, ("torch.%sTensor"):format(name_in_file(element)))
  self.encode:int(tensor:dim())
  self.encode:longs(tensor:size():totable())
  self.encode:longs(tensor:stride():totable())
  self.encode:longs { tensor:storageOffset() }
  self:writeObject(tensor:storage())
end

local function write_instance(self, object, name)
  if known(self, object) then return end
  write_class(self, name)
  local hook = getmetatable(object).write
  if type(hook) == "function" then return hook(object, self) end
  self.encode:int(ids.table)
  number_anew(self)
  write_fields(self, object)
end

-- What the reader made of an instance whose class it does not know, or of a function.
local function write_tagged(self, object, name)
  if known(self, object) then return end
  write_class(self, name)
  self.encode:int(ids.table)
  number_anew(self)
  write_fields(self, object, "__torch_class")
end

local function write_function(self, object, kind)
  if known(self, object) then return end
  if kind ~= ids.plain_function and kind ~= ids.recursive_function then
    refuse(self, "has a field __torch_function that is neither 7 nor 8")
  end
  self.encode:text(tostring(rawget(object, "bytecode") or ""))
  descend(self, "upvalues", rawget(object, "upvalues"))
end

local write = {}

write["nil"] = function(self) self.encode:int(ids["nil"]) end

function write.boolean(self, value)
  self.encode:int(ids.boolean)
  self.encode:int(value and 1 or 0)
end

function write.number(self, value)
  if math.type(value) == "integer"
    and (value > format.max_integer or value < -format.max_integer) then
    refuse(self, ("is the integer %d, which a .t7 file would round: save it as a string"):format(
      value))
  end
  self.encode:number(ids.number, value)
end

function write.string(self, value)
  self.encode:int(ids.string)
  self.encode:text(value)
end

function write.table(self, value)
  local metatable = getmetatable(value)
  local name = type(metatable) == "table" and rawget(metatable, "__typename")
  local opaque = not name and rawget(value, "__torch_function")
  local tag = not name and rawget(value, "__torch_class")
  if name then
    self.encode:int(ids.object)
    write_instance(self, value, name)
  elseif math.type(opaque) == "integer" then
    self.encode:int(opaque)
    write_function(self, value, opaque)
  elseif type(tag) == "string" then
    self.encode:int(ids.object)
    write_tagged(self, value, tag)
  else
    self.encode:int(ids.table)
    if not known(self, value) then write_fields(self, value) end
  end
end

function write.userdata(self, value)
  local element, kind = format.tensor_type(class.type(value))
  if not format.elements[element] and not of_gpu[element] then
    refuse(self, "is a userdata, which cannot be saved")
  end
  self.encode:int(ids.object)
  local write_payload = kind == "Tensor" and write_tensor or write_storage
  write_payload(self, value, element)
end

--- For write hooks, under Torch7's names.
function Writer:writeObject(value)
  local write_value = write[type(value)]
  if not write_value then refuse(self, ("is a %s, which cannot be saved"):format(type(value))) end
  return write_value(self, value)
end

local function check_integer(self, value, limit)
  local integer = math.tointeger(value)
  if not integer or integer >= limit or integer < -limit then
    refuse(self, ("is written by a hook that has %s where an integer is meant"):format(
      tostring(value)))
  end
  return integer
end

function Writer:writeInt(value) self.encode:int(check_integer(self, value, 1 << 31)) end
function Writer:writeLong(value)
  self.encode:longs { check_integer(self, value, math.maxinteger) }
end
function Writer:writeDouble(value) self.encode:double(value) end
function Writer:writeBool(value) self.encode:int(value and 1 or 0) end

local writer = {}

--- For files of several objects, which share one numbering.
function writer.open(name)
  return setmetatable({ name = name, index = {}, count = 0, path = {}, depth = 0, anchors = {} },
    Writer)
end

--- The pieces of the next object of a writer.
function Writer:pieces_of(object, mode)
  self.encode = encoders.new(mode)
  self:writeObject(object)
  return self.encode:finish()
end

--- The same as one string.
function Writer:text_of(object, mode)
  local pieces = self:pieces_of(object, mode)
  for i, piece in ipairs(pieces) do
    if type(piece) ~= "string" then pieces[i] = piece:string() end
  end
  return table.concat(pieces)
end

--- The pieces of a .t7 file; `name` begins the messages.
function writer.write(object, mode, name) return writer.open(name):pieces_of(object, mode) end

return writer
