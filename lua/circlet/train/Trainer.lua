--- A training run: model, loss, sampler and optimiser, one step after the other.
--
-- Everything that a step depends on is in `state()`: model, class vectors, moments of Adam, the
-- position of the sampler and that of the random generator. A run restored from it goes on to the
-- same bits as one that never stopped.
-- @example
-- local labels = circlet.range(0, 39):fmod(4):add(1):long()
-- local split = { inputs = circlet.rand(40, 6), labels = labels }
-- local task = circlet.train.task.new("tiny", split, split)
-- local run = circlet.train.Trainer.new(task, { model = "mlp", loss = "pair", gamma = 16,
--   m = 0.25, dim = 4, classes_per_batch = 4, samples_per_class = 2,
--   learning_rate = 1e-3, seed = 1, steps = 3 })
-- run:run_epoch() > 0    --> true
local circlet = require "circlet"
local device = require "circlet.train.device"
local losses = require "circlet.train.losses"
local models = require "circlet.train.models"
local optimise = require "circlet.train.optimise"

local Trainer = {}
Trainer.__index = Trainer

Trainer.losses = losses.names()

--- Marks the files that `state()` is saved to.
Trainer.format = "circlet training run 1"

local function make_sampler(task, settings)
  return circlet.data.PKSampler(task.train.labels, settings.classes_per_batch,
    settings.samples_per_class, { seed = settings.seed, batches = settings.steps })
end

