--- circlet repl: the interactive prompt.
local repl = { name = "repl",
  summary = "The interactive prompt; also what `circlet` alone starts on a terminal." }

function repl.define(command)
  command:flag("-q --quiet", "Begin without a banner.")
  command:argument("file", "Lua files to run first, in the prompt's own globals."):args "*"
end

function repl.run(flags)
  for _, file in ipairs(flags.file or {}) do
    local code = require("circlet.commands.run").file(file, { file })
    if code ~= 0 then return code end
  end
  return require("circlet.prompt").run { quiet = flags.quiet }
end

return repl
