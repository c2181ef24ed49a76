--- A picture: what gnuplot is to draw, apart from where it goes.
--
-- The functions of circlet.plot return one. Images appear whole or not at all. A picture saved
-- without an ending leaves the script that drew it beside the images (data included), to be
-- restyled and drawn again with `gnuplot NAME.gp`. tostring gives the picture in characters, or why
-- there is none.
-- @class circlet.plot.Picture
-- @example
-- local picture = circlet.plot.lines { { title = "loss", x = { 1, 2, 3 }, y = { 9, 4, 2 } } }
-- picture:save { "loss.svg", "loss.pdf" }   --> {"loss.svg", "loss.pdf"}
-- picture                                           --> ...
local files = require "circlet.report.files"
local gnuplot = require "circlet.plot.gnuplot"
local shell = require "circlet.report.shell"
local terminal = require "circlet.report.terminal"

local Picture = {}
Picture.__index = Picture

local PIXELS_PER_INCH = 96

-- Commands that choose the terminal of gnuplot for an image of so many pixels.
local kinds = {
  png = "set terminal pngcairo noenhanced size %d,%d font 'DejaVu Sans,11'",
  svg = "set terminal svg noenhanced size %d,%d font 'DejaVu Sans,13' background 'white'",
  pdf = "set terminal pdfcairo noenhanced color size %gin,%gin font 'DejaVu Sans,9' fontscale 1",
  sixel = "set terminal sixelgd noenhanced truecolor size %d,%d font 'DejaVu Sans,11'",
}

-- Endings of images that somebody might expect to work.
local other_images = { jpg = true, jpeg = true, gif = true, eps = true, ps = true, bmp = true,
                       tif = true, tiff = true, webp = true, html = true, tex = true }

--- A picture from a table.
-- @param body table data (named blocks of gnuplot), commands (the script without terminal and
--   output), width and height in pixels (900 x 420); characters: commands in their place where only
--   characters can be shown, or a function (columns) -> text that needs no gnuplot; rows: how many
--   lines of characters (24); empty: why there is nothing to draw, which save and show then return
-- @return circlet.plot.Picture
-- @example
-- circlet.plot.Picture.new { commands = "plot sin(x)", width = 300 }.width    --> 300
function Picture.new(body)
  return setmetatable({ data = body.data or "", commands = body.commands or "",
    characters = body.characters, rows = body.rows or 24, empty = body.empty,
    width = body.width or 900, height = body.height or 420 }, Picture)
end

local function terminal_of(self, kind)
  local width, height = self.width, self.height
  if kind == "pdf" then width, height = width / PIXELS_PER_INCH, height / PIXELS_PER_INCH end
  return kinds[kind]:format(width, height)
end

local function drawing(self, output)
  local image = kinds[output[1]]
  return table.concat({ "reset", image and terminal_of(self, output[1]) or output[1],
    "set output " .. gnuplot.quote(output[2]), gnuplot.head(image),
    output.commands or self.commands, "unset output" }, "\n")
end

