--- What is seen of a study while workers run it: on a terminal a bar with the time left under a
-- table of the best trials and of those that run. Elsewhere only failures, a line each; with
-- { progress = true } a line for every trial. { progress = false } shows nothing anywhere.
local uv = require "luv"
local folders = require "circlet.study.folders"
local progress = require "circlet.report.progress"
local ranking = require "circlet.study.ranking"
local tables = require "circlet.report.table"
local terminal = require "circlet.report.terminal"
local text = require "circlet.report.text"

local Screen = {}
Screen.__index = Screen

local redraw_ms, best_shown = 250, 5

--- supervisor: has study, options, slots. now: turns.progress(). options: write, terminal, width,
-- unicode, clock, as progress() takes them.
function Screen.new(supervisor, now, options)
  local self = setmetatable({ supervisor = supervisor, study = supervisor.study, now = now },
    Screen)
  local wish = supervisor.options.progress
  self.write = options and options.write or function(s) io.stderr:write(s) end
  self.attached = options and options.terminal
  if self.attached == nil then self.attached = terminal.attached "stderr" end
  self.silent, self.lines = wish == false, wish == true and not self.attached
  if not self.silent and (self.attached or self.lines) then
    options = options or {}
    self.bar = progress { total = math.max(1, now.total), start = now.done, label = self.study.name,
                          write = self.write, terminal = self.attached, width = options.width,
                          unicode = options.unicode, clock = options.clock }
  end
  if self.bar and now.done > 0 then
    self.bar:line(("%d of %d trials ended earlier (%s)"):format(now.done, now.total,
      self.study.journal.path))
  end
  return self
end

local function value_text(values)
  local parts = {}
  for i, value in ipairs(values or {}) do parts[i] = ("%.5g"):format(value) end
  return table.concat(parts, " ")
end

-- "gamma 64, m 0.25", sorted by name.
local function params_text(params)
  local names = {}
  for name in pairs(params) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do
    local value = params[name]
    if math.type(value) == "float" then value = text.number(tonumber(("%.5g"):format(value))) end
    names[i] = name .. " " .. tostring(value)
  end
  return table.concat(names, ", ")
end
Screen.params_text = params_text

local function row_of(record, place, value, seconds)
  local row = { trial = record.number, place = place, value = value, seconds = seconds }
  for name, x in pairs(record.params) do
    row["param " .. name] = type(x) == "number" and x or tostring(x)
  end
  return row
end

-- The best trials, then those that our workers run.
function Screen:table_lines()
  local rows, columns, seen = {}, { { key = "place", title = "" }, { key = "trial" } }, {}
  local record = self.study:record()
  local best = #record.directions == 1 and ranking.ranked(record) or ranking.pareto(record)
  for i = 1, math.min(best_shown, #best) do
    rows[i] = row_of(best[i], i == 1 and "best" or "", value_text(best[i].values),
      text.duration(ranking.seconds(best[i])))
  end
  for _, slot in ipairs(self.supervisor.slots) do
    if slot.handle and slot.trial then
      local last, value
      for step, x in pairs(slot.trial.intermediate) do
        if not last or step > last then last, value = step, x end
      end
      rows[#rows + 1] = row_of(slot.trial, "running",
        last and ("%.5g (step %d)"):format(value, last) or "", text.duration(
          (uv.now() - slot.since) / 1000))
    end
  end
  local names = {}
  for _, row in ipairs(rows) do
    for key in pairs(row) do
      if key:find "^param " and not seen[key] then
        seen[key] = true
        names[#names + 1] = key
      end
    end
  end
  table.sort(names)
  for _, key in ipairs(names) do
    columns[#columns + 1] = { key = key, title = key:sub(7), format = "%.5g", missing = "" }
  end
  columns[#columns + 1] = { key = "value", title = #record.directions > 1 and "values" or "value" }
  columns[#columns + 1] = { key = "seconds", title = "time", missing = "", align = "right" }
  if #rows == 0 then return {} end
  local lines = tables.lines(columns, rows, { ascii = not self.bar.unicode })
  table.insert(lines, 1, "")
  lines[#lines + 1] = ""
  return lines
end

--- now: turns.progress().
function Screen:update(now)
  self.now = now
  if not self.bar then return end
  self.bar.total = math.max(1, now.total)
  if self.attached and (not self.drawn or uv.now() - self.drawn > redraw_ms) then
    self.drawn = uv.now()
    self.bar.done = now.done
    self.bar:above(self:table_lines())
  end
  self.bar:update(now.done)
end

--- A trial has ended.
function Screen:ended(record)
  if self.silent or record.system_attrs["circlet:interrupted"] then return end
  local line
  if record.state == "fail" then
    line = ("trial %d failed: %s (%s/log.txt)"):format(record.number,
      tostring(record.user_attrs.error), folders.trial(self.study, record.number))
  elseif self.lines then
    self.bar.done = self.now.done
    local _, left = self.bar:times()
    line = ("trial %d %s: %s: %s, %s left"):format(record.number, record.state,
      params_text(record.params), value_text(record.values), text.duration(left))
  else
    return
  end
  if self.bar then self.bar:line(line) else self.write(self.study.name .. ": " .. line .. "\n") end
end

--- Ctrl-C was heard.
function Screen:interrupted(workers)
  if not self.bar then return end
  self.bar:line(("ending %d worker%s; Ctrl-C again ends them at once"):format(workers,
    workers == 1 and "" or "s"))
end

--- Takes the bar off the screen.
function Screen:close()
  if self.bar then self.bar:finish() end
end

return Screen
