--- The package `torch`: circlet's tensors and functions under Torch7's names, and classes, files,
-- command lines and tests.
local circlet = require "circlet"
local class = require "circlet.class"
local core = require "circlet.core"

local torch = setmetatable({}, { __index = circlet })

torch.CmdLine = require "circlet.torch7.CmdLine"
torch.Tester = require "circlet.torch7.Tester"
torch.TestSuite = require "circlet.torch7.TestSuite"
torch.version = { circlet = circlet._VERSION }

--- The type of anything: "torch.FloatTensor", "nn.Linear", or Lua's own.
function torch.type(value) return (class.type(value):gsub("^circlet%.", "torch.")) end

--- The type of a tensor, a storage or an instance of a class; nil for everything else.
function torch.typename(value)
  local name = torch.type(value)
  return name:find(".", 1, true) and name or class.lookup(name) and name or nil
end

--- Whether `value` is an instance of a class (its name, or the class), or of one derived from it.
function torch.isTypeOf(value, wanted)
  local name = type(wanted) == "table" and rawget(wanted, "__typename") or wanted
  if type(name) ~= "string" then
    error("torch.isTypeOf: a class or its name expected, got " .. type(wanted), 2)
  end
  return class.is(value, name) or torch.typename(value) == name:gsub("^circlet%.", "torch.")
end

-- Where a class "a.b.C" is put: the table a.b and the name C; the globals for "C".
local function place_of(name, module)
  if module ~= nil then return module, name:match "[^.]+$" end
  local place, last = _G, name:match "[^.]+$"
  for part in name:sub(1, -#last - 2):gmatch "[^.]+" do
    place = type(place) == "table" and place[part] or nil
    if type(place) ~= "table" then
      error(("torch.class: %s needs a table %s"):format(name, part), 3)
    end
  end
  return place, last
end

--- Makes a class "package.Name", puts it into the table `package` (or `module`), and returns it
-- with its parent. Metamethods are written __tostring__, __call__, __add__ and so on, as in Torch7.
function torch.class(name, parent, module)
  if type(parent) == "table" and not rawget(parent, "__typename") then
    parent, module = nil, parent
  end
  local new, ancestor = class(name, parent)
  local place, last = place_of(name, module)
  rawset(new, "new", function(...) return new(...) end)
  rawset(place, last, new)
  return new, ancestor
end

--- The table of a class's methods; for a type of tensor its metatable. nil when there is none.
function torch.getmetatable(name)
  local kind = tostring(name):match "^%a+%.(%a+)$"
  if kind and rawget(core, kind) and kind:find "Tensor$" then return getmetatable(core[kind]()) end
  return class.lookup(name)
end

--- A function that makes an instance of a class without running its constructor.
function torch.factory(name)
  return class.lookup(name) and function() return class.instance(name) end
end

local function sound(value, message)
  if message ~= nil then error(message, 3) end
  return value
end

-- Files are written with longs of 8 bytes whatever the mode.
local function mode_of(mode)
  if mode == "b32" or mode == "b64" then return "binary" end
  return mode
end

--- Reads a .t7 file; raises when it cannot be read, as in Torch7.
function torch.load(path, mode)
  local value, message = circlet.load(path, mode)
  return sound(value, value == nil and message or nil)
end

--- Writes a .t7 file; raises when it cannot be written.
function torch.save(path, object, mode)
  local value, message = circlet.save(path, object, mode_of(mode))
  return sound(value, value == nil and message or nil)
end

--- An object as a string, and back.
function torch.serialize(object, mode) return circlet.serialize(object, mode_of(mode)) end

function torch.deserialize(bytes, mode)
  local value, message = circlet.deserialize(bytes, mode)
  return sound(value, value == nil and message or nil)
end

return torch
