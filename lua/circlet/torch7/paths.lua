--- The package `paths`: names of files and folders, as scripts for Torch7 use it.
local lfs = require "lfs"

local paths = {}

--- Joins parts; an absolute part begins anew, "." and ".." are resolved. Relative to the folder the
-- program runs in, as in Torch7.
function paths.concat(...)
  local path = lfs.currentdir()
  for i = 1, select("#", ...) do
    local part = (select(i, ...))
    path = part:sub(1, 1) == "/" and part or path .. "/" .. part
  end
  local kept = {}
  for part in path:gmatch "[^/]+" do
    if part == ".." then
      table.remove(kept)
    elseif part ~= "." then
      kept[#kept + 1] = part
    end
  end
  return "/" .. table.concat(kept, "/")
end

function paths.filep(path)
  local mode = lfs.attributes(path, "mode")
  return mode ~= nil and mode ~= "directory"
end

function paths.dirp(path) return lfs.attributes(path, "mode") == "directory" end

--- The last part of a name, without `suffix` (with or without its dot).
function paths.basename(path, suffix)
  local name = path:gsub("(.)/+$", "%1"):match "[^/]+$" or "/"
  if suffix then
    suffix = suffix:sub(1, 1) == "." and suffix or "." .. suffix
    if #name > #suffix and name:sub(-#suffix) == suffix then name = name:sub(1, -#suffix - 1) end
  end
  return name
end

--- All but the last part; "." when there is one part.
function paths.dirname(path)
  local trimmed = path:gsub("(.)/+$", "%1")
  local folder = trimmed:match "^(.*)/[^/]*$"
  if not folder then return "." end
  return folder == "" and "/" or folder
end

--- What follows the last dot of the last part; nil without one.
function paths.extname(path) return path:match "[^/]%.([^./]*)$" end

function paths.cwd() return lfs.currentdir() end

paths.home = os.getenv "HOME" or "/"

--- Makes a folder and those above it. Returns true, or nil and a message.
function paths.mkdir(path) return require("circlet.report.files").make_folder(path) end

--- Removes an empty folder. Returns true, or nil and a message.
function paths.rmdir(path) return lfs.rmdir(path) end

--- The names in a folder, "." and ".." included, or those that match a pattern; sorted. nil when it
-- cannot be read.
function paths.dir(path, pattern)
  local ok, iterate, state = pcall(lfs.dir, path or ".")
  if not ok then return nil end
  local names = {}
  for name in iterate, state do
    if not pattern or name:find(pattern) then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

-- An iterator over the names in a folder that `keep` accepts.
local function iterator(path, pattern, keep)
  local names = paths.dir(path, pattern)
  if not names then error("paths: there is no folder " .. tostring(path), 3) end
  local i = 0
  return function()
    repeat i = i + 1 until not names[i] or keep(path .. "/" .. names[i], names[i])
    return names[i]
  end
end

function paths.files(path, pattern)
  return iterator(path, pattern, function() return true end)
end

function paths.iterfiles(path)
  return iterator(path, nil, function(full) return paths.filep(full) end)
end

function paths.iterdirs(path)
  return iterator(path, nil, function(full, name)
    return name ~= "." and name ~= ".." and paths.dirp(full)
  end)
end

--- The file that the caller stands in, or a name beside it.
function paths.thisfile(name, level)
  local source = debug.getinfo(1 + (level or 1), "S").source
  if source:sub(1, 1) ~= "@" then return nil end
  local file = paths.concat(source:sub(2))
  return name and paths.concat(paths.dirname(file), name) or file
end

--- Runs a Lua file that lies beside the caller's.
function paths.dofile(name)
  return dofile(paths.thisfile(name, 2) or name)
end

paths.tmpname = os.tmpname

function paths.is_win() return false end

function paths.is_mac() return false end

return paths
