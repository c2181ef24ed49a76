--- circlet config: what was built and what the machine offers.
local config = { name = "config",
  summary = "What was built, what the machine offers, what holds it back." }

function config.define(command)
  command:flag("--json", "As JSON.")
end

function config.run(flags)
  local facts = require("circlet").config()
  if not flags.json then
    print(facts)
    return 0
  end
  local plain = {}
  for name, value in pairs(facts) do plain[name] = value end
  if plain.warnings then plain.warnings = require("circlet.json").array(plain.warnings) end
  print(require("circlet.json").encode(plain))
  return 0
end

return config
