--- What Lua 5.1 had and scripts for Torch7 use: unpack, loadstring, setfenv, getfenv, table.getn,
-- table.maxn, table.foreach, math.pow, math.mod, math.log10, math.cosh and its sisters,
-- string.gfind, package.loaders. Numbers print as they did: tostring, print, io.write and
-- string.format("%s") show 3.0 as 3, and "%d" cuts a fraction off instead of raising. (`..` cannot
-- be changed: 3.0 .. "" is "3.0".) math.random takes fractions.
local lua51 = {}

-- A number as Lua 5.1 shows it; other values as they are.
local function shown(value)
  if math.type(value) == "float" then return ("%.14g"):format(value) end
  return value
end

-- Wraps string.format: every argument that goes to %d and its like becomes a whole number, every
-- float that goes to %s its text in Lua 5.1.
local function formatter(format)
  return function(pattern, ...)
    if type(pattern) ~= "string" then return format(pattern, ...) end
    local values, at = table.pack(...), 0
    for kind in pattern:gsub("%%%%", ""):gmatch "%%[-+ #0]*%d*%.?%d*(%a)" do
      at = at + 1
      local value = values[at]
      if kind:find "[diouxXc]" and math.type(value) == "float" and value == value
        and math.abs(value) < 2 ^ 63 then
        values[at] = math.tointeger(value < 0 and math.ceil(value) or math.floor(value))
      elseif kind == "s" then
        values[at] = shown(value)
      end
    end
    return format(pattern, table.unpack(values, 1, values.n))
  end
end

-- f(...) with numbers shown as Lua 5.1 shows them, for io.write and file:write.
local function writer(write)
  return function(...)
    local values = table.pack(...)
    for i = 1, values.n do values[i] = shown(values[i]) end
    return write(table.unpack(values, 1, values.n))
  end
end

-- The function that setfenv and getfenv mean: itself, or that of a level of the stack.
local function function_of(name, f)
  if type(f) == "function" then return f end
  local level = f == nil and 1 or math.tointeger(f)
  if not level or level < 0 then error("bad argument #1 to '" .. name .. "'", 3) end
  local info = level > 0 and debug.getinfo(level + 2, "f")
  if not info then error(name .. ": invalid level", 3) end
  return info.func
end

-- The number of the upvalue that holds a function's globals; nil when it uses none.
local function environment_of(f)
  for i = 1, math.huge do
    local name = debug.getupvalue(f, i)
    if not name then return nil end
    if name == "_ENV" then return i end
  end
end

-- Environments of functions that use no globals, so that getfenv finds them.
local unused = setmetatable({}, { __mode = "k" })

local function setfenv(f, environment)
  if type(environment) ~= "table" then error("setfenv: a table expected", 2) end
  f = function_of("setfenv", f)
  local at = environment_of(f)
  if at then
    debug.upvaluejoin(f, at, function() return environment end, 1) -- this function's alone
  else
    unused[f] = environment
  end
  return f
end

local function getfenv(f)
  if f == 0 then return _G end
  f = function_of("getfenv", f)
  local at = environment_of(f)
  if not at then return unused[f] or _G end
  local _, environment = debug.getupvalue(f, at)
  return environment
end

local function maxn(t)
  local most = 0
  for key in pairs(t) do
    if type(key) == "number" and key > most then most = key end
  end
  return most
end

local function foreach(t, f)
  for key, value in pairs(t) do
    local result = f(key, value)
    if result ~= nil then return result end
  end
end

local function foreachi(t, f)
  for i = 1, #t do
    local result = f(i, t[i])
    if result ~= nil then return result end
  end
end

-- math.random(1.5) cuts off the fraction.
local function randomizer(random)
  return function(...)
    local values = table.pack(...)
    for i = 1, values.n do
      if type(values[i]) == "number" then values[i] = math.floor(values[i]) end
    end
    return random(table.unpack(values, 1, values.n))
  end
end

local installed = false

--- Puts the functions into the table of globals `g` and the standard libraries, once.
function lua51.install(g)
  if installed then return end
  installed = true
  local tostring_54 = tostring
  g.unpack, g.loadstring, g.setfenv, g.getfenv = table.unpack, load, setfenv, getfenv
  function g.tostring(value) return tostring_54(shown(value)) end
  function g.print(...)
    local values = table.pack(...)
    for i = 1, values.n do values[i] = tostring_54(shown(values[i])) end
    io.stdout:write(table.concat(values, "\t"), "\n")
  end
  function g.table.getn(t) return #t end
  g.table.maxn, g.table.foreach, g.table.foreachi = maxn, foreach, foreachi
  function g.math.pow(x, y) return x ^ y end
  g.math.mod = math.fmod
  function g.math.log10(x) return math.log(x, 10) end
  function g.math.cosh(x) return (math.exp(x) + math.exp(-x)) / 2 end
  function g.math.sinh(x) return (math.exp(x) - math.exp(-x)) / 2 end
  function g.math.tanh(x) -- of the smaller exponential, which cannot overflow
    local e = math.exp(-2 * math.abs(x))
    return (x < 0 and -1 or 1) * (1 - e) / (1 + e)
  end
  function g.math.ldexp(m, e) return m * 2.0 ^ e end
  g.math.random = randomizer(math.random)
  g.string.gfind = string.gmatch
  g.string.format = formatter(string.format)
  g.package.loaders = package.searchers
  g.io.write = writer(io.write)
  local file = getmetatable(io.stdout).__index
  file.write = writer(file.write)
end

return lua51
