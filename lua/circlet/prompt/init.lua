--- The interactive prompt: `circlet`, or require("circlet.prompt").run() in a program of yours.
--
-- An expression shows its values, the first of which is kept in `_`. What is not complete goes on
-- in the next line. Errors are told with their traceback and leave everything as it is; so does
-- Ctrl-C, which stops what runs, in Lua and in kernels. Ctrl-D ends.
local circlet = require "circlet"
local chunk = require "circlet.prompt.chunk"
local process = require("circlet.core").process
local terminal = require "circlet.report.terminal"

local prompt = {}

-- Packages that are globals at the prompt, unless something else has their name.
local shortcuts = { "nn", "optim", "data", "metrics", "study", "report", "presets", "plot" }

local Session = {}
Session.__index = Session

local function is_interrupt(message)
  return type(message) == "string" and message:find("interrupted!", 1, true) ~= nil
end

-- Colours: of the prompt, of errors, of titles.
local codes = { prompt = "32", fault = "31", note = "33", title = "1" }

function Session:paint(kind, text)
  if not self.colour then return text end
  return ("\27[%sm%s\27[0m"):format(codes[kind], text)
end

function Session:say(...)
  self.out:write(...)
  self.out:write "\n"
end

-- The traceback without the prompt's own frames; nothing when the fault is in the line typed.
local function traceback_of(message)
  local trace = debug.traceback("", 3):gsub("^%s*stack traceback:\n", "")
  local kept, inside = {}, false
  for line in trace:gmatch "[^\n]+" do
    if line:find "%[C%]: in function 'xpcall'" then break end
    kept[#kept + 1] = line
    inside = inside or not line:find "^%s*%[C%]" and not line:find "in main chunk"
  end
  if not inside or is_interrupt(message) then return nil end
  return "stack traceback:\n" .. table.concat(kept, "\n")
end

local function fault_of(message)
  local text = message
  if type(message) ~= "string" then
    local metatable = getmetatable(message)
    text = metatable and metatable.__tostring and tostring(message)
      or "an error that is a value: " .. require("circlet.prompt.show").line(message)
  end
  return { text = text, trace = traceback_of(message), interrupted = is_interrupt(message) }
end

-- Runs a function on the main thread, as Lua's own prompt does, so that Ctrl-C reaches it. Returns
-- its results packed, or nil and the fault.
function Session:call(f)
  local results = table.pack(xpcall(f, fault_of))
  if self.handler then process.restore_interrupt(self.handler) end -- Lua hears one Ctrl-C only
  debug.sethook()
  if results[1] then return table.pack(table.unpack(results, 2, results.n)) end
  return nil, results[2]
end

function Session:tell(fault)
  self.failed = true
  self.out:flush()
  self.errors:write(self:paint(fault.interrupted and "note" or "fault", fault.text), "\n")
  if fault.trace then self.errors:write(fault.trace, "\n") end
  self.errors:flush()
end

function Session:show(values)
  local show = require "circlet.prompt.show"
  local options = { width = terminal.columns(), height = terminal.rows() }
  for i = 1, values.n do self:say(show.text(values[i], options)) end
  if values.n > 0 then rawset(self.environment, "_", values[1]) end
end

-- What f gives, and what running it took, on one line.
local function measured(f)
  local who = require "circlet.prompt.who"
  collectgarbage()
  circlet.memory(true)
  local before, lua_before = circlet.memory(), collectgarbage "count"
  local timer = circlet.Timer()
  local values, fault = f()
  local time = timer:time()
  local now, peak = circlet.memory()
  local lua_more = math.max(0, collectgarbage "count" - lua_before) * 1024
  local form = "%.4g s, processors %.4g s; tensors at most %s more, %s kept; Lua %s"
  return values, fault, form:format(time.real, time.user + time.sys,
    who.bytes_text(math.max(0, peak - before)), who.bytes_text(math.max(0, now - before)),
    who.bytes_text(math.floor(lua_more)))
end

--- Runs a whole piece of Lua and shows its values. Returns false, and shows nothing, when it is not
-- complete.
function Session:evaluate(text, timed)
  local compiled, message, incomplete = chunk.compile(text, self.environment)
  if not compiled then
    if incomplete then return false end
    self:tell { text = message }
    return true
  end
  local values, fault, cost
  if timed or self.timing then
    values, fault, cost = measured(function() return self:call(compiled) end)
  else
    values, fault = self:call(compiled)
  end
  -- Values may take long to show, or raise in a __tostring of the user.
  if values then fault = select(2, self:call(function() self:show(values) end)) end
  if fault then self:tell(fault) end
  if cost then self:say(self:paint("note", cost)) end
  return true
end

local commands = {}

function commands.quit(self) self.ended = true end

function commands.who(self)
  local lines = require("circlet.prompt.who").lines(self.environment, self.known,
    { width = terminal.columns(), ascii = not terminal.unicode() })
  for _, line in ipairs(lines) do self:say(line) end
end

function commands.timing(self, rest)
  self.timing = rest == "on" or rest ~= "off" and not self.timing
  self:say(self.timing and "every line tells its time and memory; :timing off ends that"
    or "lines no longer tell their time")
end

function commands.time(self, rest)
  if rest == "" then
    self:tell { text = ":time expression runs it and tells its time and memory" }
  elseif not self:evaluate(rest, true) then
    self:tell { text = ":time takes one line" }
  end
end

local keys = [[
An expression shows its values; _ is the first of them. Unfinished input goes on in the next line.
`local` at the outermost level makes a global, so that the next line still knows it.

  help(x), help "name"   the manual about a function, a value's type or a name
  who()                  your globals: type, size, bytes
  :time EXPRESSION       run it, and tell its time and memory; :timing for every line
  Tab                    completes names, fields, methods of values (x:na), file names in strings
  Ctrl-C                 stops what runs, or drops the line; tensors stay whole
  Ctrl-D, :quit          end

circlet is there, and as globals its packages: ]]

-- help(): an overview; help(x): the manual.
function Session:help(...)
  local options = { width = math.min(100, terminal.columns()),
                    style = function(text) return self:paint("title", text) end }
  if select("#", ...) == 0 then
    local own = {}
    for _, name in ipairs(shortcuts) do
      if circlet[name] ~= nil then own[#own + 1] = name end
    end
    self:say(keys, table.concat(own, ", "), ".")
    return
  end
  local lines, message = require("circlet.manual.help").lines((...), options)
  if not lines then error(message, 0) end
  for _, line in ipairs(lines) do self:say(line) end
end

function commands.help(self, rest)
  local _, fault = self:call(function()
    if rest == "" then return self:help() end
    local compiled = load("return " .. rest, "=input", "t", self.environment)
    local ok, value = pcall(compiled or error)
    if ok and value ~= nil then self:help(value) else self:help(rest) end
  end)
  if fault then self:tell(fault) end
end

-- A line with a command: true when it was one.
function Session:command(line)
  local name, rest = line:match "^%s*:(%a+)%s*(.-)%s*$"
  if not name then return false end
  if commands[name] then
    commands[name](self, rest)
  else
    self:tell { text = ("there is no command :%s; :help tells what there is"):format(name) }
  end
  return true
end

-- Reads until a piece of Lua is whole; returns its text, or nil and why there is none.
function Session:read()
  local lines = {}
  while true do
    local first = #lines == 0
    local line, event = self.editor.read(first and self.first or self.next)
    if not line then
      if event == "interrupt" or not first then
        -- What was begun is dropped; at the end of a file it is an error.
        if event ~= "interrupt" and lines[1] then self:tell { text = "input ended too early" } end
        return nil, event
      end
      return nil, event or "end"
    end
    lines[#lines + 1] = line
    local text = table.concat(lines, self.interactive and "\n" or "")
    if first and self:command(text) then
      self.editor.remember(line)
      return nil, "done"
    end
    local _, _, incomplete = chunk.compile(text, self.environment)
    if not incomplete then
      self.editor.remember(text)
      return text
    end
  end
end

function Session:step()
  local text, event = self:read()
  if text then
    self:evaluate(text)
  elseif event == "interrupt" then
    self:say(self.interactive and "^C" or "")
  elseif event == "end" then
    self.ended = true
    if self.interactive then self:say "" end
  end
end

function Session:loop()
  while not self.ended do
    local ok, message = pcall(self.step, self)
    if not ok then -- a Ctrl-C that came between two lines
      if self.handler then process.restore_interrupt(self.handler) end
      self:tell { text = tostring(message), interrupted = is_interrupt(message) }
    end
  end
end

-- Ctrl-C sets a hook of the main thread only. A loop inside a coroutine would not hear it, and a
-- second Ctrl-C would end the process; so coroutines look now and then whether the hook is set.
local function hear_in_coroutines()
  local main = coroutine.running()
  local function look()
    local hook = debug.gethook(main)
    if hook == "external hook" then
      debug.sethook(main)
      error("interrupted!", 0)
    end
  end
  local create, resume, unpack = coroutine.create, coroutine.resume, table.unpack
  local function heard(f)
    local thread = create(f)
    debug.sethook(thread, look, "", 10000)
    return thread
  end
  rawset(coroutine, "create", heard)
  rawset(coroutine, "wrap", function(f)
    local thread = heard(f)
    return function(...)
      local results = table.pack(resume(thread, ...))
      if not results[1] then error(results[2], 0) end
      return unpack(results, 2, results.n)
    end
  end)
end

-- Packages by their short names, loaded when first used.
local function add_shortcuts(environment)
  environment.circlet = circlet
  if getmetatable(environment) then return end
  local set = {}
  for _, name in ipairs(shortcuts) do set[name] = true end
  setmetatable(environment, { __index = function(_, name)
    if set[name] then return circlet[name] end
  end, parts = set })
end

--- A session whose lines run in the global environment. options: editor (see editor.lua),
-- interactive, colour, out and errors (files).
function prompt.session(options)
  local self = setmetatable({ environment = _G, timing = false, out = options.out or io.stdout,
    errors = options.errors or io.stderr, editor = options.editor, handler = options.handler,
    interactive = options.interactive, colour = options.colour }, Session)
  self.first, self.next = "> ", ">> "
  if self.colour then -- \1 and \2 tell readline what takes no room
    self.first, self.next = "\1\27[32m\2> \1\27[0m\2", "\1\27[32m\2>> \1\27[0m\2"
  end
  add_shortcuts(self.environment)
  rawset(self.environment, "who", function() commands.who(self) end)
  rawset(self.environment, "help", function(...) self:help(...) end)
  self.known = {}
  for name in next, self.environment do self.known[name] = true end
  return self
end

local function banner()
  local facts = circlet.config()
  return ("%s, Lua %s, %s, %d threads; help() tells more, Ctrl-D ends"):format(
    circlet._VERSION, _VERSION:match "%d.*", facts.simd, facts.threads)
end

--- Runs the prompt on standard input until it ends. Returns an exit code: 1 when the input is no
-- terminal and a line of it failed. options: quiet (no banner).
function prompt.run(options)
  options = options or {}
  local editor = require "circlet.prompt.editor"
  local interactive = process.is_terminal(0)
  local handler = process.keep_interrupt()
  local session = prompt.session { interactive = interactive, handler = handler,
                                   colour = interactive and terminal.colour "stdout" }
  local edited = terminal.attached "stdin" and editor.readline(handler, function(line)
    return require("circlet.prompt.complete").candidates(line, session.environment)
  end, editor.history_path())
  session.editor = edited or editor.plain(handler, interactive)
  if not edited and session.colour then session.first, session.next = "> ", ">> " end
  hear_in_coroutines()
  -- No script runs: what starts others of this process (circlet.study's workers) must not take the
  -- prompt for one.
  rawset(_G, "arg", { [0] = "circlet" })
  if interactive and not options.quiet then session:say(banner()) end
  session:loop()
  return not interactive and session.failed and 1 or 0
end

return prompt
