--- One image from a file: PNG, JPEG, PGM or PPM.
--
--     local x = assert(circlet.data.image("photo.jpg"))            -- ByteTensor [3, height, width]
--     local grey = assert(circlet.data.image("photo.jpg", 1))      -- [1, height, width]
local core = require "circlet.core"

--- channels: 1 (grey) or 3 (colour); by default those of the file. Transparency is left out, and
-- 16 bits become 8. Returns a ByteTensor [channels, height, width]; or nil, message, code ("io",
-- "format").
-- @param path string
-- @param channels? integer 3 (colour), or 1 (grey)
-- @return circlet.ByteTensor image [channels, height, width]
-- @error Returns nil, message, "io" or "format".
-- @example
-- circlet.write_file("a.pgm", "P5 2 1 255\n" .. string.char(0, 255))
-- (data.image("a.pgm", 1))    --> {{{0, 255}}}
return function(path, channels)
  if channels ~= nil and channels ~= 1 and channels ~= 3 then
    error("image: channels must be 1 (grey) or 3 (colour), got " .. tostring(channels), 2)
  end
  local bytes, message, code = core.read_file(path)
  if not bytes then return nil, message, code end
  local image
  image, message, code = core.images.decode(bytes, channels)
  if not image and code == "format" then message = path .. ": " .. message end
  return image, message, code
end
