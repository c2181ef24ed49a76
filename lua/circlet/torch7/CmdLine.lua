--- torch.CmdLine(): options of a script.
--
--     local cmd = torch.CmdLine()
--     cmd:text "Training"                      -- lines of the help
--     cmd:option("-learningRate", 0.1, "step length")
--     cmd:option("-gpu", false, "use it")      -- a flag: given, it turns round
--     cmd:argument("-data", "folder", "string")
--     local opt = cmd:parse(arg or {})         -- opt.learningRate, opt.gpu, opt.data
--
-- Values take the type of their default ("number", "boolean", "string"), or the type given. -help,
-- an unknown option or a wrong value prints the help; the first ends the program well, the others
-- end it with status 1, what is wrong being told on stderr.
local class = require "circlet.class"

local CmdLine = class("torch.CmdLine")

--- argseparator and keyseparator: what string() puts between options, and between name and value.
function CmdLine:__init(argseparator, keyseparator)
  self.argseparator, self.keyseparator = argseparator or ",", keyseparator or "="
  self.options, self.arguments, self.helplines = {}, {}, {}
end

local function strip(key) return (key:gsub("^%-+", "")) end

--- A line of the help.
function CmdLine:text(line) table.insert(self.helplines, line or "") end

--- An option: its name with dashes, its default, what it is, its type (that of the default).
function CmdLine:option(key, default, help, kind)
  if type(key) ~= "string" or not key:find "^%-" then
    error("torch.CmdLine: the name of an option begins with a dash, got " .. tostring(key), 2)
  end
  local option = { key = key, default = default, help = help or "" }
  option.kind = kind or (default ~= nil and type(default)) or "string"
  self.options[key] = option
  table.insert(self.helplines, option)
end

--- A value that must be given, in the order of these calls; its type is "string" unless given.
function CmdLine:argument(key, help, kind)
  local argument = { key = key, help = help or "", kind = kind or "string", argument = true }
  table.insert(self.arguments, argument)
  table.insert(self.helplines, argument)
end

local function line_of(item)
  if type(item) == "string" then return item end
  if item.argument then return ("  %-20s %s"):format(strip(item.key), item.help) end
  local default = item.default == nil and "" or (" [%s]"):format(tostring(item.default))
  return ("  %-20s %s%s"):format(item.key, item.help, default)
end

--- Prints the help; `arguments` is what the script was called with.
function CmdLine:help(arguments)
  local usage = { "Usage:", arguments and arguments[0] or "script", "[options]" }
  for _, argument in ipairs(self.arguments) do usage[#usage + 1] = strip(argument.key) end
  print(table.concat(usage, " "))
  for _, item in ipairs(self.helplines) do print(line_of(item)) end
end

local function fail(self, arguments, text, ...)
  self:help(arguments)
  io.stderr:write(text:format(...), "\n")
  os.exit(1, true)
end

local function value_of(self, arguments, item, text)
  if text == nil then fail(self, arguments, "%s: a value is missing", item.key) end
  if item.kind == "number" then
    return tonumber(text) or fail(self, arguments, "%s: a number expected, got %s", item.key, text)
  elseif item.kind == "boolean" then
    if text == "true" or text == "false" then return text == "true" end
    fail(self, arguments, "%s: true or false expected, got %s", item.key, text)
  end
  return text
end

--- The options and arguments in a list of words, as a table by name without dashes.
function CmdLine:parse(arguments)
  local parameters, given, i = {}, 0, 1
  for _, option in pairs(self.options) do parameters[strip(option.key)] = option.default end
  while i <= #arguments do
    local word = arguments[i]
    local option = self.options[word]
    if word == "-help" or word == "-h" or word == "--help" then
      self:help(arguments)
      os.exit(0, true)
    elseif option and option.kind == "boolean" then
      parameters[strip(word)] = not option.default
    elseif option then
      i = i + 1
      parameters[strip(word)] = value_of(self, arguments, option, arguments[i])
    elseif word:find "^%-%D" or given == #self.arguments then
      fail(self, arguments, "%s is no option of this script", word)
    else
      given = given + 1
      local argument = self.arguments[given]
      parameters[strip(argument.key)] = value_of(self, arguments, argument, word)
    end
    i = i + 1
  end
  if given < #self.arguments then
    fail(self, arguments, "%s is missing", strip(self.arguments[given + 1].key))
  end
  return parameters
end

--- A name for a run: `prefix`, then name=value for each option that differs from its default,
-- sorted; options in `ignore` ({ name = true }) stay out.
function CmdLine:string(prefix, parameters, ignore)
  local parts = {}
  for _, option in pairs(self.options) do
    local key = strip(option.key)
    if parameters[key] ~= option.default and not (ignore and ignore[key]) then
      parts[#parts + 1] = key .. self.keyseparator .. tostring(parameters[key])
    end
  end
  table.sort(parts)
  if #parts == 0 then return prefix end
  return prefix .. self.argseparator .. table.concat(parts, self.argseparator)
end

--- Writes what print prints into a file too, from now on, after the options as given. Raises when
-- the file cannot be opened.
function CmdLine:log(file, parameters)
  if type(file) == "string" then file = assert(io.open(file, "w")) end
  local print_before = print
  local names = {}
  for name in pairs(parameters or {}) do names[#names + 1] = name end
  table.sort(names)
  local options = self
  function _G.print(...)
    print_before(...)
    local texts = table.pack(...)
    for i = 1, texts.n do texts[i] = tostring(texts[i]) end
    local line = table.concat(texts, "\t")
    if options.timeformat then line = os.date(options.timeformat) .. line end
    file:write(line, "\n")
    file:flush()
  end
  for _, name in ipairs(names) do
    file:write(("%s%s%s\n"):format(name, self.keyseparator, tostring(parameters[name])))
  end
  file:flush()
end

--- Puts the time before each line of the log; `format` as for os.date.
function CmdLine:addTime(name, format)
  local time = format or "%Y-%m-%d %H:%M:%S"
  self.timeformat = time .. (name and ("[%s]"):format(name) or "") .. ": "
end

return CmdLine
