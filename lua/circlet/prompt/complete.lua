--- What may follow at the cursor: names, nested names, methods of values, keywords, commands of
-- the prompt, and inside of a string file names. Nothing that is typed is run for it: values are
-- reached by looking fields up, and only packages of circlet are loaded.
local circlet = require "circlet"
local lfs = require "lfs"
local names = require "circlet.manual.names"

local complete = {}

complete.keywords = {
  "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
  "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
}

--- The commands of the prompt, which begin with a colon.
complete.commands = { ":help", ":quit", ":time", ":timing", ":who" }

-- The quoted text that the cursor, at the end of the line, stands in; nil when in none.
local function open_string(line)
  local at, quote, start = 1, nil, nil
  while at <= #line do
    local c = line:sub(at, at)
    if quote then
      if c == "\\" then at = at + 1 elseif c == quote then quote = nil end
    elseif c == '"' or c == "'" then
      quote, start = c, at + 1
    elseif line:find("^%-%-", at) then
      return nil, true
    end
    at = at + 1
  end
  if quote then return line:sub(start) end
end

local function file_names(text)
  local folder, prefix = text:match "^(.*/)([^/]*)$"
  if not folder then folder, prefix = "", text end
  local home = os.getenv "HOME"
  local place = folder:gsub("^~/", home and home:gsub("%%", "%%%%") .. "/" or "~/")
  local ok, iterate, state = pcall(lfs.dir, place == "" and "." or place)
  local list = {}
  if not ok then return list end
  for name in iterate, state do
    local hidden = name:sub(1, 1) == "." and prefix:sub(1, 1) ~= "."
    if name:sub(1, #prefix) == prefix and not hidden and name ~= "." and name ~= ".." then
      local is_folder = lfs.attributes(place .. name, "mode") == "directory"
      list[#list + 1] = folder .. name .. (is_folder and "/" or "")
    end
  end
  return list
end

-- A field without running code of the user: raw ones, those of __index tables, and packages that
-- circlet loads when they are first used.
local function field(value, name)
  for _ = 1, 100 do
    if type(value) == "string" then return string[name] end
    if type(value) == "userdata" then
      local methods = names.methods(value)
      return methods and rawget(methods, name)
    end
    if type(value) ~= "table" then return nil end
    local found = rawget(value, name)
    if found ~= nil then return found end
    local metatable = getmetatable(value)
    if type(metatable) ~= "table" then return nil end
    local parts = rawget(metatable, "parts")
    if type(parts) == "table" and parts[name] then return value[name] end
    value = rawget(metatable, "__index")
  end
end

-- Calls visit(name, value) for what field() would find.
local function each_field(value, visit)
  for _ = 1, 100 do
    if type(value) == "string" then value = string end
    if type(value) == "userdata" then value = names.methods(value) end
    if type(value) ~= "table" then return end
    for name, item in next, value do
      if type(name) == "string" then visit(name, item) end
    end
    local metatable = getmetatable(value)
    if type(metatable) ~= "table" then return end
    local parts = rawget(metatable, "parts")
    for name in next, type(parts) == "table" and parts or {} do visit(name, nil) end
    value = rawget(metatable, "__index")
  end
end

-- "net.modules[2]:for" as the value of net.modules[2], ":" and "for". A chain that begins with
-- something else than a name, or with what is no value, gives nil.
local function resolve(line, environment)
  local chain, separator, prefix = line:match "([%w_%.:%[%]\"']+)([%.:])([%w_]*)$"
  if not chain then return nil end
  local first, rest = chain:match "^([%a_][%w_]*)(.*)$"
  if not first then -- the chain stands behind something that is not its own: 2*x.
    first, rest = chain:match "([%a_][%w_]*)([%w_%.:%[%]\"']*)$"
  end
  if not first then return nil end
  local value = field(environment, first)
  while rest ~= "" and value ~= nil do
    local name, after = rest:match "^%.([%a_][%w_]*)(.*)$"
    if name then
      value = field(value, name)
    else
      local index
      index, after = rest:match "^%[(%-?%d+)%](.*)$"
      if index and circlet.isTensor(value) and value:dim() > 1 then
        index = tonumber(index)
        value = index >= 1 and index <= value:size(1) and value[index] or nil
      elseif index then
        value = type(value) == "table" and rawget(value, tonumber(index)) or nil
      else
        local _
        _, name, after = rest:match "^%[([\"'])(.-)%1%](.*)$"
        if not name then return nil end
        value = field(value, name)
      end
    end
    rest = after
  end
  return value, separator, prefix
end

local function sorted(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return list
end

local function members(value, separator, prefix)
  local set = {}
  each_field(value, function(name, item)
    local fits = name:sub(1, #prefix) == prefix and name:find "^[%a_][%w_]*$"
      and (name:sub(1, 1) ~= "_" or prefix:sub(1, 1) == "_")
    if fits and (separator == "." or item == nil or type(item) == "function") then
      set[name] = true
    end
  end)
  return sorted(set)
end

local function root_names(prefix, environment)
  local set = {}
  each_field(environment, function(name)
    if name:sub(1, #prefix) == prefix and (name:sub(1, 1) ~= "_" or prefix ~= "") then
      set[name] = true
    end
  end)
  for _, word in ipairs(complete.keywords) do
    if word:sub(1, #prefix) == prefix then set[word] = true end
  end
  return sorted(set)
end

--- What the text that ends the line may become: a list, and the text it stands in place of.
function complete.candidates(line, environment)
  local text, comment = open_string(line)
  if comment then return {}, "" end
  if text then return file_names(text), text end -- readline closes the quotes
  local command = line:match "^%s*(:%a*)$"
  if command then
    local list = {}
    for _, name in ipairs(complete.commands) do
      if name:sub(1, #command) == command then list[#list + 1] = name end
    end
    return list, command
  end
  if line:find "[%.:][%w_]*$" and not line:find "%.%.[%w_]*$" then
    local value, separator, prefix = resolve(line, environment)
    if value == nil then return {}, "" end
    return members(value, separator, prefix), prefix
  end
  local prefix = line:match "[%a_][%w_]*$" or ""
  if prefix == "" and line:find "[%w%)%]]$" then return {}, "" end -- after a number or a bracket
  return root_names(prefix, environment), prefix
end

return complete
