--- Folders, and files that are written whole or not at all.
local circlet = require "circlet"
local lfs = require "lfs"

local files = {}

--- Makes a folder and those above it. Returns true, or nil, message, "io".
-- @param path string
-- @return boolean true
-- @example
-- report.files.make_folder "a/b/c"    --> true
function files.make_folder(path)
  local made = path:sub(1, 1) == "/" and "/" or ""
  for part in path:gmatch("[^/]+") do
    made = made .. part
    if lfs.attributes(made, "mode") ~= "directory" then
      local ok, message = lfs.mkdir(made)
      -- Another process may have made it meanwhile.
      if not ok and lfs.attributes(made, "mode") ~= "directory" then
        return nil, ("cannot make the folder %s: %s"):format(made, message), "io"
      end
    end
    made = made .. "/"
  end
  return true
end

--- What stands at `path`: "file", "directory", ... or nil.
-- @param path string
-- @return string? kind
-- @example
-- report.files.kind ".", (report.files.kind "none")    --> directory  nil
function files.kind(path) return lfs.attributes(path, "mode") end

--- Puts `content` in place of `path` in one step: a reader, or a process that dies in between,
-- finds the old file or the new one. Returns true, or nil, message, "io".
-- @name circlet.report.files.write
-- @param path string
-- @param content string|circlet.Storage|table
-- @return boolean true
-- @example
-- report.files.write("a.txt", "text")    --> true
files.write = circlet.write_file

--- The whole content of a file, or nil, message, "io".
-- @name circlet.report.files.read
-- @param path string
-- @return string content
-- @example
-- report.files.write("a.txt", "text")
-- report.files.read "a.txt"    --> text
files.read = circlet.read_file

return files
