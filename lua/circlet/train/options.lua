--- The command line of the training programs: the options that they share, checked, with one
-- place for defaults.
-- @internal
local argparse = require "argparse"
local circlet = require "circlet"
local device = require "circlet.train.device"
local losses = require "circlet.train.losses"
local models = require "circlet.train.models"
local task = require "circlet.train.task"
local record = require "circlet.report.record"
local Trainer = require "circlet.train.Trainer"

local options = {}

options.defaults = {
  data = "fashion_mnist", protocol = "closed", model = "mlp", loss = "pair", dim = 64,
  epochs = 1, learning_rate = 1e-3, seed = 1,
}

-- A converter for argparse: nil and a message make a usage error.
local function number(what, accepts)
  return function(word)
    local x = tonumber(word)
    if x and x == x and math.abs(x) < math.huge and accepts(x) then return x end
    return nil, ("'%s' is not %s"):format(word, what)
  end
end

local function whole(what, least)
  local check = number(what, function(x) return x >= least and math.tointeger(x) end)
  return function(word)
    local x, message = check(word)
    return x and math.tointeger(x), message
  end
end

options.count = whole("a whole number from 1 up", 1)
options.seed = whole("a whole number from 0 up", 0)
options.positive = number("a positive number", function(x) return x > 0 end)
options.real = number("a number", function() return true end)

