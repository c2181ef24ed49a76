--- circlet help [NAME]: the manual on the terminal, or how the program is used.
local commands = require "circlet.commands"
local terminal = require "circlet.report.terminal"

local help = { name = "help", summary = "The manual about a name: circlet help circle_loss, "
  .. "nn.Linear, Tensor:narrow; without one, this help." }

function help.define(command)
  command:argument("name", "A public name, a part of one, or a command."):args "?"
end

function help.run(flags)
  if not flags.name then
    print(help.parser:get_help())
    return 0
  end
  for _, name in ipairs(commands.names) do
    if flags.name == name then
      print(help.parsers[name]:get_help())
      -- circlet.study and circlet.config are names as well.
      if not require("circlet")[name] then return 0 end
      print()
    end
  end
  local colour = terminal.colour "stdout"
  local lines, message = require("circlet.manual.help").lines(flags.name, {
    width = math.min(100, terminal.columns()),
    style = function(text) return colour and "\27[1m" .. text .. "\27[0m" or text end,
  })
  if not lines then commands.fail("%s", message) end
  print(table.concat(lines, "\n"))
end

return help
