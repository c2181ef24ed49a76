--- The manual: what the doc comments of lua/circlet say, by public name.
--
-- `circlet help`, the prompt's help(), `make doc` and editors' annotations all read it from here,
-- and a spec holds it against what is really public (lua/README.md says how an entry is written).
local lfs = require "lfs"
local read = require "circlet.manual.read"

local manual = {}

-- lua/circlet/manual/init.lua -> lua/
local function root()
  local path = assert(package.searchpath("circlet.manual", package.path))
  return (path:gsub("circlet/manual/init%.lua$", ""))
end

-- Files in the order of their paths, so that entries always come in one order.
local function lua_files(folder, list)
  local here = {}
  for name in lfs.dir(folder) do
    if not name:find "^%." then here[#here + 1] = name end
  end
  table.sort(here)
  for _, name in ipairs(here) do
    local path = folder .. "/" .. name
    if lfs.attributes(path, "mode") == "directory" then
      lua_files(path, list)
    elseif name:find "%.lua$" then
      list[#list + 1] = path
    end
  end
  return list
end

-- Of these a family's stand after the entry's own.
local joined = { options = true, errors = true }

-- What an entry lacks it takes from its family; a family's text stands after its own.
local function complete(entry, families)
  local family = entry.family and families[entry.family]
  if entry.family and not family then
    error(("%s: there is no family %s"):format(entry.where, entry.family), 0)
  end
  for key, value in pairs(family or {}) do
    if key == "description" then
      entry.description = entry.description .. (value ~= "" and "\n\n" .. value or "")
    elseif joined[key] and entry[key] then
      entry[key] = table.move(value, 1, #value, #entry[key] + 1, entry[key])
    elseif key ~= "deffamily" and entry[key] == nil then
      entry[key] = value
    end
  end
end

--- Reads the doc comments of one file's text into `into` ({ entries, families }).
function manual.add(into, text, path, public)
  for _, entry in ipairs(read.file(text, path, public)) do
    if entry.deffamily then
      into.families[entry.deffamily] = entry
    else
      into.entries[#into.entries + 1] = entry
    end
  end
end

local index

--- All entries: a list, in the order of files and lines, and a table by name. Read once.
function manual.load()
  if index then return index.entries, index.by_name end
  local top = root()
  index = { entries = {}, families = {}, by_name = {} }
  for _, path in ipairs(lua_files(top .. "circlet", {})) do
    local file = assert(io.open(path))
    local text = file:read "a"
    file:close()
    local public = path:sub(#top + 1):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
    if text:find("---", 1, true) then manual.add(index, text, path, public) end
  end
  for _, entry in ipairs(index.entries) do
    complete(entry, index.families)
    for _, name in ipairs(entry.names or { entry.name }) do
      -- The first block of a file about one function may stand beside a block at the function.
      if not index.by_name[name] or not index.by_name[name].examples then
        index.by_name[name] = entry
      end
    end
    if entry.method then
      local key = entry.name:match "([%w_]+)$"
      index.by_name["Tensor:" .. key] = index.by_name["Tensor:" .. key] or entry
    end
  end
  return index.entries, index.by_name
end

return manual
