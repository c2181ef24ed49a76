-- A script with workers, for specs: lua spec/study/job.lua JOURNAL WORKERS [what [options]].
-- `what` says how trials behave; the options of optimize() are Lua code. Prints a line when done.
local circlet = require "circlet"
local uv = require "luv"

local path, workers, what, more = arg[1], tonumber(arg[2]), arg[3] or "", arg[4]
local study = assert(circlet.study.open {
  path = path, sampler = circlet.study.samplers.sobol { seed = 1 },
  directions = what == "pareto" and { "minimize", "maximize" } or nil,
})

local acts = {}

function acts.throw(trial) if trial.number == 1 then error "no luck" end end
function acts.nan(trial) if trial.number == 1 then return 0 / 0 end end
function acts.exit(trial) if trial.number == 1 then os.exit(0) end end
-- Sanitizers take SIGSEGV for themselves.
function acts.crash(trial) if trial.number == 1 then uv.kill(uv.os_getpid(), "sigabrt") end end
function acts.term(trial) if trial.number == 1 then uv.kill(uv.os_getpid(), "sigterm") end end
function acts.kill(trial)
  if trial.number == 1 then
    print "about to be killed"
    uv.kill(uv.os_getpid(), "sigkill")
  end
end
function acts.memory(trial)
  if trial.number == 1 then
    local all = {}
    while true do all[#all + 1] = circlet.FloatTensor(1 << 26) end
  end
end
function acts.sleep(trial) if trial.number == 1 then uv.sleep(20000) end end
-- Trials that never end, until one of another process has made the file.
function acts.wait()
  local file
  repeat
    uv.sleep(2)
    file = io.open(path .. ".go")
  until file
  file:close()
end
function acts.pareto(trial)
  trial:set_constraint("room", trial.params.x - 0.5)
  return { trial.params.x, trial.params.x ^ 2 }
end
function acts.branch(trial)
  if trial:suggest_categorical("kind", { "a", "b" }) == "a" then
    return trial:suggest_float("only", 0, 1)
  end
end
function acts.checkpoint(trial)
  local state = trial:load() or { steps = 0 }
  for step = state.steps + 1, 3 do
    trial:log { step = step }
    trial:save { steps = step, x = trial.params.x }
    if step == 2 and trial.number == 0 then uv.kill(uv.os_getpid(), "sigkill") end
  end
  return state.steps
end

-- The parameter that Optuna's side of optuna_check.lua asks for, too.
acts.optuna = acts.wait
local range = what == "optuna" and { 1e-4, 1, { log = true } } or { 0, 1 }

if what == "enqueue" then assert(study:enqueue({ x = 0.125 }, { from = "script" })) end
if what == "broken" and require("circlet.study.worker").order() then error "cannot begin" end

local options = more and assert(load("return " .. more))() or {}
options.trials, options.workers = options.trials or 8, workers
local ran, message, code = study:optimize(function(trial)
  local x = trial:suggest_float("x", table.unpack(range))
  local value = acts[what] and acts[what](trial)
  trial:set_user_attr("drawn", { circlet.random(1000000), math.random(1000000) })
  trial:set_user_attr("threads", circlet.getnumthreads())
  trial:set_user_attr("gpu", os.getenv "CUDA_VISIBLE_DEVICES")
  return value or x
end, options)
-- A second call, with what the first has found: workers of it pass over the first.
if what == "twice" then
  local best = study:best()
  assert(study:enqueue({ x = best.params.x }, { again = true }))
  ran = ran + assert(study:optimize(function(trial)
    return trial:suggest_float("x", 0, 1) + 100
  end, options))
end
print(("ran %s, %s, %s"):format(ran, message, code))
