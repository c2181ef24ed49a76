--- A progress bar with the time left.
--
--     local bar = progress { total = 120, label = "sweep" }
--     for i = 1, 120 do ...; bar:update(i, "gamma 64") end
--     bar:finish()
--
-- On a terminal the bar is redrawn in place, at most ten times a second, with any lines that
-- bar:above() put over it. Elsewhere (a log file, a pipe) it writes a plain line now and then.
--
-- Invariant: between calls the cursor stands at the end of the last drawn line, and `drawn` lines
-- belong to the bar; every draw begins by taking exactly these back.
local terminal = require "circlet.report.terminal"
local text = require "circlet.report.text"

local Progress = {}
Progress.__index = Progress

local redraw_seconds = 0.1
local log_seconds = 10

local function wall_clock()
  local timer = require("circlet").Timer()
  return function() return timer:time().real end
end

--- Options: total (> 0; work in any unit), label, start (work already done before, 0: it counts
-- as done but not for the time left), write (a function of a string; default: to stderr), terminal
-- (boolean; default: whether stderr is one), width (columns), unicode (boolean), clock (a function
-- that returns seconds).
-- @name circlet.report.progress.Progress
-- @param options table
-- @return table bar
-- @error Raises for a total that is no number above 0.
-- @example
-- local bar = report.progress { total = 2, terminal = false, write = function() end }
-- for i = 1, 2 do bar:update(i) end
-- bar:finish()
local function new(_, options)
  local total = options.total
  if type(total) ~= "number" or total ~= total or total <= 0 then
    error("progress: total must be a positive number, got " .. tostring(total), 2)
  end
  local self = setmetatable({}, Progress)
  self.total, self.label = total, options.label or ""
  self.done, self.base = options.start or 0, options.start or 0
  self.write = options.write or function(s) io.stderr:write(s) end
  self.terminal = options.terminal
  if self.terminal == nil then self.terminal = terminal.attached("stderr") end
  self.width = options.width or (self.terminal and terminal.columns() or 80)
  self.unicode = options.unicode
  if self.unicode == nil then self.unicode = terminal.unicode() end
  self.clock = options.clock or wall_clock()
  self.started = self.clock()
  self.last_draw, self.last_log = -math.huge, self.started
  self.over, self.drawn, self.note = {}, 0, ""
  return self
end

--- Seconds since the start, and the estimate of those left (nil before anything was done).
-- @name circlet.report.progress.Progress:times
-- @return number elapsed
-- @return number? left
-- @example
-- local bar = report.progress { total = 10, terminal = false, write = function() end }
-- (bar:times()) >= 0    --> true
function Progress:times()
  local elapsed = self.clock() - self.started
  local fresh = self.done - self.base
  if fresh <= 0 then return elapsed, nil end
  return elapsed, elapsed / fresh * math.max(0, self.total - self.done)
end

--- The bar as one line of at most `width` columns.
-- @name circlet.report.progress.Progress:render
-- @param width integer
-- @return string line
-- @example
-- local bar = report.progress { total = 10, terminal = false, write = function() end }
-- #bar:render(60) > 0    --> true
function Progress:render(width)
  local elapsed, left = self:times()
  local share = math.max(0, math.min(1, self.done / self.total))
  local head = ("%s%3d%% "):format(self.label == "" and "" or self.label .. " ",
    math.floor(share * 100))
  local tail = (" %s, %s left%s"):format(text.duration(elapsed), text.duration(left),
    self.note == "" and "" or "  " .. self.note)
  local cells = math.max(10, math.min(30, width - text.width(head) - text.width(tail)))
  local full = math.floor(share * cells)
  local filled, open = self.unicode and "█" or "#", self.unicode and "░" or "-"
  return text.cut(head .. filled:rep(full) .. open:rep(cells - full) .. tail, width)
end

-- Takes back what the bar drew last.
--- Takes what is drawn off the screen.
-- @name circlet.report.progress.Progress:erase
-- @internal
function Progress:erase()
  if self.drawn == 0 then return "" end
  local up = self.drawn > 1 and ("\27[%dA"):format(self.drawn - 1) or ""
  self.drawn = 0
  return "\r" .. up .. "\27[J"
end

--- Draws the bar now.
-- @name circlet.report.progress.Progress:draw
-- @internal
function Progress:draw()
  local lines = {}
  for _, line in ipairs(self.over) do lines[#lines + 1] = text.cut(line, self.width - 1) end
  lines[#lines + 1] = self:render(self.width - 1)
  local erase = self:erase()
  self.drawn = #lines
  self.write(erase .. table.concat(lines, "\n"))
  self.last_draw = self.clock()
end

--- Says that `done` of the total is done; `note` (kept until replaced) stands behind the times.
-- @name circlet.report.progress.Progress:update
-- @param done number
-- @param note? string
-- @example
-- local bar = report.progress { total = 10, terminal = false, write = function() end }
-- bar:update(5, "loss 0.5")
function Progress:update(done, note)
  self.done, self.note = done, note or self.note
  local now = self.clock()
  if self.terminal then
    if now - self.last_draw >= redraw_seconds then self:draw() end
  elseif now - self.last_log >= log_seconds then
    self.last_log = now
    local elapsed, left = self:times()
    self.write(("%s%d%% done, %s, %s left%s\n"):format(
      self.label == "" and "" or self.label .. ": ", math.floor(100 * done / self.total),
      text.duration(elapsed), text.duration(left),
      self.note == "" and "" or ", " .. self.note))
  end
end

--- Replaces the lines that are drawn above the bar (a list of strings; on a terminal only).
-- @name circlet.report.progress.Progress:above
-- @param lines string[]
-- @example
-- local bar = report.progress { total = 10, terminal = false, write = function() end }
-- bar:above { "best so far" }
function Progress:above(lines)
  self.over = lines
  if self.terminal then self:draw() end
end

--- Writes a line that stays, before the bar.
-- @name circlet.report.progress.Progress:line
-- @param line string
-- @example
-- local bar = report.progress { total = 10, terminal = false, write = function() end }
-- bar:line "epoch 1"
function Progress:line(line)
  if not self.terminal then
    self.last_log = self.clock()
    self.write(line .. "\n")
    return
  end
  self.write(self:erase() .. line .. "\n")
  self:draw()
end

--- Takes the bar off the screen; `line`, when given, is written in its place.
-- @name circlet.report.progress.Progress:finish
-- @param line? string
-- @example
-- local bar = report.progress { total = 10, terminal = false, write = function() end }
-- bar:finish "done"
function Progress:finish(line)
  self.write(self:erase() .. (line and line .. "\n" or ""))
end

return setmetatable({ Progress = Progress }, { __call = new })
