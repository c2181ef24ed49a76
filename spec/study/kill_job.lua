-- A script that is killed again and again: lua spec/study/kill_job.lua JOURNAL WORKERS TRIALS. A
-- trial writes its index to JOURNAL.witness when it begins. WORKERS 0: in this process.
local circlet = require "circlet"
local uv = require "luv"

local path, workers, trials = arg[1], tonumber(arg[2]), tonumber(arg[3])
local study = assert(circlet.study.open {
  path = path, sampler = circlet.study.samplers.random { seed = 3 },
})
assert(study:optimize(function(trial)
  local witness = assert(uv.fs_open(path .. ".witness", "a", 420))
  assert(uv.fs_write(witness, trial.index .. "\n", -1))
  uv.fs_close(witness)
  local x = trial:suggest_float("x", 0, 1)
  local kind = trial:suggest_categorical("kind", { "a", "b" })
  trial:report(x, 1)
  if trial.index % 5 == 0 then uv.sleep(3) end
  trial:set_user_attr("drawn", circlet.random(1000000))
  return kind == "a" and x or trial:suggest_float("only b", 0, 1)
end, { trials = trials, workers = workers > 0 and workers or nil, retries = 100000 }))
