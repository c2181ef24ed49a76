--- Training curves: the loss on the left scale, measures on the right one.
--
-- @param history table list of tables of numbers by name, as scripts/train.lua writes them into
--   history.csv; those without a number under x (baselines) are left out
-- @param options? table
-- @option x? string name of the x axis; by default "epoch" where a row has one, else "step"
-- @option left? string[] names on the left scale, { "loss" }
-- @option right? string[] names on the right scale; by default all others that stand for numbers in
--   0..1, in alphabetical order
-- @option titles? table { [name] = title }
-- @option log_y? boolean
-- @family plot
-- @example
-- local history = { { epoch = 1, loss = 9, map_at_r = 0.4 }, { epoch = 2, loss = 7 } }
-- circlet.plot.training(history)    --> ...
local check = require "circlet.plot.check"
local lines = require "circlet.plot.lines"

local titles = { recall_at_1 = "R@1", r_precision = "R-precision", map_at_r = "MAP@R", nmi = "NMI" }

-- Names, in order, whose numbers are all in 0..1: shares.
local function shares(history, left, x)
  local is_share, names, taken = {}, {}, { [x] = true, seconds = true }
  for _, name in ipairs(left) do taken[name] = true end
  for _, row in ipairs(history) do
    for name, value in pairs(row) do
      if type(value) == "number" and not taken[name] then
        is_share[name] = is_share[name] ~= false and not (value < 0 or value > 1)
      end
    end
  end
  for name, yes in pairs(is_share) do
    if yes then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

-- The step between tics where x counts something: at most ten of them, at whole numbers.
local function step_of(history, x)
  local least, greatest = math.huge, -math.huge
  for _, row in ipairs(history) do
    local value = row[x]
    if type(value) == "number" then
      if not math.tointeger(value) then return nil end
      least, greatest = math.min(least, value), math.max(greatest, value)
    end
  end
  return greatest > least and greatest - least <= 1000 and math.ceil((greatest - least) / 10) or nil
end

local function series_of(history, x, name, title, axis)
  local one = { title = title or titles[name] or name, x = {}, y = {}, axis = axis }
  for _, row in ipairs(history) do
    if type(row[x]) == "number" and type(row[name]) == "number" then
      one.x[#one.x + 1], one.y[#one.y + 1] = row[x], row[name]
    end
  end
  if #one.x > 100 then one.style = "-" end
  return one
end

return function(history, options)
  options = check.options("training", options, { "x", "left", "right", "titles", "log_y" })
  if type(history) ~= "table" then
    check.fail("training", "a list of tables expected, got %s", type(history))
  end
  for i, row in ipairs(history) do
    if type(row) ~= "table" then
      check.fail("training", "row %d must be a table, got %s", i, type(row))
    end
  end
  local x = options.x
  if not x then
    x = "step"
    for _, row in ipairs(history) do
      if type(row.epoch) == "number" then x = "epoch" end
    end
  end
  local left = options.left or { "loss" }
  local right = options.right or shares(history, left, x)
  local given, series = options.titles or {}, {}
  for axis, names in ipairs { left, right } do
    for _, name in ipairs(names) do
      series[#series + 1] = series_of(history, x, name, given[name], axis)
    end
  end
  return lines(series, {
    title = options.title, x_label = x, y_label = table.concat(left, ", "), log_y = options.log_y,
    x_step = step_of(history, x), width = options.width, height = options.height,
  })
end
