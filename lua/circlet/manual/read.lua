--- Reads the manual out of a Lua file's comments: text in, entries out. No file is run for it.
--
-- A block begins with a line `---` and goes on over the lines that begin with `--`. Its first
-- sentence is the summary. A line that begins with @ opens a tag, which later lines continue:
--
--     @param name[?] type text      an argument; `?` or a type that ends in `?`: may be left out
--     @option name type text        a field of the last argument, a table
--     @return type [name] text      a result
--     @field name type text         a field of what is described
--     @error text                   when it raises, or returns nil, message, code
--     @source text                  where the formula or the protocol comes from
--     @example                      Lua to the end of the tag; `--> text` is what the line shows
--     @method text                  the same is a method of tensors; how that one differs
--     @family name                  what is missing here stands at @deffamily name (its options and
--                                   errors come after the entry's own)
--     @class name[: parent]         a class; @overload and @see as in LuaCATS
--     @name a, b                    the names it describes, where the line below does not tell
--     @internal                     can be reached, but is promised to nobody
--     @module name                  in a file's first block: what the file returns is, or adds to
--
-- The line below a block names what it describes: `function A.f(x)`, `function A:m(x)`, `A.f = x`.
-- A is what the file returns, and its public name is the file's path: lua/circlet/optim/adam.lua
-- is circlet.optim.adam, and the first block of a file describes it.
local read = {}

-- Tags that are a list, and how their first words are read.
local lists = {
  param = "params", option = "options", field = "fields", ["return"] = "returns",
  error = "errors", source = "sources", example = "examples", overload = "overloads", see = "see",
}

local function trim(s) return (s:gsub("^%s+", ""):gsub("%s+$", "")) end

-- The lines of a block as a description and a list of { tag, lines }.
local function split(lines)
  local description, tags, current = {}, {}, nil
  for _, line in ipairs(lines) do
    local tag, rest = line:match "^@(%l+)%s*(.*)$"
    if tag then
      current = { tag, rest ~= "" and { rest } or {} }
      tags[#tags + 1] = current
    else
      local target = current and current[2] or description
      target[#target + 1] = line
    end
  end
  return description, tags
end

-- A type may hold spaces inside of brackets: fun(x: number, y: number), table<string, number>.
local function take_type(text)
  local depth, at = 0, 1
  while at <= #text do
    local c = text:sub(at, at)
    if c:find "[%(<{]" then depth = depth + 1 elseif c:find "[%)>}]" then depth = depth - 1 end
    if depth == 0 and c:find "%s" then break end
    at = at + 1
  end
  return text:sub(1, at - 1), trim(text:sub(at))
end

local function argument(text, where)
  local name, rest = text:match "^([%w_%.]+%??)%s+(.*)$"
  if not name then error(("%s: a name and a type expected in %q"):format(where, text), 0) end
  local kind, words = take_type(rest)
  local optional = name:sub(-1) == "?" or kind:sub(-1) == "?"
  return { name = (name:gsub("%?$", "")), type = (kind:gsub("%?$", "")), optional = optional,
           text = words }
end

local function result(text)
  local kind, rest = take_type(text)
  local name, words = rest:match "^([%a_][%w_]*)%s*(.*)$"
  return { type = kind, name = name, text = words or rest }
end

-- Prose of a tag in one line; code keeps its lines.
local function prose(lines)
  local words = {}
  for i, line in ipairs(lines) do words[i] = trim(line) end
  return trim(table.concat(words, " "))
end

local function code(lines)
  local first, indent = nil, math.huge
  for i, line in ipairs(lines) do
    if line:find "%S" then
      first = first or i
      indent = math.min(indent, #line:match "^ *")
    end
  end
  local list = {}
  for i = first or 1, #lines do list[#list + 1] = lines[i]:sub(indent + 1) end
  while #list > 0 and not list[#list]:find "%S" do list[#list] = nil end
  return table.concat(list, "\n")
end

local function add_tag(entry, tag, lines, where)
  local list = lists[tag]
  if tag == "example" then
    entry.examples = entry.examples or {}
    table.insert(entry.examples, code(lines))
  elseif list then
    local text = prose(lines)
    entry[list] = entry[list] or {}
    local item = text
    if tag == "return" then item = result(text)
    elseif tag == "param" or tag == "option" or tag == "field" then item = argument(text, where) end
    table.insert(entry[list], item)
  elseif tag == "class" then
    local name, parent = prose(lines):match "^([%w_%.]+):?%s*([%w_%.]*)"
    entry.class, entry.parent = name, parent ~= "" and parent or nil
  elseif tag == "name" then
    entry.names = {}
    for name in prose(lines):gmatch "[^%s,]+" do table.insert(entry.names, name) end
  elseif tag == "internal" then
    entry.internal = true
  elseif tag == "method" or tag == "family" or tag == "deffamily" or tag == "module" then
    entry[tag] = prose(lines)
  else
    error(("%s: there is no tag @%s"):format(where, tag), 0)
  end
end

-- The first sentence, on one line; or all of the first paragraph.
local function summary_of(description)
  local first = {}
  for _, line in ipairs(description) do
    if not line:find "%S" then break end
    first[#first + 1] = trim(line)
  end
  local paragraph = table.concat(first, " ")
  local finish = paragraph:find "%. [%u%(`]"
  return finish and paragraph:sub(1, finish) or paragraph
end

--- The entry of one block's lines (without their dashes). `where` names the place in errors.
function read.block(lines, where)
  local description, tags = split(lines)
  while #description > 0 and not description[#description]:find "%S" do
    description[#description] = nil
  end
  while #description > 0 and not description[1]:find "%S" do table.remove(description, 1) end
  local entry = { summary = summary_of(description), description = table.concat(description, "\n"),
                  where = where }
  for _, tag in ipairs(tags) do add_tag(entry, tag[1], tag[2], where) end
  return entry
end

-- What the code under a block declares: a name as the file says it, and its arguments.
local function declared(line)
  if not line then return nil end
  local name, arguments = line:match "^function%s+([%w_%.:]+)%s*(%b())"
  if name then return name, arguments end
  name, arguments = line:match "^local%s+function%s+([%w_]+)%s*(%b())"
  if name then return name, arguments, true end
  name, arguments = line:match "^([%a_][%w_%.]*)%s*=%s*function%s*(%b())"
  if name then return name, arguments end
  name = line:match "^([%a_][%w_]*%.[%w_%.]*)%s*=[^=]"
  if name then return name end
  arguments = line:match "^return%s+function%s*(%b())"
  if arguments then return "return", arguments end
  return line:match "^([%a_][%w_]*%.[%w_]*),"
end

-- The argument lists of constructors and of a function that the file returns.
local function own_arguments(text, variable)
  return variable and text:match("\nfunction " .. variable .. ":__init%s*(%b())")
    or text:match "\nreturn function%s*(%b())"
    or variable and text:match("\nlocal function " .. variable .. "%s*(%b())")
end

local function list_of(arguments)
  if not arguments then return nil end
  local names = {}
  for name in arguments:gmatch "[%w_%.]+" do names[#names + 1] = name end
  return names
end

-- Calls visit(lines, number of the first line, the line below) for each block.
local function each_block(text, visit)
  local lines, number, first = nil, 0, nil
  for line in (text .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    local rest = lines and line:match "^%-%-%-?[^%-%[%S]?(.*)$"
    if not lines and (line:find "^%-%-%- " or line:find "^%-%-%-@" or line == "---") then
      lines, first = { (line:match "^%-%-%-%s?(.*)$") }, number
    elseif rest then
      lines[#lines + 1] = line:match "^%-%-%-?%s?(.*)$"
    elseif lines then
      visit(lines, first, line)
      lines = nil
    end
  end
  if lines then visit(lines, first, nil) end
end

-- A file's first block and the one above the function that it returns are about one thing.
local function join(entry, more)
  entry.description = entry.description .. "\n\n" .. more.description
  entry.arguments = more.arguments or entry.arguments
  for key, value in pairs(more) do
    if entry[key] == nil then entry[key] = value end
  end
end

--- The entries of a Lua file's text. `path` is for errors, `public` the name of what it returns
-- ("circlet.optim.adam"). Entries have the fields of the tags and name, names, arguments, line.
function read.file(text, path, public)
  local entries = {}
  local variable = text:match "\nreturn%s+([%a_][%w_]*)%s*$"
    or text:match "\nreturn%s+setmetatable%(([%a_][%w_]*),"
    or text:match "\nreturn%s+lazy%(([%a_][%w_]*),"
  each_block(text, function(lines, number, below)
    local entry = read.block(lines, ("%s:%d"):format(path, number))
    local name, arguments, is_local = declared(below)
    entry.line = number
    if number == 1 then
      if entry.module then public = entry.module end
      -- What the first block describes is the file, unless code stands right below it.
      if not name then name, arguments = "", own_arguments(text, variable) end
    end
    entry.arguments = list_of(arguments)
    local first = entries[1]
    if name == "return" then
      name = nil
      if first and first.name == public and first.line == 1 then
        join(first, entry)
      else
        entry.name = public
      end
    end
    if entry.names then
      entry.name = entry.names[1]
    elseif name == "" then
      -- Files that add to a module are not its description.
      entry.name = not entry.module and public or nil
    elseif name and is_local then
      entry.name = name == variable and public or nil
    elseif name then
      local head, tail = name:match "^([%w_]+)(.*)$"
      entry.name = (head == variable and public or head) .. tail
    end
    if entry.deffamily or entry.name then entries[#entries + 1] = entry end
  end)
  return entries
end

return read
