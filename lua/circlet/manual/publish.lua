--- The manual for other programs: as sources of LDoc, which makes HTML of them, and as LuaCATS
-- annotations for editors.
local files = require "circlet.report.files"
local manual = require "circlet.manual"
local names = require "circlet.manual.names"

local publish = {}

-- Pages of what hangs on circlet itself, by the file that describes it.
local pages = {
  losses = "Losses", tensor = "Tensors and storages",
  create = "Making tensors, random numbers, time",
  elementwise = "Maths element by element", reduce = "Reductions and orderings",
  linalg = "Products of vectors and matrices", indexing = "Choosing, placing and joining elements",
  machine = "The machine and files",
}

-- The page that a name stands on, and its title.
local function page_of(name, kind, entry)
  local core = entry.where:match "manual/core/([%w_]+)%.lua"
  if core then return core, pages[core] or core end
  local package = name:match "^circlet%.([%l_]+)%." or kind == "package"
    and name:match "^circlet%.([%l_]+)$"
  if package then return package, "circlet." .. package end
  return "circlet", "circlet"
end

local function escape(s)
  return (s:gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }))
end

-- `words of code` as such.
local function marked(s) return (s:gsub("`([^`\n]+)`", "<code>%1</code>")) end

-- Prose as HTML: indented lines keep their breaks, blank ones part paragraphs.
local function html(description)
  local out, code = {}, false
  for line in (escape(description) .. "\n"):gmatch "(.-)\n" do
    local indented = line:find "^    " or code and line == ""
    if indented and not code and line ~= "" then out[#out + 1] = "<pre>" end
    if not indented and code then
      while out[#out] == "" do out[#out] = nil end
      out[#out + 1] = "</pre>"
    end
    code = indented and (code or line ~= "") or false
    if not code then line = line == "" and "<p>" or marked(line) end
    out[#out + 1] = line:gsub("^@", "&#64;")
  end
  if code then out[#out + 1] = "</pre>" end
  return out
end

-- LDoc gives a tag's text on one line; a type's brackets would be read as modifiers.
local function add_tag(out, tag, words)
  out[#out + 1] = "-- @" .. tag .. " " .. marked(escape(words:gsub("\n", " ")))
end

local function ldoc_entry(name, entry)
  local out = {}
  local lines = html(entry.description)
  out[1] = "--- " .. (lines[1] or "")
  for i = 2, #lines do out[#out + 1] = "-- " .. lines[i] end
  add_tag(out, "function", name)
  for _, param in ipairs(entry.params or {}) do
    add_tag(out, "param", ("%s <code>%s</code>%s %s"):format(param.name, "\1" .. param.type .. "\2",
      param.optional and " (may be left out)" or "", param.text))
  end
  for _, option in ipairs(entry.options or {}) do
    add_tag(out, "param", ("options.%s <code>%s</code> %s"):format(option.name,
      "\1" .. option.type .. "\2", option.text))
  end
  for _, result in ipairs(entry.returns or {}) do
    add_tag(out, "return", ("<code>%s</code> %s %s"):format("\1" .. result.type .. "\2",
      result.name or "", result.text))
  end
  -- LDoc wants one of each of these.
  if entry.errors then add_tag(out, "raise", table.concat(entry.errors, " ")) end
  if entry.sources then add_tag(out, "source", table.concat(entry.sources, "; ")) end
  for _, code in ipairs(entry.examples or {}) do
    out[#out + 1] = "-- @usage"
    for line in (code .. "\n"):gmatch "(.-)\n" do out[#out + 1] = "-- " .. line end
  end
  -- What add_tag escaped of our own marks.
  for i, line in ipairs(out) do
    out[i] = line:gsub("&lt;code&gt;\1", "<code>"):gsub("\2&lt;/code&gt;", "</code>")
  end
  out[#out + 1] = ""
  return table.concat(out, "\n")
end

-- Public names with their entries, each entry once, in the order of the names.
local function described()
  local _, by_name = manual.load()
  local list, seen = {}, {}
  for _, name in ipairs(names.all()) do
    local entry = by_name[name.name]
    if entry and not entry.internal and not seen[entry] then
      seen[entry] = true
      list[#list + 1] = { name = name.name, kind = name.kind, entry = entry }
    end
  end
  return list
end

--- Writes LDoc's sources and its config.ld into a folder. Returns the number of names; or nil,
-- message, code.
function publish.ldoc(folder)
  local texts, titles, order = {}, {}, {}
  local list = described()
  for _, item in ipairs(list) do
    local page, title = page_of(item.name, item.kind, item.entry)
    if not texts[page] then
      texts[page], titles[page], order[#order + 1] = {}, title, page
    end
    if item.kind == "package" and item.name == "circlet." .. page then
      titles[page] = table.concat(html(item.entry.description), "\n-- ")
    else
      table.insert(texts[page], ldoc_entry(item.name, item.entry))
    end
  end
  local ok, message, code = files.make_folder(folder)
  for _, page in ipairs(order) do
    if not ok then return nil, message, code end
    ok, message, code = files.write(("%s/%s.lua"):format(folder, page),
      ("--- %s\n-- @module %s\n\n"):format(titles[page], page)
      .. table.concat(texts[page], "\n"))
  end
  if ok then
    ok, message, code = files.write(folder .. "/config.ld", table.concat({
      'project = "circlet"', 'title = "circlet: the manual"',
      'description = "A loss engine for metric learning that Lua scripts drive."',
      'style = "!pale"', "sort = false", "no_space_before_args = true", "no_summary = false",
      'custom_tags = { { "source", title = "Source" } }', "" }, "\n"))
  end
  if not ok then return nil, message, code end
  return #list
end

-- Annotations

local function comment(lines, prefix, s)
  for line in (s .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = prefix .. line end
end

local function safe(name) return name == "..." and "..." or (name:gsub("[^%w_]", "_")) end

local function annotate(name, kind, entry)
  local out, words = {}, {}
  comment(out, "---", entry.description)
  for _, code in ipairs(entry.examples or {}) do
    out[#out + 1] = "---```lua"
    comment(out, "---", code)
    out[#out + 1] = "---```"
  end
  for _, option in ipairs(entry.options or {}) do
    comment(out, "---", ("- options.%s (%s): %s"):format(option.name, option.type, option.text))
  end
  for _, param in ipairs(entry.params or {}) do
    local own = param.name:find "^%.%.%." and "..." or safe(param.name)
    words[#words + 1] = own
    local mark = param.optional and own ~= "..." and "?" or ""
    out[#out + 1] = ("---@param %s%s %s %s"):format(own, mark, param.type, param.text)
  end
  for _, result in ipairs(entry.returns or {}) do
    out[#out + 1] = ("---@return %s %s %s"):format(result.type, result.name or "", result.text)
  end
  if kind == "class" then
    -- A class is called to make an instance.
    local class = name:gsub("^circlet%.nn%.", "nn."):gsub("^circlet%.optim%.", "optim.")
    out[#out + 1] = ("---@class %s%s"):format(class, entry.parent and ": " .. entry.parent
      or class:find "^nn%..*Criterion$" and class ~= "nn.Criterion" and ": nn.Criterion"
      or class:find "^nn%." and class ~= "nn.Module" and ": nn.Module" or "")
    out[#out + 1] = ("---@overload fun(%s): %s"):format(table.concat(words, ", "), class)
    out[#out + 1] = name .. " = {}"
  elseif kind == "package" or kind == "value" then
    out[#out + 1] = name .. " = {}"
  else
    out[#out + 1] = ("function %s(%s) end"):format(name, table.concat(words, ", "))
  end
  out[#out + 1] = ""
  return table.concat(out, "\n")
end

--- The annotations: one file of declarations, which editors read and nobody runs.
function publish.annotations()
  local out = { "---@meta circlet", "-- Made from the doc comments of lua/circlet (make doc).", "",
    "---@class circlet.Tensor", "Tensor = {}", "---@class circlet.Storage", "Storage = {}",
    "---@class circlet.Generator", "Generator = {}", "---@class circlet.Timer", "Timer = {}", "" }
  local _, by_name = manual.load()
  for _, name in ipairs(names.all()) do
    local entry = by_name[name.name]
    local declared = name.name:find "^circlet" or name.name:find ":"
    if entry and declared and not (name.name:find "%.new$") then
      out[#out + 1] = annotate(name.name, name.kind, entry)
    end
  end
  out[#out + 1] = "return circlet\n"
  return table.concat(out, "\n")
end

--- Writes all of it below a folder: source/ for LDoc and annotations/circlet.lua. Returns the
-- number of names; or nil, message, code.
function publish.write(folder)
  local count, message, code = publish.ldoc(folder .. "/source")
  if not count then return nil, message, code end
  local ok
  ok, message, code = files.make_folder(folder .. "/annotations")
  if ok then
    ok, message, code = files.write(folder .. "/annotations/circlet.lua", publish.annotations())
  end
  if not ok then return nil, message, code end
  return count
end

return publish