--- A new run. settings: model ("mlp", "conv"), loss (a name of train.losses), gamma, m,
-- loss_options (that loss's settings by name), dim, classes_per_batch, samples_per_class,
-- learning_rate, seed, steps (per epoch; default: as many batches as the training split holds),
-- device ("cpu", the default, or "cuda": the current GPU). Weights begin the same on either. Seeds
-- the global generator.
-- @param task table
-- @param settings table
-- @return circlet.train.Trainer run
-- @example
-- local labels = circlet.range(0, 39):fmod(4):add(1):long()
-- local split = { inputs = circlet.rand(40, 6), labels = labels }
-- local task = circlet.train.task.new("tiny", split, split)
-- local run = circlet.train.Trainer.new(task, { model = "mlp", loss = "pair", gamma = 16,
--   m = 0.25, dim = 4, classes_per_batch = 4, samples_per_class = 2,
--   learning_rate = 1e-3, seed = 1, steps = 3 })
-- run:steps()    --> 3
function Trainer.new(task, settings)
  local self = setmetatable({ task = task, settings = settings }, Trainer)
  circlet.manualSeed(settings.seed)
  self.model = models[settings.model](task.shape, settings.dim)
  self.criterion = losses.make(settings, task)
  device.place(settings.device, self.model, self.criterion)
  self.parts = optimise.parts(self.model, self.criterion, settings.learning_rate)
  self.sampler = make_sampler(task, settings)
  self.epoch, self.step_in_epoch, self.loss_sum, self.history = 0, 0, 0, {}
  self.model:training()
  return self
end

--- Steps that make an epoch.
-- @return integer steps
-- @example
-- local labels = circlet.range(0, 39):fmod(4):add(1):long()
-- local split = { inputs = circlet.rand(40, 6), labels = labels }
-- local task = circlet.train.task.new("tiny", split, split)
-- local run = circlet.train.Trainer.new(task, { model = "mlp", loss = "pair", gamma = 16,
--   m = 0.25, dim = 4, classes_per_batch = 4, samples_per_class = 2,
--   learning_rate = 1e-3, seed = 1, steps = 3 })
-- run:steps()    --> 3
function Trainer:steps() return self.sampler:size() end

--- Trained numbers in all.
-- @return integer count
-- @example
-- local labels = circlet.range(0, 39):fmod(4):add(1):long()
-- local split = { inputs = circlet.rand(40, 6), labels = labels }
-- local task = circlet.train.task.new("tiny", split, split)
-- local run = circlet.train.Trainer.new(task, { model = "mlp", loss = "pair", gamma = 16,
--   m = 0.25, dim = 4, classes_per_batch = 4, samples_per_class = 2,
--   learning_rate = 1e-3, seed = 1, steps = 3 })
-- run:parameter_count()    --> 2820
function Trainer:parameter_count()
  local count = 0
  for _, part in ipairs(self.parts) do count = count + part.weights:nElement() end
  return count
end

-- What the facts of the loss warn of: kept is the last warning of each epoch, and in how many
-- steps.
--- Notes what the facts of the last loss warn of.
-- @internal
function Trainer:watch()
  if losses[self.settings.loss].proxies then return end
  local warnings = circlet.diagnose(self.criterion.info)
  if #warnings == 0 then return end
  self.warned = self.warned or { steps = 0 }
  self.warned.steps, self.warned.last = self.warned.steps + 1, warnings
end

--- One batch forward and backward and one step of Adam. Returns the loss. mark(name), if given, is
-- called at the end of each phase: "data", "forward", "loss", "loss backward", "backward", "Adam".
-- @param mark? function
-- @return number loss
-- @example
-- local labels = circlet.range(0, 39):fmod(4):add(1):long()
-- local split = { inputs = circlet.rand(40, 6), labels = labels }
-- local task = circlet.train.task.new("tiny", split, split)
-- local run = circlet.train.Trainer.new(task, { model = "mlp", loss = "pair", gamma = 16,
--   m = 0.25, dim = 4, classes_per_batch = 4, samples_per_class = 2,
--   learning_rate = 1e-3, seed = 1, steps = 3 })
-- run:step() > 0    --> true
function Trainer:step(mark)
  local rows = self.sampler:next()
  local train = self.task.train
  self.source = self.source or device.inputs(train, self.settings.device)
  self.inputs = device.rows(self.inputs, self.source, rows, self.settings.device)
  self.labels = device.rows(self.labels, train.labels, rows)
  if mark then mark "data" end
  local loss = optimise.step(self, self.inputs, self.labels, mark, function() self:watch() end)
  self.step_in_epoch = self.step_in_epoch + 1
  self.loss_sum = self.loss_sum + loss
  return loss
end

--- Steps to the end of the running epoch; on_step(step, loss) is called after each. Returns the
-- mean loss of the epoch and, when circlet.diagnose had something to say, { steps = in how many,
-- last = the sentences of the last of them }.
-- @param on_step? function
-- @return number loss the mean over the steps
-- @example
-- local labels = circlet.range(0, 39):fmod(4):add(1):long()
-- local split = { inputs = circlet.rand(40, 6), labels = labels }
-- local task = circlet.train.task.new("tiny", split, split)
-- local run = circlet.train.Trainer.new(task, { model = "mlp", loss = "pair", gamma = 16,
--   m = 0.25, dim = 4, classes_per_batch = 4, samples_per_class = 2,
--   learning_rate = 1e-3, seed = 1, steps = 3 })
-- run:run_epoch() > 0    --> true
function Trainer:run_epoch(on_step)
  local steps = self:steps()
  while self.step_in_epoch < steps do
    local loss = self:step()
    if on_step then on_step(self.step_in_epoch, loss) end
  end
  local mean, warned = self.loss_sum / steps, self.warned
  self.warned = nil
  self.epoch, self.step_in_epoch, self.loss_sum = self.epoch + 1, 0, 0
  return mean, warned
end

--- All that the rest of the run depends on, as a table for circlet.save.
-- @return table state
-- @example
-- local labels = circlet.range(0, 39):fmod(4):add(1):long()
-- local split = { inputs = circlet.rand(40, 6), labels = labels }
-- local task = circlet.train.task.new("tiny", split, split)
-- local run = circlet.train.Trainer.new(task, { model = "mlp", loss = "pair", gamma = 16,
--   m = 0.25, dim = 4, classes_per_batch = 4, samples_per_class = 2,
--   learning_rate = 1e-3, seed = 1, steps = 3 })
-- circlet.save("last.t7", run:state())    --> true
function Trainer:state()
  local optimisers = {}
  for i, part in ipairs(self.parts) do optimisers[i] = part.optimiser end
  return {
    format = Trainer.format,
    settings = self.settings, model = self.model:clearState(), criterion = self.criterion,
    optimisers = optimisers, sampler = self.sampler:state(),
    random = circlet.getRNGState(), epoch = self.epoch, step_in_epoch = self.step_in_epoch,
    loss_sum = self.loss_sum, history = self.history,
  }
end

--- The run that `state` was taken from, on the same task.
-- @param task table
-- @param state table
-- @return circlet.train.Trainer run
-- @example
-- local labels = circlet.range(0, 39):fmod(4):add(1):long()
-- local split = { inputs = circlet.rand(40, 6), labels = labels }
-- local task = circlet.train.task.new("tiny", split, split)
-- local run = circlet.train.Trainer.new(task, { model = "mlp", loss = "pair", gamma = 16,
--   m = 0.25, dim = 4, classes_per_batch = 4, samples_per_class = 2,
--   learning_rate = 1e-3, seed = 1, steps = 3 })
-- run:run_epoch()
-- circlet.train.Trainer.restore(task, run:state()).epoch    --> 1
function Trainer.restore(task, state)
  local self = setmetatable({ task = task }, Trainer)
  for _, key in ipairs { "settings", "model", "criterion", "epoch", "step_in_epoch", "loss_sum",
                         "history" } do
    self[key] = state[key]
  end
  device.place(self.settings.device, self.model, self.criterion)
  self.parts = optimise.parts(self.model, self.criterion)
  for i, part in ipairs(self.parts) do
    part.optimiser = device.state(self.settings.device, state.optimisers[i])
  end
  self.sampler = make_sampler(task, self.settings)
  self.sampler:restore(state.sampler)
  circlet.setRNGState(state.random)
  self.model:training()
  return self
end

--- Whether an error is Ctrl-C: raised by the interpreter, or by a kernel that it stopped.
-- @param message any
-- @return boolean interrupted
-- @example
-- circlet.train.Trainer.interrupted "input:1: interrupted!"    --> true
function Trainer.interrupted(message)
  return tostring(message):find("interrupted!", 1, true) ~= nil
end

return Trainer
