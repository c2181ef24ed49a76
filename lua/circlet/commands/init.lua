--- The program `circlet`: one module of commands/ for each word that may follow it.
--
--     circlet study best runs/sweep.journal
--
-- A module returns { name, summary, define = function(command), run = function(flags) }: define
-- gives an argparse command its arguments, run returns an exit code (0 when nil). What it raises
-- with commands.fail() is told without a traceback.
local argparse = require "argparse"

local commands = {}

--- The words, in the order in which --help shows them.
commands.names = { "repl", "run", "study", "config", "help" }

local Failure = {}

--- Ends a command: a message for the user, and exit code 1.
function commands.fail(form, ...)
  error(setmetatable({ message = form:format(...) }, Failure), 0)
end

--- What a function that returns nil, message gave, or the end of the command.
function commands.check(value, message, ...)
  if value == nil then commands.fail("%s", message) end
  return value, message, ...
end

-- Words of a command whose module says that the rest belongs to a script: they are no options of
-- ours, whatever they look like.
local function protect(words)
  local ok, module = pcall(require, "circlet.commands." .. (words[1] or ""))
  if not (ok and type(module) == "table" and module.rest) then return words end
  local list = { words[1] }
  for i = 2, #words do
    if words[i] == "--" then return words end
    if words[i]:sub(1, 1) == "-" and words[i] ~= "-" then
      list[i] = words[i]
    else
      list[i] = "--"
      return table.move(words, i, #words, i + 1, list)
    end
  end
  return list
end

--- What reads the words after the program's name (an argparse parser), and the modules by their
-- names. The man page and the completions of shells are made from it, too.
function commands.parser()
  local parser = argparse("circlet", "Circle Loss and metric learning: see README.md.")
  parser:require_command(true):command_target "command"
  parser:flag("--version", "Print the version and exit."):action(function()
    print(require("circlet")._VERSION)
    os.exit(0, true)
  end)
  local modules, parsers = {}, {}
  for _, name in ipairs(commands.names) do
    local module = require("circlet.commands." .. name)
    modules[name], parsers[name] = module, parser:command(module.name, module.summary)
    module.define(parsers[name])
  end
  modules.help.parser, modules.help.parsers = parser, parsers
  return parser, modules
end

--- Runs the program with the list of words after its name. Without any it is the prompt on a
-- terminal, and otherwise tells how it is used. Returns the exit code.
function commands.main(words)
  local terminal = require "circlet.report.terminal"
  if #words == 0 and terminal.attached "stdin" then return require("circlet.prompt").run() end
  local parser, modules = commands.parser()
  local flags = parser:parse(protect(words))
  local ok, result = pcall(modules[flags.command].run, flags)
  if ok then return result or 0 end
  if getmetatable(result) ~= Failure then error(result, 0) end
  io.stderr:write("circlet: ", result.message, "\n")
  return 1
end

return commands
