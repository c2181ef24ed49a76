-- Trains one model with Circle Loss and evaluates it after each epoch.
--
--     lua scripts/train.lua                                an MLP on Fashion-MNIST
--     lua scripts/train.lua --model conv --batch 10x10     a small convolutional net
--     lua scripts/train.lua --out FOLDER --resume          goes on from the last checkpoint
--
-- (The syntax keeps to Lua 5.1 for the reason that prelude.lua gives.)
local root = dofile((arg[0]:match("^.*/") or "./") .. "prelude.lua")
local circlet = require "circlet"
local json = require "circlet.json"
local train = require "circlet.train"
local report, options, Trainer = circlet.report, train.options, train.Trainer
local files, text = report.files, report.text

local parser = options.parser("lua scripts/train.lua",
  "Trains one model with Circle Loss, evaluates it after each epoch and keeps a checkpoint.",
  "The folder --out receives last.t7 (the checkpoint; its field `model` is the network), "
  .. "history.csv, curves.png, curves.svg and config.json. --resume goes on to the same bits as "
  .. "a run that never stopped. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.")
parser:option("--gamma", "Scale of the loss (default: 64)."):argname("<x>")
  :convert(options.positive)
parser:option("--m", "Margin of the loss (default: 0.25)."):argname("<x>"):convert(options.real)
parser:option("--save-every", "Keep a checkpoint every n steps too, not only after each epoch.")
  :argname("<n>"):convert(options.count)
parser:flag("--resume", "Go on from the checkpoint in --out, with its flags.")
parser:flag("--live", "Show the curves in the terminal while training, in place of the table.")
parser:flag("--fresh", "Start anew even if --out holds a run.")

local flags = options.parse(parser, arg)
local settings, given = options.settings(flags, { gamma = 64, m = 0.25, epochs = 2 })
local resume, fresh, out, save_every =
  settings.resume, settings.fresh, settings.out, settings.save_every
if settings.threads then circlet.setnumthreads(settings.threads) end
-- What the results depend on, but for the number of epochs, which --resume may raise.
for _, name in ipairs { "resume", "fresh", "out", "save_every", "threads", "live" } do
  settings[name], given[name] = nil, nil
end

local function fail(message)
  io.stderr:write("train: ", tostring(message), "\n")
  os.exit(1, true)
end

local function must(value, message)
  if not value then fail(message) end
  return value
end

-- Field, format, width, title.
local columns = {
  { "epoch", "%s", 12, "epoch" }, { "loss", "%.4f", 10, "loss" },
  { "recall_at_1", "%.4f", 8, "R@1" }, { "r_precision", "%.4f", 13, "R-precision" },
  { "map_at_r", "%.4f", 8, "MAP@R" }, { "seconds", "%.1f", 8, "s" },
}

local function row(of)
  local parts = {}
  for i, column in ipairs(columns) do
    local value = of[column[1]]
    local word = type(value) == "number" and column[2]:format(value) or value or ""
    parts[i] = text.pad(word, column[3], i == 1 and "left" or "right")
  end
  return table.concat(parts)
end

local function header()
  local names = {}
  for _, column in ipairs(columns) do names[column[1]] = column[4] end
  return row(names)
end

local function save(trainer)
  must(circlet.save(out .. "/last.t7", trainer:state()))
  must(report.csv.write(out .. "/history.csv", { "epoch", "loss", "recall_at_1", "r_precision",
    "map_at_r", "seconds" }, trainer.history))
end

local function measured(entry, split, model)
  for name, value in pairs(train.evaluate.split(split, model)) do entry[name] = value end
  return entry
end

-- A new run: folder, record, baselines and the first checkpoint.
local function start(task)
  options.complete(settings, task)
  out = out or ("runs/train-%s-%s-%s"):format(task.name:lower():gsub("[^%w]+", "_"), settings.model,
    report.record.fingerprint(settings))
  if files.kind(out .. "/last.t7") and not fresh then
    fail(out .. " holds a run: --resume goes on with it, --fresh starts anew, --out names another "
      .. "folder")
  end
  must(files.make_folder(out))
  must(files.write(out .. "/config.json", json.encode(
    report.record.new("scripts/train.lua", settings, root)) .. "\n"))
  local trainer = Trainer.new(task, settings)
  trainer.history = {
    measured({ epoch = task.raw_name }, task.test),
    measured({ epoch = "untrained" }, task.test, trainer.model),
  }
  save(trainer)
  return trainer
