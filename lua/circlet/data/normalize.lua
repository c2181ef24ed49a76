--- Pixels as numbers that networks like.
--
--     local x = data.normalize(images, 0.286, 0.353)             -- ByteTensor [N,28,28] -> [N,784]
--     local x = data.normalize(images, 0.286, 0.353, "image")    -- -> [N,1,28,28]

local class = require "circlet.class"

--- (pixel / 255 - mean) / std as a fresh FloatTensor, computed in that order in float32.
-- images: [N, ...], any type. shape: "flat" (default), one row per image: [N, the rest]; or
-- "image": [N, 1, height, width] from [N, height, width].
-- @param images circlet.ByteTensor [N, H, W] or [N, C, H, W]
-- @param mean number of pixels scaled to [0, 1]
-- @param std number above 0
-- @param shape? string "image" keeps planes: [N, C, H, W]
-- @return circlet.FloatTensor x [N, pixels]
-- @example
-- data.normalize(circlet.ByteTensor(1, 1, 2):fill(255), 0.5, 0.5)    --> {{1, 1}}
return function(images, mean, std, shape)
  if type(mean) ~= "number" or type(std) ~= "number"
    or std <= 0 or mean ~= mean or std ~= std then
    error("normalize: a mean and a positive standard deviation expected, got "
      .. tostring(mean) .. " and " .. tostring(std), 2)
  end
  if shape ~= nil and shape ~= "flat" and shape ~= "image" then
    error('normalize: the shape is "flat" or "image", got ' .. tostring(shape), 2)
  end
  local n, wanted = images:size(1), images:dim()
  if shape == "image" and wanted ~= 3 then
    error(("normalize: images of 3 dimensions expected, got %d"):format(wanted), 2)
  end
  local x = class.type(images) == "circlet.FloatTensor" and images:clone() or images:float()
  x:div(255):add(-mean):div(std)
  if shape == "image" then return x:view(n, 1, images:size(2), images:size(3)) end
  return x:view(n, n > 0 and images:nElement() // n or 0)
end
