--- What an entry of the manual lacks: a list of words, empty when it is whole.
--
-- Everything needs a summary. Functions, methods and classes need an example, and a @param for each
-- argument that the code names, and describe nothing twice. What is marked @internal can be reached
-- but is promised to nobody: it needs no more than its summary, and what hangs below it needs
-- nothing.
local check = {}

local function named(params, name)
  for _, param in ipairs(params or {}) do
    if param.name == name or name == "..." and param.name:find "^%.%.%." then return true end
  end
  return false
end

-- Whether something that the name hangs below is internal.
local function below_internal(name, entries)
  local owner = name:match "^(.*)[%.:][%w_]+$"
  while owner do
    if entries[owner] and entries[owner].internal then return true end
    owner = owner:match "^(.*)[%.:][%w_]+$"
  end
  return false
end

-- Adds what a list of parameters or options names more than once.
local function add_twice(missing, tag, list)
  local seen = {}
  for _, one in ipairs(list or {}) do
    if seen[one.name] then
      missing[#missing + 1] = ("one @%s %s instead of two"):format(tag, one.name)
    end
    seen[one.name] = true
  end
end

--- `name` is an element of names.all(), `entries` the manual's by name.
function check.missing(name, entries)
  local entry = entries[name.name]
  if below_internal(name.name, entries) then return {} end
  if not entry then return { "an entry" } end
  local missing = {}
  if entry.summary == "" then missing[1] = "a summary" end
  if entry.internal or name.kind == "package" or name.kind == "value" then return missing end
  add_twice(missing, "param", entry.params)
  add_twice(missing, "option", entry.options)
  if not entry.examples then missing[#missing + 1] = "an @example" end
  for _, argument in ipairs(entry.arguments or {}) do
    local ignored = argument == "self" or argument == "_"
    if not ignored and not named(entry.params, argument) then
      missing[#missing + 1] = "@param " .. argument
    end
  end
  for _, param in ipairs(entry.params or {}) do
    local known = not entry.arguments or param.name:find "^%.%.%."
    for _, argument in ipairs(entry.arguments or {}) do
      known = known or argument == param.name or argument == "..." or argument == "_"
    end
    if not known then missing[#missing + 1] = "an argument " .. param.name .. " in the code" end
  end
  return missing
end

return check
