--- The Circle Loss paper's benchmarks: its settings (circlet.presets), the protocols of its data
-- sets, and the data in the folders that they come in. What scripts/paper/faces.lua, reid.lua and
-- fine_grained.lua share.
-- @internal
local circlet = require "circlet"
local data = require "circlet.train.benchmark.data"
local models = require "circlet.train.models"
local optimise = require "circlet.train.optimise"
local options = require "circlet.train.options"
local progress = require "circlet.report.progress"

local benchmark = { data = data }

-- The labels of the training samples without the numbers that no sample has: class vectors of
-- nobody would only push.
local function trained_labels(labels)
  local seen, list, count = {}, {}, 0
  for i, label in ipairs(labels:totable()) do
    if not seen[label] then
      count = count + 1
      seen[label] = count
    end
    list[i] = seen[label]
  end
  return circlet.LongTensor(list), seen
end

-- How many batches an epoch has.
local function steps_of(preset, samples, most)
  local one = preset.settings
  local steps = samples // (one.batch or one.P * one.K)
  return math.max(1, most and math.min(most, steps) or steps)
end

--- Trains a model on a source with a preset; shows progress, and says the mean loss of each epoch
-- (settings.say, or print).
-- @internal
-- @param source table (source.lua)
-- @param preset function of circlet.presets
-- @param settings table model, epochs, steps (at most, of an epoch), learning_rate, seed; and
--   options of the preset
-- @return table run model, criterion, preset, losses (of epochs)
function benchmark.train(source, preset, settings)
  circlet.manualSeed(settings.seed)
  local labels, number = trained_labels(source.labels)
  local made = preset(labels, settings.preset)
  local model = models[settings.model](source.shape, made.settings.dim)
  local run = { model = model, criterion = made.criterion, preset = made, losses = {} }
  local say = settings.say or print
  for _, warning in ipairs(made.warnings) do say("note: " .. warning) end
  run.parts = optimise.parts(model, made.criterion, settings.learning_rate)
  model:training()
  local steps = steps_of(made, labels:nElement(), settings.steps)
  for epoch = 1, settings.epochs do
    local bar = progress { total = steps, label = ("epoch %d/%d"):format(epoch, settings.epochs) }
    local sum, count = 0, 0
    local good, message = pcall(function()
      for _, inputs, given in source:batches(made.batches(epoch), epoch) do
        local own = given:clone():apply(function(label) return number[label] end)
        sum, count = sum + optimise.step(run, inputs, own), count + 1
        bar:update(count, ("loss %.3f"):format(sum / count))
        if count == settings.steps then break end
      end
    end)
    bar:finish()
    if not good then error(message, 0) end
    if count == 0 then error("there are fewer training samples than a batch has", 0) end
    run.losses[epoch] = sum / count
    say(("epoch %d: loss %.4f"):format(epoch, run.losses[epoch]))
  end
  return run
end
--- The flags that the three programs share.
-- @internal
function benchmark.parser(program, description, defaults)
  local parser = options.small_parser(program, description)
  local d = options.with({ epochs = 10, learning_rate = 1e-3, seed = 1, dim = 512 }, defaults)
  parser:option("--data", "The folder of the data set (scripts/paper/README.md)."):count(1)
    :argname("<folder>")
  parser:option("--model", "conv or mlp or linear (default: conv for images, linear for features).")
    :argname("<name>"):choices(models.names)
  local function number(flag, help, convert)
    parser:option(flag, help):argname("<n>"):convert(convert)
  end
  number("--size", ("Pixels, HEIGHTxWIDTH or one number (default: %s)."):format(d.size_name),
    benchmark.read_size)
  number("--dim", ("Size of an embedding (default: %d)."):format(d.dim), options.count)
  number("--gamma", ("Scale (default: the paper's, %g)."):format(d.gamma), options.positive)
  number("--m", ("Margin (default: the paper's, %g)."):format(d.m), options.real)
  number("--epochs", ("Passes over the training samples (default: %d)."):format(d.epochs),
    options.count)
  number("--steps", "At most so many steps an epoch.", options.count)
  number("--learning-rate", ("Of Adam (default: %g)."):format(d.learning_rate), options.positive)
  number("--seed", ("Of weights and batches (default: %d)."):format(d.seed), options.seed)
  number("--threads", "CPU threads (default: all).", options.count)
  return parser, d
end

--- "256x128" or "112": { height, width }.
-- @internal
function benchmark.read_size(word)
  local height, width = word:match "^(%d+)x(%d+)$"
  height = math.tointeger(tonumber(height or word))
  width = width and math.tointeger(tonumber(width)) or height
  if height and width and height >= 8 and width >= 8 then return { height, width } end
  return nil, ("'%s' is neither pixels nor HEIGHTxWIDTH, from 8 up"):format(word)
end

--- Parses words with such a parser; returns settings for train, and the rest of the flags.
-- @internal
function benchmark.settings(parser, words, defaults)
  local flags = options.parse(parser, words)
  if flags.threads then circlet.setnumthreads(flags.threads) end
  local settings = options.with(defaults, flags)
  settings.preset = { dim = settings.dim, seed = settings.seed, gamma = flags.gamma, m = flags.m }
  settings.out = settings.out or "runs/paper"
  return settings
end

--- Trains on a source of the set and embeds others; returns the run and the embeddings by name.
-- @internal
function benchmark.run(set, preset, settings, names)
  settings.model = settings.model or (set.train.set and "conv" or "linear")
  local run = benchmark.train(set.train, preset, settings)
  local embeddings = {}
  for _, name in ipairs(names) do embeddings[name] = set[name]:embed(run.model) end
  return run, embeddings
end

return benchmark
