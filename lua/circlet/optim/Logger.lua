--- optim.Logger(path [, timestamp]): columns of numbers written to a file as training goes on, and
-- drawn.
--
--     local logger = optim.Logger("runs/loss.log")
--     logger:setNames { "train loss", "test loss" }
--     logger:add { 0.5, 0.6 }                   -- a line; numbers stand as %11.4e, tabs between
--     logger:style { "-", "+-" }                -- how plot draws each column
--     local images = logger:plot()              -- runs/loss.log.png and .svg, through gnuplot
--
-- add{ ["train loss"] = 0.5 }, the older form, names the columns by their keys in alphabetical
-- order. With timestamp = true the date stands in the file's name. A path of nil keeps the numbers
-- in memory alone (`symbols`, lists by column). The file is complete after every add. Raises for a
-- line of another length than the names, or when the file cannot be written.
-- @param path string
-- @param timestamp? boolean the file's name gets the time
-- @example
-- local log = optim.Logger("loss.log")
-- log:setNames { "loss", "recall" }
-- log:add { 0.5, 0.8 }
-- circlet.read_file("loss.log"):find("loss", 1, true) ~= nil    --> true
local circlet = require "circlet"
local class = require "circlet.class"

local Logger = class("optim.Logger")

function Logger:__init(path, timestamp)
  if path ~= nil and type(path) ~= "string" then
    error("optim.Logger: a path expected, got " .. circlet.type(path), 2)
  end
  if path and timestamp then
    local folder, name = path:match "^(.-)([^/]*)$"
    path = folder .. os.date "%Y%m%d-%H%M%S_" .. name
  end
  self.name = path
  self.names, self.symbols, self.styles = nil, {}, {}
  self.showPlot, self.logscale = false, false
  if path then self:_write("w", "") end
end

-- The file is opened for each line alone, so a logger is plain data and can be saved.
function Logger:_write(how, text)
  local file, message = io.open(self.name, how)
  if not file then error("optim.Logger: " .. message, 3) end
  local ok, trouble = file:write(text)
  local closed, more = file:close()
  if not (ok and closed) then
    error(("optim.Logger: %s: %s"):format(self.name, trouble or more), 3)
  end
end

local function start(self, names)
  self.names, self.symbols = names, {}
  for i in ipairs(names) do self.symbols[i] = {} end
  if self.name then self:_write("a", table.concat(names, "\t") .. "\n") end
end

--- Names the columns and begins the table anew; returns self.
-- @param names string[]
-- @return optim.Logger self
-- @example
-- optim.Logger("loss.log"):setNames({ "loss" }):add { 1 }
function Logger:setNames(names)
  if type(names) ~= "table" or #names == 0 then
    error("optim.Logger: a list of names expected, got " .. circlet.type(names), 2)
  end
  local list = {}
  for i, name in ipairs(names) do list[i] = tostring(name) end
  start(self, list)
  return self
end

-- A line given by names; the first such line names the columns.
local function by_name(self, line)
  if not self.names then
    local names = {}
    for name in pairs(line) do names[#names + 1] = tostring(name) end
    table.sort(names)
    start(self, names)
  end
  local list, taken = {}, 0
  for i, name in ipairs(self.names) do
    if line[name] == nil then error("optim.Logger: a value for " .. name .. " is missing", 3) end
    list[i], taken = line[name], taken + 1
  end
  for name in pairs(line) do taken = taken - (name and 1) end
  if taken ~= 0 then error("optim.Logger: a value has a name that is no column", 3) end
  return list
end

--- Adds a line: a list of values in the order of the names, or a table by name.
-- @param line number[]|table
-- @example
-- local log = optim.Logger("loss.log"):setNames { "loss" }
-- log:add { loss = 0.5 }
function Logger:add(line)
  if type(line) ~= "table" or next(line) == nil then
    error("optim.Logger: a table of values expected, got " .. circlet.type(line), 2)
  end
  if #line == 0 then line = by_name(self, line) end
  if not self.names then
    local names = {}
    for i in ipairs(line) do names[i] = tostring(i) end
    start(self, names)
  end
  if #line ~= #self.names then
    error(("optim.Logger: %d values expected, got %d"):format(#self.names, #line), 2)
  end
  local texts = {}
  for i, value in ipairs(line) do
    table.insert(self.symbols[i], value)
    texts[i] = type(value) == "number" and ("%11.4e"):format(value) or tostring(value)
  end
  if self.name then self:_write("a", table.concat(texts, "\t") .. "\n") end
end

--- How plot draws the columns: a list of "-" (lines), "+" (points), "+-" (both) and the like.
-- @param styles string[]|string
-- @return optim.Logger self
-- @example
-- optim.Logger("loss.log"):setNames({ "loss" }):style { "+-" }
function Logger:style(styles)
  if type(styles) ~= "table" then styles = { styles } end
  self.styles = styles
  return self
end

--- A logarithmic y axis for plot, or not.
-- @param state? boolean true by default
-- @return optim.Logger self
-- @example
-- optim.Logger("loss.log"):setNames({ "loss" }):setlogscale(true)
function Logger:setlogscale(state)
  self.logscale = state ~= false
  return self
end

--- Kept for Torch7's scripts: pictures go to files, never to a screen.
-- @param state boolean
-- @return optim.Logger self
-- @example
-- optim.Logger("loss.log"):display(false)
function Logger:display(state)
  self.showPlot = state ~= false
  return self
end

--- Draws every column of numbers over the line number, to <path>.png and <path>.svg. Returns the
-- two paths; or nil, message, code when there is nothing to draw, no path, or no gnuplot.
-- @return string png
-- @return string svg
-- @example
-- local log = optim.Logger("loss.log"):setNames { "loss" }
-- for i = 1, 3 do log:add { 1 / i } end
-- local drawn, why = log:plot()
function Logger:plot()
  if not self.name then return nil, "optim.Logger: without a path there is no picture", "io" end
  local series = {}
  for i, values in ipairs(self.symbols) do
    local x, y = {}, {}
    for at, value in ipairs(values) do
      if type(value) == "number" then x[#x + 1], y[#y + 1] = at, value end
    end
    if #x > 0 then
      series[#series + 1] = { title = self.names[i], x = x, y = y, style = self.styles[i] }
    end
  end
  if #series == 0 then return nil, "optim.Logger: there is no number to draw", "format" end
  return circlet.plot.lines(series, { log_y = self.logscale, x_label = "line" }):save(self.name)
end

return Logger
