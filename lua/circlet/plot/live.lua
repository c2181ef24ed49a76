--- Training curves that are drawn again while training goes on.
--
-- live:add(row) adds a table of numbers by name and draws when it is time; live:close() draws what
-- has not been drawn; live.history is the list of rows. Both return true; or nil, message, code
-- when the picture could not be drawn, which does not keep rows from being added. Drawing takes at
-- most a twentieth of the time however long one takes.
-- @param options table those of plot.training, and
-- @option path? string where the picture is saved again and again (Picture:save); images are
--   replaced in one step, so that a viewer may follow them
-- @option show? boolean also in the terminal, each time in the place of the last; elsewhere than on
--   a terminal once, at the end
-- @option history? table list of rows that were there before, as of a run that is resumed
-- @option every? number seconds from one drawing to the next at least, 2
-- @option write? function what receives the text in place of standard output
-- @return table
-- @error Raises for options that do not fit, and when neither a path nor show is given.
-- @example
-- local live = circlet.plot.live { path = "curves.svg", title = "gamma 64" }
-- for epoch = 1, 3 do live:add { epoch = epoch, loss = 9 / epoch } end
-- live:close()
-- #live.history           --> 3
local Picture = require "circlet.plot.Picture"
local check = require "circlet.plot.check"
local circlet = require "circlet"
local terminal = require "circlet.report.terminal"
local training = require "circlet.plot.training"

local Live = {}
Live.__index = Live

local SHARE = 1 / 20 -- of the time, at most, that goes into drawing

-- Lines shown last are gone over by the new ones, which are as many columns wide.
local function show(self, picture)
  local rows = math.min(20, terminal.rows() - 2)
  local drawn, message, code = picture:text { columns = terminal.columns(), rows = rows,
    colour = terminal.colour "stdout" }
  if not drawn then return nil, message, code end
  local up = self.shown and ("\27[%dA\27[J"):format(self.shown) or ""
  self.shown = select(2, drawn:gsub("\n", "")) + 1
  self.write(up .. drawn .. "\n")
  return true
end

local function draw(self, last)
  local timer = circlet.Timer()
  local picture = training(self.history, self.options)
  local ok, message, code = true, nil, nil
  if self.path then ok, message, code = picture:save(self.path) end
  if ok and self.show and (self.moving or last) then ok, message, code = show(self, picture) end
  self.behind = false
  self.wait = math.max(self.every, timer:time().real / SHARE)
  self.timer = circlet.Timer()
  if not ok then return nil, message, code end
  return true
end

--- Adds a row, a table of numbers by name, and draws when it is time.
function Live:add(row)
  if type(row) ~= "table" then
    error("plot.live: add needs a table of numbers, got " .. type(row), 2)
  end
  self.history[#self.history + 1] = row
  self.behind = true
  if self.timer and self.timer:time().real < self.wait then return true end
  return draw(self)
end

--- Draws what has not been drawn yet. Elsewhere than on a terminal, where nothing can be drawn
-- over, the curves are shown here alone.
function Live:close()
  if self.closed or not self.behind and (self.moving or not self.show) then return true end
  self.closed = true
  return draw(self, true)
end

local own = { path = true, show = true, every = true, write = true, history = true }

return function(options)
  if type(options) ~= "table" or not (options.path or options.show) then
    check.fail("live", "options with a path, or with show = true, expected")
  end
  local self = setmetatable({ history = {}, path = options.path, options = {} }, Live)
  table.move(options.history or {}, 1, #(options.history or {}), 1, self.history)
  self.behind = #self.history > 0
  self.every = check.number("live", "every", options.every, 2)
  for name, value in pairs(options) do
    if not own[name] then self.options[name] = value end
  end
  training({}, self.options) -- refuses options that there are not now, not at the first row
  if self.path then Picture.check_path(self.path) end
  self.write = options.write or function(s)
    io.stdout:write(s)
    io.stdout:flush()
  end
  self.show = options.show == true
  self.moving = options.write ~= nil or terminal.attached "stdout"
  return self
end
