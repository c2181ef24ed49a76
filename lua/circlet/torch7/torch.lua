--- The package `torch`: circlet's tensors and functions under Torch7's names, and classes, files,
-- command lines and tests.
local circlet = require "circlet"
local class = require "circlet.class"
local core = require "circlet.core"

-- Methods of tensors are functions of torch, too: torch.squeeze(x).
local torch = setmetatable({}, { __index = function(_, name)
  local found = circlet[name]
  if found == nil then found = core.tensor_methods[name] end
  return found
end })

torch.CmdLine = require "circlet.torch7.CmdLine"
for name, kind in pairs(require "circlet.torch7.File") do torch[name] = kind end
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

--- A random permutation of 1..n, of the default type as in Torch7; in `result` when given, and from
-- a generator when given.
function torch.randperm(...)
  local permutation = circlet.randperm(...)
  if circlet.isTensor((...)) then return permutation end
  return permutation:type(circlet.getdefaulttensortype())
end

-- The index that a number from 0 to 1 falls to, in a list of weights.
local function fallen(weights, total, number)
  local sum, last = 0, 0
  for i, weight in ipairs(weights) do
    sum = sum + weight
    if weight > 0 then last = i end
    if weight > 0 and number * total < sum then return i end
  end
  return last
end

local function draw(row, count, replacement)
  local weights, total, positive, drawn = row:totable(), 0, 0, {}
  for _, weight in ipairs(weights) do
    if not (weight >= 0 and weight < math.huge) then
      error("torch.multinomial: probabilities must be at least 0 and finite, got " .. weight, 4)
    end
    total, positive = total + weight, positive + (weight > 0 and 1 or 0)
  end
  if positive < (replacement and 1 or count) then
    error(("torch.multinomial: %d draws need as many probabilities above 0, got %d"):format(
      replacement and 1 or count, positive), 4)
  end
  for k = 1, count do
    local i = fallen(weights, total, circlet.uniform())
    drawn[k] = i
    if not replacement then total, weights[i] = total - weights[i], 0 end
  end
  return drawn
end

--- Indices drawn with the probabilities p [n], or each row of p [rows, n], which need not sum to 1:
-- a LongTensor [count] or [rows, count]. replacement: an index may be drawn again (default false).
function torch.multinomial(p, count, replacement)
  if not circlet.isTensor(p) or p:dim() < 1 or p:dim() > 2 then
    error("torch.multinomial: probabilities of one or two dimensions expected", 2)
  elseif math.type(math.tointeger(count)) ~= "integer" or count < 1 then
    error("torch.multinomial: a number of draws of at least 1 expected, got " .. tostring(count), 2)
  end
  if p:dim() == 1 then return circlet.LongTensor(draw(p, count, replacement)) end
  local rows = {}
  for i = 1, p:size(1) do rows[i] = draw(p[i], count, replacement) end
  return circlet.LongTensor(rows)
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
