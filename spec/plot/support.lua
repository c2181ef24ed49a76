-- What the specs of circlet.plot share: a folder of their own, what a picture sends to gnuplot, and
-- what stands in the files that it makes.
local assert = require "luassert"
local circlet = require "circlet"
local files = require "circlet.report.files"
local shell = require "circlet.report.shell"

local support = {}

support.has_gnuplot = shell.has "gnuplot"

--- A fresh folder, and the function that removes it.
function support.folder()
  local path = os.tmpname()
  os.remove(path)
  assert(files.make_folder(path))
  return path, function() os.execute("rm -rf " .. shell.quote(path)) end
end

--- The lines of a picture's data block as lists of words (numbers as numbers); empty lines are left
-- out. nil when there is no such block.
function support.rows(picture, name)
  local text = picture.data:match("%$" .. name .. " << EOD\n(.-)\n?EOD")
  if not text then return nil end
  local rows = {}
  for line in text:gmatch "[^\n]+" do
    local row = {}
    for word in line:gmatch "%S+" do row[#row + 1] = tonumber(word) or word end
    rows[#rows + 1] = row
  end
  return rows
end

--- One column of such a block.
function support.column(picture, name, place)
  local list = {}
  for i, row in ipairs(support.rows(picture, name)) do list[i] = row[place] end
  return list
end

--- Asserts that the commands of a picture have a text in them.
function support.commands(picture, ...)
  for _, text in ipairs { ... } do
    assert(picture.commands:find(text, 1, true),
      ("%q is not in:\n%s"):format(text, picture.commands))
  end
end

--- Width and height of an image file, which must be whole: pixels of PNG and SVG, points of PDF.
function support.size(path)
  local bytes = assert(files.read(path))
  if path:find "%.png$" then
    local image = assert(circlet.data.image(path))
    return image:size(3), image:size(2)
  elseif path:find "%.svg$" then
    assert(bytes:find "^<%?xml" and bytes:find "</svg>%s*$", "no whole SVG file")
    local width, height = bytes:match '<svg%s+width="(%d+)" height="(%d+)"'
    return tonumber(width), tonumber(height)
  end
  assert(bytes:find "^%%PDF%-1%.%d" and bytes:find "%%%%EOF%s*$", "no whole PDF file")
  local width, height = bytes:match "/MediaBox %[ 0 0 (%S+) (%S+) %]"
  return tonumber(width), tonumber(height)
end

--- Asserts that the picture is drawn without a complaint as PNG, SVG and PDF of its size, and in
-- characters; returns the last. Says nothing where gnuplot is missing: specs of what is sent to it
-- hold all the same.
function support.draws(picture)
  if not support.has_gnuplot then return "" end
  local folder, remove = support.folder()
  local good, message = pcall(function()
    local run = shell.run
    shell.run = function(words)
      -- The complaints of gnuplot are what shell.run returns when a program fails.
      return run { "sh", "-c", '"$@" 2>' .. folder .. "/said", "sh", table.unpack(words) }
    end
    local drawn, paths, reason = pcall(picture.save, picture,
      { folder .. "/a.png", folder .. "/a.svg", folder .. "/a.pdf" })
    shell.run = run
    assert(drawn and paths, reason)
    assert.equal("", files.read(folder .. "/said"))
    for i, scale in ipairs { 1, 1, 72 / 96 } do
      local width, height = support.size(paths[i])
      assert.near(picture.width * scale, width, 1) -- PDF files have whole points
      assert.near(picture.height * scale, height, 1)
    end
    return assert(picture:text())
  end)
  remove()
  assert(good, message)
  return message
end

return support
