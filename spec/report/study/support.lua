-- A study with all that a report shows: both kinds of parameters, conditional ones, pruned and
-- failed trials, curves, names that would break a page.
local study = require "circlet.study"

local support = {}

--- Runs `trials` trials into the journal at `path`. Returns the study.
function support.study(path, trials)
  local s = assert(study.open { path = path, direction = "maximize", sync = false,
    sampler = study.samplers.sobol { seed = 1 }, pruner = study.pruners.asha { eta = 2 } })
  assert(s:optimize(function(t)
    local gamma = t:suggest_float("gamma", 8, 512, { log = true })
    local m, layers = t:suggest_float("m", 0, 0.5), t:suggest_int("layers", 1, 4)
    local kind = t:suggest_categorical("optimiser", { "adam", "sgd", "</script><b>" })
    if kind == "sgd" then t:suggest_float("momentum", 0, 1) end
    if t.number == 7 then error "broken </script>" end
    local quality
    for epoch = 1, 4 do
      quality = 1 - (math.log(gamma / 64) / 8) ^ 2 - (m - 0.25) ^ 2 - 0.3 / epoch / layers
      t:report(quality, epoch)
      t:log { epoch = epoch, loss = epoch == 3 and 0 / 0 or 1 - quality }
      if t.number % 3 == 0 and t:should_prune() then t:prune() end
    end
    return t.number == 5 and -math.huge or quality
  end, { trials = trials }))
  return s
end

return support