end

-- The state to go on from, its settings in place of the defaults; flags that contradict it are
-- refused.
local function checkpoint()
  if not out then fail("--resume needs --out, the folder of the run") end
  local path = out .. "/last.t7"
  if not files.kind(path) then fail(path .. ": there is no checkpoint to resume from") end
  local state = must(circlet.load(path))
  if type(state) ~= "table" or state.format ~= Trainer.format then
    fail(path .. ": not a checkpoint of this program")
  end
  for name in pairs(given) do
    local free = name == "epochs" or name == "device"
    if not free and settings[name] ~= state.settings[name] then
      fail(("%s was trained with %s %s, not %s; only --epochs and --device may differ"):format(out,
        name, tostring(state.settings[name]), tostring(settings[name])))
    end
  end
  if given.device then state.settings.device = settings.device end
  if given.epochs then state.settings.epochs = settings.epochs end
  settings = state.settings
  return state
end

local function show_history(trainer)
  print(header())
  for _, entry in ipairs(trainer.history) do print(row(entry)) end
  io.stdout:flush()
end

-- The curves, drawn again while the run goes on.
local function curves(trainer)
  return circlet.plot.live { path = out .. "/curves", show = flags.live, every = 5,
    history = trainer.history,
    title = ("gamma %s, m %s"):format(text.number(settings.gamma), text.number(settings.m)) }
end

local function train_all(trainer, task, live)
  local steps = trainer:steps()
  while trainer.epoch < settings.epochs do
    local timer = circlet.Timer()
    local begun = trainer.step_in_epoch
    local bar = report.progress { total = steps, start = begun,
      label = ("epoch %d/%d"):format(trainer.epoch + 1, settings.epochs) }
    local good, result, warned = pcall(trainer.run_epoch, trainer, function(step, loss)
      bar:update(step, ("loss %.3f"):format(loss))
      if save_every and step % save_every == 0 and step < steps then save(trainer) end
    end)
    bar:finish()
    if not good then error(result, 0) end
    local entry = measured({ epoch = trainer.epoch, loss = result }, task.test, trainer.model)
    -- Of the part that this process ran, when an epoch was resumed in the middle.
    entry.seconds = timer:time().real
    trainer.history[#trainer.history + 1] = entry
    save(trainer)
    if not flags.live then print(row(entry)) end
    live:add(entry)
    for _, sentence in ipairs(warned and warned.last or {}) do
      io.stderr:write(("train: in %d of %d steps, such as the last of them: %s\n"):format(
        warned.steps, steps, sentence))
    end
    io.stdout:flush()
  end
end

local function main()
  local state = resume and checkpoint()
  local task = must(train.task.load(settings.data, settings.protocol))
  local trainer = state and Trainer.restore(task, state) or start(task)
  print(("%s; gamma %s, m %s"):format(options.describe(settings, task), text.number(settings.gamma),
    text.number(settings.m)))
  print(("%d parameters, %d steps an epoch, seed %d, %s; %s\n"):format(trainer:parameter_count(),
    trainer:steps(), settings.seed, train.device.text(settings.device), out))
  show_history(trainer)
  local live = curves(trainer)
  train_all(trainer, task, live)
  local drawn, reason = live:close()
  print(("\nwritten: %s/last.t7 %s/history.csv%s"):format(out, out,
    drawn and (" %s/curves.png %s/curves.svg"):format(out, out) or ""))
  if not drawn then print(reason) end
end

local good, message = pcall(main)
if not good then
  if not Trainer.interrupted(message) then return fail(message) end
  io.stderr:write("\ninterrupted; ", files.kind((out or "") .. "/last.t7")
    and ("to go on:\n  lua %s --out '%s' --resume\n"):format(arg[0], out)
    or "nothing was trained yet\n")
  os.exit(130, true)
end
