-- Trains the losses of the family on one data set under one budget and prints the table that
-- researchers publish: mean and deviation over seeds.
--
--     lua scripts/compare.lua --data FOLDER                      Omniglot's two small sets in
-- FOLDER
--     lua scripts/compare.lua --data FOLDER --losses pair,class --seeds 5 --epochs 40
--     lua scripts/compare.lua --data FOLDER --set pair.gamma=128 --set class.m=0.4
--
-- (The syntax keeps to Lua 5.1 for the reason that prelude.lua gives.)
local root = dofile((arg[0]:match("^.*/") or "./") .. "prelude.lua")
local circlet = require "circlet"
local train = require "circlet.train"
local report, options, Comparison = circlet.report, train.options, train.Comparison
local losses = train.losses

local function name_of_loss(word)
  if losses[word] and losses[word].make then return word end
  return nil, ("there is no loss '%s', but: %s"):format(word, table.concat(losses.names(), ", "))
end

-- "pair.gamma=128"
local function setting(word)
  local loss, name, value = word:match("^([%w_]+)%.([%w_]+)=(.+)$")
  value = tonumber(value)
  if not value then return nil, ("'%s' is not LOSS.SETTING=NUMBER"):format(word) end
  local known, message = name_of_loss(loss)
  if not known then return nil, message end
  if losses[loss].own[name] == nil then return nil, ("%s has no setting %s"):format(loss, name) end
  return { loss, name, value }
end

-- Names in the order of the table of losses, without repeats.
local function in_order(words)
  local wanted, list = {}, {}
  for _, name in ipairs(words or losses.names()) do wanted[name] = true end
  for _, name in ipairs(losses.names()) do
    if wanted[name] then list[#list + 1] = name end
  end
  return list
end

local parser = options.parser("lua scripts/compare.lua",
  "Trains several losses on one data set under one budget: same model, batches, epochs and seeds.",
  "The folder --out receives runs.jsonl (the journal, a line a run), results.csv, curves.png, "
  .. "curves.svg and config.json. The same command goes on where it stopped. Exit codes: 0 done, "
  .. "1 failed, 2 wrong usage, 130 interrupted.", { "--loss" })
parser:option("--losses", "Which ones, by name (default: all: "
  .. table.concat(losses.names(), ", ") .. ")."):argname("<a,b,...>")
  :convert(options.list(name_of_loss))
parser:option("--seeds", "How many runs of each loss, from --seed up (default: 3)."):argname("<n>")
  :convert(options.count)
parser:option("--set", "A setting of a loss, such as pair.gamma=128; may be repeated.")
  :argname("<loss.name=x>"):convert(setting):count("*")
parser:flag("--fresh", "Start anew even if --out holds a comparison.")

local flags = options.parse(parser, arg)
local settings = options.settings(flags, { model = "conv", epochs = 10, seeds = 3,
  classes_per_batch = 16, samples_per_class = 5 })
local out, fresh, given = settings.out, settings.fresh, settings.set or {}
if settings.threads then circlet.setnumthreads(settings.threads) end
for _, name in ipairs { "out", "fresh", "threads", "set", "loss" } do settings[name] = nil end
settings.losses = in_order(settings.losses)
settings.loss_settings = {}
for _, one in ipairs(given) do
  local of = settings.loss_settings[one[1]] or {}
  of[one[2]] = one[3]
  settings.loss_settings[one[1]] = of
end
local count = settings.seeds
settings.seeds = {}
for i = 1, count do settings.seeds[i] = settings.seed + i - 1 end

local function fail(message)
  io.stderr:write("compare: ", tostring(message), "\n")
  os.exit(1, true)
end

local function main()
  local task, message = train.task.load(settings.data, settings.protocol)
  if not task then return fail(message) end
  out = out or ("runs/compare-%s-%s-%s"):format(task.name:lower():gsub("[^%w]+", "_"),
    settings.model, report.record.fingerprint(Comparison.shared_flags(settings)))
  if fresh then Comparison.forget(out) end
  local comparison
  comparison, message = Comparison.open(out, settings,
    report.record.new("scripts/compare.lua", settings, root))
  if not comparison then return fail(message) end
  comparison, message = train.compare.run(comparison, task)
  if not comparison then return fail(message) end
end

local good, message = pcall(main)
if not good then
  if not train.Trainer.interrupted(message) then return fail(message) end
  io.stderr:write("\ninterrupted; the same command goes on where it stopped",
    out and " (" .. out .. ")" or "", "\n")
  os.exit(130, true)
end
