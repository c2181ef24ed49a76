--- Classes as Torch7 has them: single inheritance, a constructor `__init`, and a type name that
-- survives saving and loading.
--
--     local class = require "circlet.class"
--     local Scale, parent = class("nn.Scale", "nn.Module")
--     function Scale:__init(factor) parent.__init(self); self.factor = factor end
--     local layer = Scale(2)               -- class.type(layer) == "nn.Scale"
--
-- A class is the metatable of its instances and its own __index, so a method is found where it is
-- defined; metamethods (__call, __tostring, ...) are inherited too. Torch7 spells them __call__,
-- __tostring__: both spellings define and find the same.
local class = {}
local registry = {}

--- Looks a class up by type name; nil when there is none.
-- @param name string
-- @return table? class
-- @example
-- local class = circlet.class
-- local Cat = class("doc.Cat")
-- class.lookup "doc.Cat" == Cat    --> true
-- class.forget "doc.Cat"
function class.lookup(name) return registry[name] end

--- Takes a class out of the registry, so that its name is free: for prompts and specs that define
-- a class again. Instances keep their class.
-- @param name string
-- @example
-- local class = circlet.class
-- local Cat = class("doc.Cat")
-- class.forget "doc.Cat"
-- class.lookup "doc.Cat"    --> nil
function class.forget(name) registry[name] = nil end

--- An instance without its constructor having run: what readers of files fill with fields.
-- @param name string
-- @return table instance
-- @error Raises when there is no such class.
-- @example
-- local class = circlet.class
-- local Cat = class("doc.Cat")
-- class.type(class.instance "doc.Cat")    --> doc.Cat
-- class.forget "doc.Cat"
function class.instance(name)
  return setmetatable({}, assert(registry[name], "there is no class " .. tostring(name)))
end

--- The type name of an instance, a tensor or a storage; otherwise Lua's own type name.
-- @name circlet.class.type, circlet.type
-- @param value any
-- @return string name
-- @example
-- circlet.type(circlet.ones(1)), circlet.type(nn.Tanh()), circlet.type(1)
-- --> circlet.FloatTensor  nn.Tanh  number
function class.type(value)
  local kind = type(value)
  if kind == "table" or kind == "userdata" then
    local metatable = getmetatable(value)
    local name = metatable and (rawget(metatable, "__typename") or rawget(metatable, "__name"))
    if type(name) == "string" then return name end
  end
  return kind
end

--- Whether `value` is an instance of the class `name` or of one derived from it.
-- @param value any
-- @param name string
-- @return boolean is
-- @example
-- circlet.class.is(nn.Linear(2, 1), "nn.Module")    --> true
function class.is(value, name)
  local metatable = type(value) == "table" and getmetatable(value)
  while metatable do
    if rawget(metatable, "__typename") == name then return true end
    metatable = rawget(metatable, "__parent")
  end
  return false
end

local function construct(self, ...)
  local instance = setmetatable({}, self)
  local init = self.__init
  if init then init(instance, ...) end
  return instance
end

-- A metamethod under both of its names, whichever is assigned.
local function assign(new, key, value)
  rawset(new, key, value)
  local event = type(key) == "string" and key:match "^__(%a+)__$"
  if event and event ~= "init" then rawset(new, "__" .. event, value) end
end

--- Makes a class and returns it with its parent (a type name or a class; nil for a root class).
-- Raises when the name is taken: two classes under one name could not be told apart in a file.
local function define(_, name, parent)
  if type(name) ~= "string" then
    error("class: a type name expected, got " .. type(name), 2)
  end
  if registry[name] then error("class: " .. name .. " exists already", 2) end
  if type(parent) == "string" then
    parent = registry[parent] or error("class: there is no parent class " .. parent, 2)
  end
  local new = {}
  for key, value in pairs(parent or {}) do
    if type(key) == "string" and key:find "^__%a+$" then new[key] = value end
  end
  for key, value in pairs(new) do
    if type(value) == "function" and key ~= "__init" then rawset(parent, key .. "__", value) end
  end
  new.__typename, new.__parent, new.__index = name, parent, new
  new.__init = nil
  registry[name] = new
  return setmetatable(new, { __index = parent, __newindex = assign, __call = construct }), parent
end

return setmetatable(class, { __call = define })
