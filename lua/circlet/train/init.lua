--- What the training programs share: tasks, models, the training run, evaluation, options, results.
local lazy = require "circlet.packages"

local parts = {
  Trainer = "circlet.train.Trainer", results = "circlet.train.results",
  Comparison = "circlet.train.Comparison", compare = "circlet.train.compare",
  losses = "circlet.train.losses", device = "circlet.train.device",
  evaluate = "circlet.train.evaluate", publish = "circlet.train.publish",
  benchmark = "circlet.train.benchmark", optimise = "circlet.train.optimise",
  models = "circlet.train.models", options = "circlet.train.options",
  placement = "circlet.train.placement",
  task = "circlet.train.task",
}

return lazy({}, parts)
