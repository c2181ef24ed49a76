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
commands.names = { "study" }

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

--- What reads the words after the program's name (an argparse parser), and the modules by their
-- names. The man page and the completions of shells are made from it, too.
function commands.parser()
  local parser = argparse("circlet", "Circle Loss and metric learning: see README.md.")
  parser:require_command(true):command_target "command"
  parser:add_help_command()
  parser:flag("--version", "Print the version and exit."):action(function()
    print(require("circlet")._VERSION)
    os.exit(0, true)
  end)
  local modules = {}
  for _, name in ipairs(commands.names) do
    local module = require("circlet.commands." .. name)
    modules[name] = module
    module.define(parser:command(module.name, module.summary))
  end
  return parser, modules
end

--- Runs the program with the list of words after its name. Returns the exit code.
function commands.main(words)
  local parser, modules = commands.parser()
  local flags = parser:parse(words)
  local ok, result = pcall(modules[flags.command].run, flags)
  if ok then return result or 0 end
  if getmetatable(result) ~= Failure then error(result, 0) end
  io.stderr:write("circlet: ", result.message, "\n")
  return 1
end

return commands
