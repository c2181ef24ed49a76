--- Every name that users can reach: what hangs on `require "circlet"`, and the methods of values
-- that its functions give (tensors, storages, generators, timers). Names that begin with _ are not
-- public.
local names = {}

-- A class is its own __index: instances of circlet.class, and of plain Lua classes alike.
local function is_class(value) return rawget(value, "__index") == value end

-- A method that a class has from a parent, or whose parent has one of that name, is the parent's.
local function inherited(class, name)
  local parent = rawget(class, "__parent")
  while parent do
    if rawget(parent, name) ~= nil then return true end
    parent = rawget(parent, "__parent")
  end
  return false
end

local function sorted(t)
  local keys = {}
  for key in pairs(t) do
    if type(key) == "string" and not key:find "^_" then keys[#keys + 1] = key end
  end
  table.sort(keys)
  return keys
end

-- Functions that take an instance first are methods: they are defined with a colon, so that their
-- first parameter is called self.
local function is_method(value)
  return debug.getinfo(value, "S").what ~= "C" and debug.getlocal(value, 1) == "self"
end

local function add(list, name, kind, value)
  list[#list + 1] = { name = name, kind = kind, value = value }
end

local function add_class(list, name, class)
  add(list, name, "class", class)
  for _, key in ipairs(sorted(class)) do
    local value = class[key]
    if type(value) == "function" and rawget(class, key) ~= nil and not inherited(class, key) then
      local method = is_method(value)
      add(list, name .. (method and ":" or ".") .. key, method and "method" or "function", value)
    end
  end
end

-- Tables of data (defaults, lists of names) have no function anywhere.
local function holds_functions(t, seen)
  if seen[t] then return false end
  seen[t] = true
  for _, value in pairs(t) do
    if type(value) == "function" then return true end
    if type(value) == "table" and holds_functions(value, seen) then return true end
  end
  return false
end

local function add_package(list, name, package, seen)
  seen[package] = true
  for _, key in ipairs(sorted(package)) do
    local value, own = package[key], name .. "." .. key
    if type(value) == "function" then
      add(list, own, "function", value)
    elseif type(value) == "table" and not seen[value] then
      seen[value] = true
      local metatable = getmetatable(value)
      if is_class(value) or rawget(value, "__typename") then
        add_class(list, own, value)
      elseif metatable and metatable.__call and not holds_functions(value, {}) then
        add(list, own, "function", value)
      elseif holds_functions(value, {}) then
        add(list, own, "package", value)
        add_package(list, own, value, seen)
      else
        add(list, own, "value", value)
      end
    elseif type(value) ~= "table" then
      add(list, own, "value", value)
    end
  end
end

--- The methods of a userdata of circlet: its __index is a table, or a function with the table as
-- upvalue. Nil for a userdata without.
function names.methods(value)
  local metatable = getmetatable(value)
  local index = type(metatable) == "table" and rawget(metatable, "__index")
  if type(index) == "table" then return index end
  if type(index) ~= "function" or debug.getinfo(index, "S").what ~= "C" then return nil end
  for i = 1, 3 do
    local _, methods = debug.getupvalue(index, i)
    if type(methods) == "table" then return methods end
  end
end

local function add_methods(list, name, methods)
  for _, key in ipairs(sorted(methods)) do add(list, name .. ":" .. key, "method", methods[key]) end
end

--- A list of { name, kind, value }; kind is "package", "function", "class", "method" or "value".
-- It loads every package, which takes about a tenth of a second.
function names.all()
  local circlet = require "circlet"
  local list = {}
  add(list, "circlet", "package", circlet)
  add_package(list, "circlet", circlet, {})
  for _, class in ipairs { { "Tensor", require("circlet.core").tensor_methods },
    { "Storage", names.methods(circlet.FloatStorage(0)) },
    { "Generator", names.methods(circlet.Generator()) },
    { "Timer", names.methods(circlet.Timer()) } } do
    add(list, class[1], "class", class[2])
    add_methods(list, class[1], class[2])
  end
  add(list, "Tensor:new", "method", circlet.Tensor().new) -- knows its tensor's type
  return list
end

return names
