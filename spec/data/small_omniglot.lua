-- The two sets of Omniglot in small: four characters each, four drawings of a character, of which
-- every one is the character's strokes with a little of its own.
local files = require "spec.io.support"
local pictures = require "spec.io.pictures"

local small = {}

small.first = { "Balinese/character01", "Balinese/character02", "Korean/character01",
  "Korean/character02", "Latin/character01" }
small.second = { "Latin/character01", "Latin/character02", "Sanskrit/character01",
  "Sanskrit/character02" }

--- Drawing i of a class: black (0) on white (1), one bit a pixel, as the published ones are.
function small.drawing(class, i)
  local seed = 0
  for _, byte in ipairs { class:byte(1, -1) } do seed = (31 * seed + byte) % 1009 end
  return pictures.png(15, 15, 0, 1, function(x, y)
    local stroke = x == 2 + seed % 11 or y == 2 + seed // 11 % 11
      or (x + y) % 14 == seed // 121 % 14
    return x > 0 and y > 0 and stroke and (x * y) % 9 ~= i and 0 or 1
  end)
end

function small.write(folder)
  for number, classes in ipairs { small.first, small.second } do
    local outer, list = "images_background_small" .. number, {}
    for _, class in ipairs(classes) do
      for i = 1, 4 do
        list[#list + 1] = { ("%s/%s/%02d.png"):format(outer, class, i), small.drawing(class, i) }
      end
    end
    files.write(("%s/%s.zip"):format(folder, outer), pictures.zip(list))
  end
end

return small
