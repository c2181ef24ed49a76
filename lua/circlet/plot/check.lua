--- Arguments of the functions of circlet.plot.
local circlet = require "circlet"

local check = {}

--- Raises an error of the function `name` where the user called it: the first place on the stack
-- outside of this folder.
function check.fail(name, message, ...)
  local level = 2
  while debug.getinfo(level, "S") and debug.getinfo(level, "S").source:find "circlet/plot/" do
    level = level + 1
  end
  error(("plot.%s: "):format(name) .. message:format(...), level)
end

local fail = check.fail

--- A table of options, empty when there is none. known: a list of names. Raises for others.
function check.options(name, options, known)
  if options == nil then return {} end
  if type(options) ~= "table" then
    fail(name, "options must be a table, got %s", circlet.type(options))
  end
  local names = { title = true, width = true, height = true }
  for _, one in ipairs(known) do names[one] = true end
  for option in pairs(options) do
    if not names[option] then fail(name, "there is no option %s", tostring(option)) end
  end
  return options
end

--- A list of numbers, from a list or from a tensor of any shape. NaN and infinities stay.
function check.numbers(name, what, value)
  if circlet.isTensor(value) then
    return value:nElement() > 0 and value:contiguous():view(-1):totable() or {}
  end
  if type(value) ~= "table" then
    fail(name, "%s must be a list of numbers or a tensor, got %s", what, circlet.type(value))
  end
  for i, x in ipairs(value) do
    if type(x) ~= "number" then
      fail(name, "%s must hold numbers, number %d is %s", what, i, circlet.type(x))
    end
  end
  return value
end

--- A whole number of at least `least`; `default` in place of nil.
function check.whole(name, what, value, default, least)
  if value == nil then return default end
  local number = type(value) == "number" and math.tointeger(value)
  if not number or number < least then
    fail(name, "%s must be a whole number from %d up, got %s", what, least, tostring(value))
  end
  return number
end

--- A finite number; `default` in place of nil.
function check.number(name, what, value, default)
  if value == nil then return default end
  if type(value) ~= "number" or value ~= value or value - value ~= 0 then
    fail(name, "%s must be a number, got %s", what, tostring(value))
  end
  return value
end

--- Embeddings [N, D], Float or Double, and their N labels as a list of integers.
function check.embeddings(name, x, labels)
  local kind = circlet.type(x)
  if kind ~= "circlet.FloatTensor" and kind ~= "circlet.DoubleTensor" then
    fail(name, "embeddings must be a FloatTensor or a DoubleTensor, got %s", kind)
  end
  if x:dim() ~= 2 then fail(name, "embeddings must be [N, D], got %d dimensions", x:dim()) end
  return check.labels(name, labels, x:size(1))
end

--- N labels, a tensor or a list of whole numbers, as a list.
function check.labels(name, labels, n)
  local list = check.numbers(name, "labels", labels)
  if #list ~= n then fail(name, "labels must have %d elements, got %d", n, #list) end
  local whole = {}
  for i, label in ipairs(list) do
    whole[i] = math.tointeger(label)
    if not whole[i] then
      fail(name, "label %d must be a whole number, got %s", i, tostring(label))
    end
  end
  return whole
end

--- Rows brought to length 1, as a cosine sees them; zero rows stay. A new tensor.
function check.normalized(x)
  local norms = x:norm(2, 2)
  norms[norms:eq(0)] = 1
  return x:clone():cdiv(norms:expandAs(x))
end

--- Whole numbers as classes from 1 up, in the order of their appearance.
function check.classes(labels)
  local seen, classes, count = {}, {}, 0
  for i, label in ipairs(labels) do
    if not seen[label] then
      count = count + 1
      seen[label] = count
    end
    classes[i] = seen[label]
  end
  return classes, count
end

return check
