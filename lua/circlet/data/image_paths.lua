--- Which images stand in a folder or in a ZIP archive, and which class each belongs to.
local images = require("circlet.core").images
local lfs = require "lfs"

local image_paths = {}

local endings = { png = true, jpg = true, jpeg = true, pgm = true, ppm = true, pnm = true }
local DEEPEST = 32 -- folders below each other: links may lead in circles

local function is_image(path)
  local name = path:match "[^/]*$"
  local ending = name:match "%.(%w+)$"
  return ending and endings[ending:lower()] and name:sub(1, 1) ~= "."
    and not path:find("__MACOSX/", 1, true)
end

-- Appends the images below root/folder to list, as paths relative to root.
local function walk(root, folder, list, depth)
  local good, iterate, state = pcall(lfs.dir, root .. "/" .. folder)
  if not good then return nil, iterate:gsub("^[^:]*:%d+: ", ""), "io" end
  for name in iterate, state do
    local path = folder .. name
    if name:sub(1, 1) ~= "." then
      local mode = lfs.attributes(root .. "/" .. path, "mode")
      if mode == "directory" and depth < DEEPEST then
        local ok, message, code = walk(root, path .. "/", list, depth + 1)
        if not ok then return nil, message, code end
      elseif mode == "file" and is_image(path) then
        list[#list + 1] = { path = path }
      end
    end
  end
  return list
end

local function in_archive(path)
  local names, crcs, code = images.zip_names(path)
  if names == false then return nil, path .. ": neither a folder nor a ZIP archive", "format" end
  if not names then return nil, crcs, code end
  local list = {}
  for i, name in ipairs(names) do
    if is_image(name) then list[#list + 1] = { path = name, index = i, crc = crcs[i] } end
  end
  return list
end

-- The folder that all of them stand in, less its last part where it is one image's class already.
local function common_folder(list)
  local common
  for _, entry in ipairs(list) do
    local folder = entry.path:match "^(.*/)[^/]*/[^/]*$" or ""
    common = common or folder
    while folder:sub(1, #common) ~= common do common = common:match "^(.*/)[^/]*/$" or "" end
  end
  return common or ""
end

--- The images of a folder or an archive in the order of their paths: a list of { path, class
-- [, index and crc in the archive] }. The class is the path of an image's folder below the folder
-- that all of them stand in; class(name, path), when given, returns another name, or nil to leave
-- the image out. Images that no folder holds are left out. Returns nil, message, code when nothing
-- can be read or nothing is left. The second result is "archive" or "folder".
function image_paths.find(path, class)
  local kind = lfs.attributes(path, "mode") == "directory" and "folder" or "archive"
  local list, message, code
  if kind == "folder" then list, message, code = walk(path, "", {}, 1)
  else list, message, code = in_archive(path) end
  if not list then return nil, message, code end
  table.sort(list, function(a, b) return a.path < b.path end)
  local common, kept = common_folder(list), {}
  for _, entry in ipairs(list) do
    local folder = entry.path:match "^(.*)/[^/]*$"
    entry.class = folder and folder:sub(#common + 1)
    if entry.class and class then entry.class = class(entry.class, entry.path) end
    if entry.class then kept[#kept + 1] = entry end
  end
  if #kept == 0 then
    return nil, ("%s: there are no images of a class (%d found in all)"):format(path, #list),
      "format"
  end
  return kept, kind
end

return image_paths
