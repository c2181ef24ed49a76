--- Folders, and text files that are written whole or not at all.
local lfs = require "lfs"

local files = {}

--- Makes a folder and those above it. Returns true, or nil, message, "io".
function files.make_folder(path)
  local made = path:sub(1, 1) == "/" and "/" or ""
  for part in path:gmatch("[^/]+") do
    made = made .. part
    if lfs.attributes(made, "mode") ~= "directory" then
      local ok, message = lfs.mkdir(made)
      -- Another process may have made it meanwhile.
      if not ok and lfs.attributes(made, "mode") ~= "directory" then
        return nil, ("%s: cannot make this folder: %s"):format(made, message), "io"
      end
    end
    made = made .. "/"
  end
  return true
end

--- Whether something stands at `path`: "file", "directory", or nil.
function files.kind(path)
  return lfs.attributes(path, "mode")
end

-- A name in the same folder, so that the rename cannot cross file systems.
local function temporary(path)
  return ("%s.%x.tmp"):format(path, math.random(0) & 0xffffffffff)
end

--- Puts `content` in place of `path` in one step: a reader, or a process that dies in between,
-- finds the old file or the new one. Returns true, or nil, message, "io".
function files.write(path, content)
  local draft = temporary(path)
  local file, message = io.open(draft, "wb")
  if not file then
    return nil, ("%s: cannot write: %s"):format(path, message:gsub("^.*: ", "")), "io"
  end
  local ok
  ok, message = file:write(content)
  local closed, close_message = file:close()
  if ok and closed then ok, message = os.rename(draft, path) end
  if not ok or not closed then
    os.remove(draft)
    return nil, ("%s: cannot write: %s"):format(path, message or close_message), "io"
  end
  return true
end

--- The whole content of a file, or nil, message, "io".
function files.read(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message, "io" end
  local content
  content, message = file:read("a")
  file:close()
  if not content then return nil, ("%s: %s"):format(path, message), "io" end
  return content
end

return files
