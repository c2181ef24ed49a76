--- What a parameter is drawn from, as the journal keeps it: a table
--     { name = "FloatDistribution", low, high, log, step }       step nil: continuous
--     { name = "IntDistribution", low, high, log, step }
--     { name = "CategoricalDistribution", choices }
-- In a journal a value is a number: itself, or the index (from 0) of a choice.
-- @internal
local json = require "circlet.json"

local distribution = {}

local function misuse(what, ...) error(("study: " .. what):format(...), 0) end

local function finite(value) return value > -math.huge and value < math.huge end

local function check_ends(name, low, high)
  if type(low) ~= "number" or type(high) ~= "number" or not finite(low) or not finite(high) then
    misuse("%s: low and high must be finite numbers, got %s and %s", name, tostring(low),
      tostring(high))
  end
  if low > high then misuse("%s: low must not exceed high, got %s and %s", name, low, high) end
end

--- low <= x <= high; options.log draws log x uniformly (low > 0), options.step counts from low.
-- high is lowered to the last step. Raises for anything else.
function distribution.float(name, low, high, options)
  check_ends(name, low, high)
  local log, step = options and options.log or false, options and options.step
  if log and step then misuse("%s: log and step exclude each other", name) end
  if log and low <= 0 then misuse("%s: log needs low > 0, got %s", name, low) end
  if step then
    if type(step) ~= "number" or not finite(step) or step <= 0 then
      misuse("%s: step must be a positive number, got %s", name, tostring(step))
    end
    -- A quotient a hair below a whole number is meant to be that number: 0.5 / 0.1.
    high = low + math.floor((high - low) / step + 1e-8) * step
  end
  return { name = "FloatDistribution", low = low + 0.0, high = high + 0.0, log = log,
           step = step and step + 0.0 }
end

--- Integers low..high; options.log (low >= 1), options.step (1).
function distribution.int(name, low, high, options)
  check_ends(name, low, high)
  local step = options and options.step or 1
  local log = options and options.log or false
  local whole = { math.tointeger(low), math.tointeger(high), math.tointeger(step) }
  if not (whole[1] and whole[2] and whole[3]) then
    misuse("%s: low, high and step must be whole numbers, got %s, %s, %s", name, low, high,
      tostring(step))
  end
  low, high, step = table.unpack(whole)
  if step < 1 then misuse("%s: step must be at least 1, got %d", name, step) end
  if log and step ~= 1 then misuse("%s: log and step exclude each other", name) end
  if log and low < 1 then misuse("%s: log needs low >= 1, got %d", name, low) end
  return { name = "IntDistribution", low = low, high = low + (high - low) // step * step, log = log,
           step = step }
end

local choice_types = { string = true, number = true, boolean = true }

--- One of a list of strings, numbers, booleans or json.null.
function distribution.categorical(name, choices)
  if type(choices) ~= "table" or #choices == 0 then
    misuse("%s: a list of choices expected, got %s", name, type(choices))
  end
  for i, choice in ipairs(choices) do
    if choice ~= json.null and not choice_types[type(choice)] then
      misuse("%s: choice %d must be a string, a number, a boolean or json.null, got %s", name, i,
        type(choice))
    end
  end
  return { name = "CategoricalDistribution", choices = json.array { table.unpack(choices) } }
end

--- The text that stands in a journal. Kept with the table: it is asked for again and again.
function distribution.encode(d)
  if not d.text then
    local attributes = d.choices and { choices = d.choices }
      or { low = d.low, high = d.high, log = d.log, step = d.step or json.null }
    d.text = json.encode({ name = d.name, attributes = attributes }, { nan = "bare" })
  end
  return d.text
end

local kinds = { FloatDistribution = true, IntDistribution = true, CategoricalDistribution = true }

-- The distribution in a text, or nil and what is wrong with it.
local function decode(text)
  local value, message = json.decode(text, { nan = "bare" })
  if value == nil then return nil, message end
  local attributes = type(value) == "table" and value.attributes
  if type(attributes) ~= "table" or not kinds[value.name] then
    return nil, "not a float, int or categorical distribution"
  end
  if value.name == "CategoricalDistribution" then
    if type(attributes.choices) ~= "table" or #attributes.choices == 0 then
      return nil, "a categorical distribution without choices"
    end
    return { name = value.name, choices = attributes.choices, text = text }
  end
  local step = attributes.step ~= json.null and attributes.step or nil
  local low, high = attributes.low, attributes.high
  if type(low) ~= "number" or type(high) ~= "number" or type(attributes.log) ~= "boolean"
    or step ~= nil and type(step) ~= "number" then
    return nil, "a distribution needs low, high, log and step"
  end
  return { name = value.name, low = low, high = high, log = attributes.log, step = step,
           text = text }
end

-- A study has few distributions and many trials. Weak, as a process may read many studies.
local known = setmetatable({}, { __mode = "v" })

--- The distribution that a journal's text describes; or nil, message. The same text gives the same
-- table.
function distribution.decode(text)
  local found = known[text]
  if found then return found end
  local message
  found, message = decode(text)
  known[text] = found
  return found, message
end

--- The value that users see for a number in the journal; nil when it names no choice.
function distribution.external(d, internal)
  if d.choices then return d.choices[(math.tointeger(internal) or -1) + 1] end
  if d.name == "IntDistribution" then return math.tointeger(internal) or internal end
  return internal + 0.0
end

--- The number in the journal for a value; nil when the distribution cannot give it.
function distribution.internal(d, value)
  if d.choices then
    for i, choice in ipairs(d.choices) do
      if choice == value then return i - 1 end
    end
    return nil
  end
  if type(value) ~= "number" or not (value >= d.low and value <= d.high) then return nil end
  if d.name == "IntDistribution" then return math.tointeger(value) and value + 0.0 end
  return value + 0.0
end

--- Whether one study may hold both under one name: the same kind and the same choices. Ranges may
-- differ.
function distribution.compatible(a, b)
  if a.name ~= b.name then return false end
  if not a.choices then return true end
  if #a.choices ~= #b.choices then return false end
  for i, choice in ipairs(a.choices) do
    if choice ~= b.choices[i] then return false end
  end
  return true
end

--- Whether both describe the same values, drawn alike.
-- @internal
function distribution.same(a, b)
  return a == b or a.low == b.low and a.high == b.high and a.log == b.log and a.step == b.step
    and distribution.compatible(a, b)
end

--- Whether the range holds one value only.
function distribution.single(d)
  if d.choices then return #d.choices == 1 end
  return d.low == d.high
end

return distribution
