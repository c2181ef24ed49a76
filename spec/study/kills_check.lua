-- Two thousand rounds of killing a study (kills.lua); run by `make check-kills`:
--     lua5.4 spec/study/kills_check.lua [PYTHON [ROUNDS [SEED]]]
-- Where PYTHON has Optuna, it reads every journal that the rounds leave, and must find in it what
-- circlet finds.
package.path = "./?.lua;" .. package.path
local json = require "circlet.json"
local shell = require "circlet.report.shell"
local Journal = require("circlet.study").Journal
local kills = require "spec.study.kills"
local support = require "spec.study.support"

local python, rounds, seed = arg[1] or "python3", tonumber(arg[2] or 2000), tonumber(arg[3] or 1)
local peer = shell.quote(python) .. " spec/study/optuna_peer.py "
local optuna = shell.output(peer .. "version")
local folder = support.folder()

local function agree(path)
  local text = shell.output(peer .. "dump " .. shell.quote(path))
  if not text then error("Optuna cannot read " .. path, 0) end
  local difference = support.difference(json.decode(text, { nan = "bare" }),
    support.dump(assert(Journal.open(path))), "studies")
  if difference then error(("%s: Optuna and circlet differ: %s"):format(path, difference), 0) end
end

local good, done, count = pcall(kills.run, {
  folder = folder, rounds = rounds, trials = 300, most_rounds = 100, seed = seed,
  journal_done = function(path, so_far)
    if optuna then agree(path) end
    io.stderr:write(("%d of %d rounds\n"):format(so_far, rounds))
  end,
})
if not good or not done then
  io.stderr:write(("seed %d: %s (%s is left as it was)\n"):format(seed, good and count or done,
    folder))
  os.exit(1)
end
support.remove(folder)
print(("%d rounds over %d journals: nothing lost, nothing run twice; %s"):format(done, count,
  optuna and "Optuna " .. optuna .. " reads them alike" or "no Optuna to read them"))
