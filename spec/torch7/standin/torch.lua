-- A stand-in for Torch7 where that is not installed, for LuaJIT: classes, and the few methods of
-- tensors that lua/circlet/ffi.lua and spec/torch7/criterions.lua call. It is no Torch7 and proves
-- nothing about it; `make check-torch7` runs the same program in the real one.
local ffi = require "ffi"
local torch, classes = {}, {}
_G.torch = torch

function torch.typename(value)
  local metatable = type(value) == "table" and getmetatable(value)
  return metatable and metatable.__typename or nil
end

function torch.class(name, parent)
  local above = classes[parent]
  local class = { __typename = name, __index = nil }
  class.__index = class
  classes[name] = class
  setmetatable(class, { __index = above })
  local package_name, short = name:match "^(%a+)%.(%a+)$"
  _G[package_name][short] = setmetatable({}, { __call = function(_, ...)
    local self = setmetatable({}, {
      __index = class, __typename = name,
      __tostring = function(x) return class.__tostring__(x) end,
      __call = function(x, ...) return class.__call__(x, ...) end,
    })
    self:__init(...)
    return self
  end, __index = class })
  return class, above
end

local elements = { Float = "float", Double = "double", Long = "long", Int = "int",
  Byte = "uint8_t" }
local Tensor = {}

local function make(kind, size, stride, array, offset)
  return setmetatable({ _kind = kind, _size = size, _stride = stride, _array = array,
    _offset = offset or 0 }, { __index = Tensor, __typename = ("torch.%sTensor"):format(kind) })
end

local function fresh(kind, size)
  local stride, count = {}, 1
  for d = #size, 1, -1 do stride[d], count = count, count * size[d] end
  return make(kind, size, stride, ffi.new(elements[kind] .. "[?]", #size > 0 and count or 0))
end

function Tensor:dim() return #self._size end
function Tensor:stride(d) return self._stride[d] end
function Tensor:data() return self._array + self._offset end
function Tensor:size(d)
  if d then return self._size[d] end
  return { totable = function() return self._size end }
end
function Tensor:nElement()
  local count = #self._size > 0 and 1 or 0
  for _, n in ipairs(self._size) do count = count * n end
  return count
end
function Tensor:isContiguous()
  local count = 1
  for d = #self._size, 1, -1 do
    if self._size[d] ~= 1 and self._stride[d] ~= count then return false end
    count = count * self._size[d]
  end
  return true
end
function Tensor:_each(f) -- f(offset in the array), in the order of the elements
  local function walk(d, at)
    if d > #self._size then return f(at) end
    for i = 0, self._size[d] - 1 do walk(d + 1, at + i * self._stride[d]) end
  end
  if #self._size > 0 then walk(1, self._offset) end
  return self
end
function Tensor:apply(f)
  return self:_each(function(at)
    local value = f(tonumber(self._array[at]))
    if value then self._array[at] = value end
  end)
end
function Tensor:fill(value) return self:apply(function() return value end) end
function Tensor:zero() return self:fill(0) end
function Tensor:normal() return self:apply(function() return math.random() - 0.5 end) end
function Tensor:totable()
  local list = {}
  self:apply(function(value) list[#list + 1] = value end)
  return list
end
function Tensor:add(scale, other)
  local list, i = other:totable(), 0
  return self:apply(function(value)
    i = i + 1
    return value + scale * list[i]
  end)
end
function Tensor:type(name)
  if not name then return ("torch.%sTensor"):format(self._kind) end
  local list, i = self:totable(), 0
  local copy = fresh(name:match "%.(%a+)Tensor$", self._size)
  copy:apply(function()
    i = i + 1
    return list[i]
  end)
  return copy
end
function Tensor:contiguous() return self:isContiguous() and self or self:type(self:type()) end
function Tensor:resizeAs(other)
  local same = #self._size == #other._size
  for d, n in ipairs(other._size) do same = same and self._size[d] == n end
  if same then return self end
  local new = fresh(self._kind, { unpack(other._size) }) -- luacheck: globals unpack
  self._size, self._stride, self._array, self._offset = new._size, new._stride, new._array, 0
  return self
end
function Tensor:t()
  return make(self._kind, { self._size[2], self._size[1] }, { self._stride[2], self._stride[1] },
    self._array, self._offset)
end
function Tensor:narrow(d, first, count)
  local size = { self._size[1], self._size[2] }
  size[d] = count
  return make(self._kind, size, { self._stride[1], self._stride[2] }, self._array,
    self._offset + (first - 1) * self._stride[d])
end

for kind in pairs(elements) do
  local function new(...)
    local first = ...
    if type(first) ~= "table" then return fresh(kind, { ... }) end
    if first._kind then
      return make(kind, first._size, first._stride, first._array, first._offset)
    end
    local i = 0
    return fresh(kind, { #first }):apply(function()
      i = i + 1
      return first[i]
    end)
  end
  torch[kind .. "Tensor"] = new
end
torch.Tensor = torch.DoubleTensor
function Tensor.new(first) -- like.new() and like.new(tensor)
  if first then return torch[first._kind .. "Tensor"](first) end
end
-- like.new() has no self: each type of tensor has one of its own in Torch7.
local make_before = make
function make(kind, ...)
  local tensor = make_before(kind, ...)
  rawset(tensor, "new", function(...) return torch[kind .. "Tensor"](...) end)
  return tensor
end

local function copied(value, seen)
  if type(value) ~= "table" then return value end
  if seen[value] then return seen[value] end
  if rawget(value, "_array") then
    seen[value] = value:type(value:type())
    return seen[value]
  end
  local copy = setmetatable({}, getmetatable(value))
  seen[value] = copy
  for key, field in pairs(value) do copy[key] = copied(field, seen) end
  return copy
end

--- A file in memory that holds one object.
function torch.MemoryFile()
  local object
  return { binary = function(self) return self end, seek = function() end, close = function() end,
    writeObject = function(_, value) object = copied(value, {}) end,
    readObject = function() return object end }
end

return torch