--- The script that draws the picture: the data once, then the commands for each output.
-- @internal
-- @param outputs table list of { kind or terminal command, path }
function Picture:script(outputs)
  local parts = { self.data }
  for _, output in ipairs(outputs) do
    parts[#parts + 1] = drawing(self, output)
  end
  return table.concat(parts, "\n") .. "\n"
end

-- Runs the script of the outputs, which stands in the file `job` meanwhile. Whether they were all
-- drawn, or nil, message, "io".
local function run(self, job, outputs)
  if self.empty then return nil, "plot: " .. self.empty, "format" end
  if not shell.has "gnuplot" then
    return nil, "gnuplot is not installed, so no picture is drawn (Debian: gnuplot-nox)", "io"
  end
  local ok, message, code = files.write(job, self:script(outputs))
  if not ok then return nil, message, code end
  ok, message = shell.run { "gnuplot", "-d", job } -- -d: nobody's ~/.gnuplot changes the picture
  if not ok then return nil, "gnuplot failed: " .. tostring(message), "io" end
  return true
end

-- Draws into files that are new, and puts them in place of `paths` once all of them are there.
local function replace(self, outputs)
  local job, fresh = os.tmpname(), {}
  local mark = "." .. job:match "[^/]*$" .. ".tmp"
  for i, output in ipairs(outputs) do fresh[i] = { output[1], output[2] .. mark } end
  local good, ok, message, code = pcall(run, self, job, fresh)
  os.remove(job)
  for i, output in ipairs(outputs) do
    if good and ok then
      ok, message = os.rename(fresh[i][2], output[2])
      code = "io"
    else
      os.remove(fresh[i][2])
    end
  end
  if not good then error(ok, 0) end
  if not ok then return nil, message, code end
  return true
end

-- The images that a path asks for, and where the script goes, if anywhere.
local function outputs_of(path)
  if type(path) ~= "string" or path == "" or path:sub(-1) == "/" then
    error("plot: the name of a file expected, got " .. tostring(path), 4)
  end
  local ending = (path:match "[^/]%.(%w+)$" or ""):lower()
  if ending == "png" or ending == "svg" or ending == "pdf" then return { { ending, path } } end
  if other_images[ending] then
    error(("plot: pictures are drawn as .svg, .png and .pdf, not as .%s"):format(ending), 4)
  end
  return { { "png", path .. ".png" }, { "svg", path .. ".svg" } }, path .. ".gp"
end

-- The images of a path or a list of paths, and the scripts.
local function all_outputs(path)
  local outputs, scripts = {}, {}
  for _, name in ipairs(type(path) == "table" and path or { path }) do
    local list, script = outputs_of(name)
    table.move(list, 1, #list, #outputs + 1, outputs)
    scripts[#scripts + 1] = script
  end
  if #outputs == 0 then
    error("plot: the name of a file expected, got " .. (path and "an empty list" or "nil"), 3)
  end
  return outputs, scripts
end

--- Raises for what save would not take.
-- @internal
function Picture.check_path(path) all_outputs(path) end

--- Draws the picture into files.
-- @param path string a name that ends in .svg, .png or .pdf, a list of such names, or a name
--   without such an ending, for NAME.png, NAME.svg and the script NAME.gp
-- @return string[]? paths of the images
-- @error Returns nil, message, code: "io" when gnuplot is missing or fails or a file cannot be
--   written, "format" when there is nothing to draw. Raises for other endings of images.
-- @example
-- circlet.plot.lines({ { x = { 1, 2 }, y = { 1, 4 } } }):save "a"     --> {"a.png", "a.svg"}
-- circlet.plot.lines({}):save "b"        --> nil  plot: no value to draw  format
function Picture:save(path)
  local outputs, scripts = all_outputs(path)
  local ok, message, code = replace(self, outputs)
  if not ok then return nil, message, code end
  for _, script in ipairs(scripts) do
    local name, own = script:match "([^/]*)%.gp$", {}
    for _, kind in ipairs { "png", "svg" } do own[#own + 1] = { kind, name .. "." .. kind } end
    ok, message, code = files.write(script,
      ("# Drawn by circlet. To draw it again: gnuplot %s.gp\n"):format(name) .. self:script(own))
    if not ok then return nil, message, code end
  end
  local paths = {}
  for i, output in ipairs(outputs) do paths[i] = output[2] end
  return paths
end

-- What gnuplot writes for one output, as a string.
local function drawn(self, kind, commands)
  local job, path = os.tmpname(), os.tmpname()
  local good, ok, message, code = pcall(run, self, job,
    { { kind, path, commands = commands } })
  local bytes = good and ok and files.read(path)
  os.remove(job)
  os.remove(path)
  if not good then error(ok, 0) end
  if not ok then return nil, message, code end
  return bytes
end

--- The picture in characters.
-- @param options? table
-- @option columns? integer 80
-- @option rows? integer the picture's own
-- @option colour? boolean with ANSI colours
-- @return string? text lines
-- @error Returns nil, message, code as save does.
-- @example
-- circlet.plot.lines({ { x = { 1, 2 }, y = { 1, 4 } } }):text { columns = 60 }    --> ...
function Picture:text(options)
  options = options or {}
  local columns, rows = options.columns or 80, options.rows or self.rows
  if type(self.characters) == "function" then
    if self.empty then return nil, "plot: " .. self.empty, "format" end
    return self.characters(columns)
  end
  local set_terminal = ("set terminal dumb noenhanced nofeed size %d,%d %s"):format(columns, rows,
    options.colour and "ansi256" or "mono")
  local text, message, code = drawn(self, set_terminal, self.characters)
  if not text then return nil, message, code end
  -- gnuplot changes colours even where nothing follows, and fills lines with spaces.
  text = text:gsub("\f", ""):gsub(" +\n", "\n"):gsub("^\n+", ""):gsub("%s+$", "")
  return text
end

--- Shows the picture in the terminal: as an image where the terminal understands sixel graphics
-- (xterm, foot, WezTerm, mlterm and others say so when asked), otherwise in characters.
-- @param options? table
-- @option terminal? string "sixel" or "characters", not to ask
-- @option columns? integer of characters; by default those of the terminal
-- @option rows? integer of characters
-- @option write? function what receives the bytes in place of standard output
-- @return boolean? shown true
-- @error Returns nil, message, code as save does. Raises for another terminal.
-- @example
-- local picture = circlet.plot.lines { { x = { 1, 2 }, y = { 1, 4 } } }
-- local function write(text) print(#text > 100) end
-- picture:show { terminal = "characters", write = write }  --> true
function Picture:show(options)
  options = options or {}
  local how, write = options.terminal, options.write
  if how ~= nil and how ~= "sixel" and how ~= "characters" then
    error('plot: terminal must be "sixel" or "characters", got ' .. tostring(how), 2)
  end
  how = how or (terminal.attached "stdout" and terminal.sixel() and "sixel" or "characters")
  local bytes, message, code
  if how == "sixel" then
    bytes, message, code = drawn(self, "sixel")
  else
    bytes, message, code = self:text { columns = options.columns or terminal.columns(),
      rows = options.rows, colour = terminal.colour "stdout" }
  end
  if not bytes then return nil, message, code end
  write = write or function(s)
    io.stdout:write(s)
    io.stdout:flush()
  end
  write(bytes .. "\n")
  return true
end

--- The picture in characters, so that the prompt shows it; or why there is none.
function Picture:__tostring()
  local text, message = self:text { columns = terminal.columns() }
  return text or ("(%s)"):format(message)
end

Picture.__typename = "circlet.Picture"

return Picture
