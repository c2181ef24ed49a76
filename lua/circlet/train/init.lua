--- What the training programs share: tasks, models, the training run, evaluation, options, results.
local lazy = require "circlet.packages"

local parts = {
  Trainer = "circlet.train.Trainer", results = "circlet.train.results",
  Comparison = "circlet.train.Comparison", losses = "circlet.train.losses",
  evaluate = "circlet.train.evaluate", device = "circlet.train.device",
  models = "circlet.train.models", options = "circlet.train.options",
  task = "circlet.train.task",
}

return lazy({}, parts)
