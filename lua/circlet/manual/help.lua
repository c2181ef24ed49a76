--- What the manual says about a name or a value, as lines for a terminal.
local circlet = require "circlet"
local class = require "circlet.class"
local manual = require "circlet.manual"
local names = require "circlet.manual.names"
local text = require "circlet.manual.text"

local help = {}

-- The names as a list, by name, and by value.
local known
local function public()
  if known then return known end
  known = { list = names.all(), by_name = {}, by_value = {} }
  for _, name in ipairs(known.list) do
    known.by_name[name.name] = name
    if type(name.value) == "function" or type(name.value) == "table" then
      known.by_value[name.value] = known.by_value[name.value] or name
    end
  end
  return known
end

local function summary(name)
  local _, entries = manual.load()
  return entries[name] and entries[name].summary or ""
end

-- Members right below a name with their summaries, in columns.
local function members(name, out, options)
  local list, longest = {}, 0
  for _, other in ipairs(public().list) do
    local tail = other.name:sub(1, #name) == name and other.name:sub(#name + 1)
    local own = tail and tail:match "^[%.:]([%w_]+)$"
    if own then
      list[#list + 1] = { tail = tail, name = other.name }
      longest = math.max(longest, math.min(#tail, 24))
    end
  end
  if #list == 0 then return end
  local style = options.style or function(s) return s end
  out[#out + 1] = ""
  out[#out + 1] = style(name:find "Tensor$" and "Methods" or "Members")
  local width = options.width or 80
  for _, item in ipairs(list) do
    local line = "  " .. item.tail .. (" "):rep(math.max(1, longest + 2 - #item.tail))
      .. summary(item.name)
    out[#out + 1] = #line > width and line:sub(1, width - 3) .. "..." or line
  end
end

--- Everything about one public name.
local function about(name, options)
  local _, entries = manual.load()
  local entry = entries[name]
  local out
  if entry then
    out = text.lines(entry, { width = options.width, style = options.style, name = name })
  else
    out = { name, "", "Nobody has described this yet." }
  end
  local item = public().by_name[name]
  if not item or item.kind == "package" or item.kind == "class" then members(name, out, options) end
  return out
end

-- Names that a word may mean: itself, below circlet, as the last word of a name, or a part of one.
local function matches(word)
  local all, _, entries = public(), manual.load()
  for _, candidate in ipairs { word, "circlet." .. word, (word:gsub("^torch%.", "circlet.")) } do
    if all.by_name[candidate] or entries[candidate] then return { candidate } end
  end
  local last, part = {}, {}
  for _, name in ipairs(all.list) do
    local own = name.name:match "[%w_]+$"
    local tail = name.name:sub(-#word - 1)
    if own == word or tail == "." .. word or tail == ":" .. word then
      last[#last + 1] = name.name
    elseif own:lower():find(word:lower(), 1, true) then
      part[#part + 1] = name.name
    end
  end
  return #last > 0 and last or part
end

local function by_word(word, options)
  local found = matches(word)
  if #found == 1 then return about(found[1], options) end
  if #found == 0 then
    return nil, ("the manual has nothing under %q"):format(word)
  end
  -- circlet.exp and Tensor:exp are one entry.
  local _, entries = manual.load()
  local same = entries[found[1]] ~= nil
  for _, name in ipairs(found) do same = same and entries[name] == entries[found[1]] end
  if same then return about(found[1], options) end
  local out = { ("%d names:"):format(#found) }
  for _, name in ipairs(found) do
    local line = "  " .. name .. "  " .. summary(name)
    local width = options.width or 80
    out[#out + 1] = #line > width and line:sub(1, width - 3) .. "..." or line
  end
  return out
end

local function of_function(value)
  local info = debug.getinfo(value, "S")
  if info.what == "C" then return { "a function of C that the manual does not know" } end
  local words, i = {}, 1
  while true do
    local name = debug.getlocal(value, i)
    if not name then break end
    words[i], i = name, i + 1
  end
  if debug.getinfo(value, "u").isvararg then words[#words + 1] = "..." end
  return { ("function (%s), defined in %s:%d"):format(table.concat(words, ", "),
    info.short_src, info.linedefined) }
end

--- Lines about `subject`: a name such as "circle_loss", "nn.Linear" or "narrow", a function or a
-- class, or a value, which stands for its type. options: width (80), style (of titles). Nil and a
-- message when the manual has nothing.
function help.lines(subject, options)
  options = options or {}
  if type(subject) == "string" then return by_word(subject, options) end
  local name = public().by_value[subject]
  if name then return about(name.name, options) end
  if circlet.isTensor(subject) then return about("Tensor", options) end
  if circlet.isStorage(subject) then return about("Storage", options) end
  local kind = class.type(subject)
  local metatable = getmetatable(subject)
  name = type(metatable) == "table" and public().by_value[metatable]
  if name then return about(name.name, options) end
  if type(subject) == "function" then return of_function(subject) end
  if kind:find "^circlet%." then return about(kind:match "[%w_]+$", options) end
  return { ("a %s of Lua"):format(kind) }
end

return help
