--- Values as the prompt shows them: strings quoted, tables with their contents, tensors as Torch7
-- prints them, cut to what a screen holds.
local circlet = require "circlet"
local class = require "circlet.class"
local display = require "circlet.tensor.display"

local show = {}

local WIDTH = 80   -- columns, where nobody says more
local ITEMS = 40   -- of a table; the rest is counted
local DEPTH = 3    -- of tables within tables

-- A word that may stand before = in a table constructor.
local keywords = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat
  return then true until while]]):gmatch "%a+" do keywords[word] = true end

local function key_text(key)
  if type(key) == "string" and key:find "^[%a_][%w_]*$" and not keywords[key] then return key end
  return "[" .. (type(key) == "string" and ("%q"):format(key) or tostring(key)) .. "]"
end

local function string_text(s)
  return '"' .. s:gsub('[%c"\\\127]', function(c)
    local short = ({ ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ['"'] = '\\"',
                     ["\\"] = "\\\\" })[c]
    return short or ("\\%03d"):format(c:byte())
  end) .. '"'
end

-- The keys of a table: 1..n first, then strings in order, then the rest.
local function keys_of(t)
  local keys, count = {}, #t
  for i = 1, count do keys[i] = i end
  local rest = {}
  for key in next, t do
    local index = math.type(key) == "integer" and key >= 1 and key <= count
    if not index then rest[#rest + 1] = key end
  end
  table.sort(rest, function(a, b)
    local one, other = type(a), type(b)
    if one ~= other then return one == "string" or other ~= "string" and one < other end
    if one == "string" or one == "number" then return a < b end
    return tostring(a) < tostring(b)
  end)
  for _, key in ipairs(rest) do keys[#keys + 1] = key end
  return keys, count
end

--- A tensor's or a storage's type and size in a few characters: "FloatTensor [512, 128]".
function show.brief(value)
  local name = class.type(value):gsub("^circlet%.", "")
  if circlet.isTensor(value) then
    return ("%s [%s]"):format(name, table.concat(value:size():totable(), ", "))
  end
  return ("%s of size %d"):format(name, value:size())
end

local table_text

-- One value inside of a line.
local function inner(value, depth, seen)
  local kind = type(value)
  if kind == "string" then return string_text(value) end
  if circlet.isTensor(value) or circlet.isStorage(value) then return show.brief(value) end
  if kind ~= "table" then return tostring(value) end
  local metatable = getmetatable(value)
  if metatable and metatable.__tostring then
    return (tostring(value):gsub("%s*\n%s*", " "))
  end
  if seen[value] then return "{...}" end
  if depth >= DEPTH then return next(value) == nil and "{}" or "{...}" end
  return table_text(value, depth, seen)
end

local function items_of(t, depth, seen)
  local keys, count = keys_of(t)
  local items = {}
  seen[t] = true
  for i, key in ipairs(keys) do
    if i > ITEMS then
      items[i] = ("... %d more"):format(#keys - ITEMS)
      break
    end
    local value = inner(t[key], depth + 1, seen)
    items[i] = i <= count and value or key_text(key) .. " = " .. value
  end
  seen[t] = nil
  return items
end

function table_text(t, depth, seen)
  local name = getmetatable(t) and class.type(t)
  local items = items_of(t, depth, seen)
  return (name and name ~= "table" and name .. " " or "") .. "{" .. table.concat(items, ", ") .. "}"
end

--- A value on one line.
function show.line(value) return inner(value, 0, {}) end

--- A value as lines of text. options: width (80) and height (24) of the screen.
function show.text(value, options)
  options = options or {}
  local width, height = options.width or WIDTH, options.height or 24
  if circlet.isTensor(value) then
    return (display.tostring(value, width, height):gsub("\n$", ""))
  end
  if circlet.isStorage(value) then return (tostring(value):gsub("\n$", "")) end
  local metatable = getmetatable(value)
  if type(value) == "table" and not (metatable and metatable.__tostring) then
    local line = show.line(value)
    if #line <= width then return line end
    local name = metatable and class.type(value)
    return (name and name ~= "table" and name .. " " or "") .. "{\n  "
      .. table.concat(items_of(value, 0, {}), ",\n  ") .. "\n}"
  end
  if type(value) == "table" or type(value) == "userdata" then
    return (tostring(value):gsub("\n$", ""))
  end
  return show.line(value)
end

return show