--- A converter for "4,8,16": a list without repeats, sorted, each checked by `convert`.
function options.list(convert)
  return function(words)
    local list, seen = {}, {}
    for word in (words .. ","):gmatch("([^,]*),") do
      local x, message = convert(word)
      if not x then return nil, message end
      if not seen[x] then
        seen[x] = true
        list[#list + 1] = x
      end
    end
    table.sort(list)
    return list
  end
end

--- A converter for "10x50": { classes, samples of each }.
function options.batch(word)
  local classes, samples = word:match("^(%d+)x(%d+)$")
  classes, samples = math.tointeger(tonumber(classes)), math.tointeger(tonumber(samples))
  if not classes or classes < 1 or samples < 1 then
    return nil, ("'%s' is not CLASSESxSAMPLES, such as 10x50"):format(word)
  end
  return { classes, samples }
end

-- A parser without options, laid out as all are.
local function bare_parser(program, description, epilog)
  return argparse(program, description, epilog):usage_max_width(96):help_max_width(96)
    :help_description_margin(28)
end

--- A parser with the shared options. program: as the user types it; description: one sentence;
-- without: the flags that this program does not have.
function options.parser(program, description, epilog, without)
  local left_out = {}
  for _, flag in ipairs(without or {}) do left_out[flag] = true end
  local parser = bare_parser(program, description, epilog)
  local d = options.defaults
  local function add(flag, help, metavar, convert, choices)
    if left_out[flag] then return end
    local option = parser:option(flag, help):argname("<" .. metavar .. ">")
    if convert then option:convert(convert) end
    if choices then option:choices(choices) end
  end
  add("--data", ("Data set: fashion_mnist, or a folder of IDX or .npy files, of Omniglot, or of "
    .. "images in train/CLASS and test/CLASS (default: %s)."):format(
    d.data), "data")
  add("--protocol", "closed: same classes, test split; open: the second half of the classes is "
    .. ("never seen in training (default: %s)."):format(d.protocol), "name", nil, task.protocols)
  add("--model", ("mlp, conv or linear (default: %s)."):format(d.model), "name", nil, models.names)
  add("--loss", ("pair: pair-wise Circle Loss; class: class-level; or another: %s (default: %s).")
    :format(table.concat(Trainer.losses, ", ", 3), d.loss), "name", nil, Trainer.losses)
  add("--dim", ("Size of an embedding (default: %d)."):format(d.dim), "n", options.count)
  add("--batch", "Classes and samples of each in a batch (default: 10x50, or as many classes as "
    .. "there are).", "PxK", options.batch)
  add("--epochs", ("Passes over the training images (default: %d)."):format(d.epochs), "n",
    options.count)
  add("--steps", "Steps per epoch (default: as many batches as the training split holds).", "n",
    options.count)
  add("--learning-rate", ("Of Adam (default: %g)."):format(d.learning_rate), "x", options.positive)
  add("--seed", ("Of weights and batches (default: %d)."):format(d.seed), "n", options.seed)
  add("--device", "cpu or cuda: where models are trained (default: cpu).", "name", nil,
    device.names)
  add("--threads", "CPU threads; results do not depend on it (default: all).", "n", options.count)
  add("--out", "Folder for the results (default: a name under runs/ made of the flags).", "folder")
  return parser
end

--- A parser with nothing but --out, for programs that neither train nor read data.
-- @internal
function options.small_parser(program, description)
  local parser = bare_parser(program, description)
  parser:option("--out", "Folder for the results (default: runs/paper)."):argname("<folder>")
  return parser
end

--- Parses the words. A mistake ends the program with the usage on stderr and exit code 2.
function options.parse(parser, words)
  local good, result = parser:pparse(words)
  if good then return result end
  io.stderr:write(parser:get_usage(), "\n\nError: ", tostring(result), "\n")
  os.exit(2, true)
end

-- Ends the program where there is no GPU to train on.
local function check_device(name)
  if name ~= "cuda" then return end
  local available, reason = circlet.cuda.available()
  if available then return end
  io.stderr:write("--device cuda: ", reason, "\n")
  os.exit(1, true)
end

--- The flags that were given, under the names of settings, with defaults for the rest. `more` has
-- the program's own defaults. Returns settings and the set of names that were given. A device of
-- "cpu" is the same as none, so that it leaves the names of folders as they are.
function options.settings(flags, more)
  local settings, given = {}, {}
  for _, defaults in ipairs { options.defaults, more or {} } do
    for name, value in pairs(defaults) do settings[name] = value end
  end
  for name, value in pairs(flags) do
    if name == "batch" then
      settings.classes_per_batch, settings.samples_per_class = value[1], value[2]
      given.classes_per_batch, given.samples_per_class = true, true
    else
      settings[name], given[name] = value, true
    end
  end
  if settings.device == "cpu" then settings.device = nil end
  check_device(settings.device)
  return settings, given
end

--- A copy of settings with some changed.
function options.with(settings, changes)
  local copy = {}
  for name, value in pairs(settings) do copy[name] = value end
  for name, value in pairs(changes) do copy[name] = value end
  return copy
end

local most_workers = 8 -- each has the data in memory

--- For programs that run a study: adds its flags to a parser, parses the words, and returns
-- settings, which results depend on (with defaults, `more` among them); how to run it, for
-- Study:optimize; and where, for open_study.
function options.of_study(parser, words, more)
  parser:option("--workers", ("Processes that run trials, which share the threads and GPUs "
    .. "(default: as many as threads, with --device cuda as GPUs, at most %d)."):format(
    most_workers)):argname("<n>"):convert(options.count)
  parser:option("--retries", "Tries after a failure (default: 0)."):argname("<n>")
    :convert(options.seed)
  parser:option("--timeout", "Seconds a trial may take."):argname("<s>"):convert(options.positive)
  parser:flag("--dry-run", "Say what would run, and run nothing.")
  parser:flag("--only-failed", "Run failed trials again, and nothing else.")
  parser:flag("--fail-fast", "Stop at the first failure.")
  parser:flag("--fresh", "Forget an earlier study in the folder and start anew.")
  parser:epilog("Stopped with Ctrl-C and started again with the same flags, it goes on. Others "
    .. "make another folder, and an --out that holds a study with other flags is refused. Exit "
    .. "codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.")
  local settings = options.settings(options.parse(parser, words), more)
  local how, place = { progress = true }, { out = settings.out, fresh = settings.fresh }
  for _, name in ipairs { "workers", "retries", "timeout", "dry_run", "only_failed",
                          "fail_fast" } do
    how[name], settings[name] = settings[name], nil
  end
  if settings.threads then circlet.setnumthreads(settings.threads) end
  local places = settings.device == "cuda" and circlet.cuda.getDeviceCount()
    or circlet.getnumthreads()
  how.workers = how.workers or math.min(most_workers, places)
  settings.out, settings.fresh, settings.threads = nil, nil, nil
  return settings, how, place
end

--- The task that settings name, which they are completed by. Raises a message for people.
function options.load(settings)
  local found, message = task.load(settings.data, settings.protocol)
  if not found then error(message, 0) end
  options.complete(settings, found)
  return found
end

--- Opens the study `name` in the folder that the user chose, or in one of runs/ named after the
-- settings. more: sampler, direction, ... (Study.open). Returns it and the folder; raises a message
-- for people.
function options.open_study(name, settings, place, the_task, more)
  local folder = place.out or ("runs/%s-%s-%s-%s"):format(name,
    the_task.name:lower():gsub("[^%w]+", "_"), settings.model, record.fingerprint(settings))
  local study, message, code = circlet.study.open(options.with(more, {
    path = ("%s/%s.journal"):format(folder, name), settings = settings, fresh = place.fresh,
    data = task.contents(the_task),
  }))
  if not study then
    error(message .. (code == "format" and "; choose another --out, or --fresh to start it anew"
      or ""), 0)
  end
  return study, folder
end

--- For programs that repeat a figure of a paper: adds --quick and --results to a parser, parses
-- the words, and returns settings, with defaults and, with --quick, the smaller ones of `quick`
-- where no flag was given; the folder for results; and that for work.
-- @internal
function options.of_paper(parser, words, defaults, quick)
  parser:flag("--quick", "A small budget, to see that all works: the results mean nothing.")
  parser:option("--results", "Folder for the table and pictures (default: that of --out).")
    :argname("<folder>")
  local flags = options.parse(parser, words)
  local settings, given = options.settings(flags, defaults)
  for name, value in pairs(flags.quick and quick or {}) do
    if not given[name] then settings[name] = value end
  end
  local out = settings.out or "runs/paper"
  local results = settings.results or out
  if settings.threads then circlet.setnumthreads(settings.threads) end
  for _, name in ipairs { "out", "results", "quick", "threads" } do settings[name] = nil end
  return settings, results, out
end

--- Runs a program: main(), and its errors as people should see them. Does not return after one.
function options.run(program, main)
  local good, message = pcall(main)
  if good then return end
  if Trainer.interrupted(message) then
    io.stderr:write "interrupted; the same command goes on where it stopped\n"
    os.exit(130, true)
  end
  io.stderr:write(program, ": ", tostring(message), "\n")
  os.exit(1, true)
end

--- Completes what depends on the data: the number of classes in a batch.
function options.complete(settings, the_task)
  settings.classes_per_batch = settings.classes_per_batch or math.min(10, the_task.train.classes)
  settings.samples_per_class = settings.samples_per_class or 50
end

--- One line about a run: data, protocol, model, loss, batch.
function options.describe(settings, the_task)
  local protocol = the_task.protocol == "open"
    and ("open set (%d classes seen, %d new)"):format(the_task.train.classes, the_task.test.classes)
    or "closed set"
  local loss = settings.loss == "class" and "class-level Circle Loss"
    or settings.loss == "pair" and "pair-wise Circle Loss"
    or settings.loss and losses[settings.loss].title
  return ("%s, %s; %s, %d-d;%s batches of %d x %d"):format(the_task.name, protocol, settings.model,
    settings.dim, loss and " " .. loss .. ";" or "", settings.classes_per_batch,
    settings.samples_per_class)
end

return options
