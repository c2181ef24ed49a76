--- The package `xlua`: the progress bar that loops of scripts for Torch7 draw.
local circlet = require "circlet"

local xlua = {}
local bar, goal_before, last

--- Call it with 1, 2, ... up to goal; the bar goes to stderr.
function xlua.progress(current, goal)
  if type(current) ~= "number" or type(goal) ~= "number" or goal <= 0 then
    error("xlua.progress: the step and a goal above 0 expected", 2)
  end
  if not bar or goal ~= goal_before or current < last then
    bar = circlet.report.progress { total = goal }
    goal_before = goal
  end
  last = math.min(current, goal)
  bar:update(last)
  if current >= goal then
    bar:finish()
    bar = nil
  end
end

--- Loads a package when it is there: returns it, or nil (or raises, when `fatal`).
function xlua.require(name, fatal)
  local ok, result = pcall(require, name)
  if ok then return result end
  local absent = ("module '%s' not found"):format(name)
  if fatal or not tostring(result):find(absent, 1, true) then error(result, 0) end
  return nil
end

return xlua
