--- What the training programs share: tasks, models, the training run, evaluation, options, results.
local parts = {
  Trainer = "circlet.train.Trainer", results = "circlet.train.results",
  Comparison = "circlet.train.Comparison", losses = "circlet.train.losses",
  evaluate = "circlet.train.evaluate",
  models = "circlet.train.models", options = "circlet.train.options",
  task = "circlet.train.task",
}

return setmetatable({}, {
  __index = function(self, name)
    local path = parts[name]
    if not path then return nil end
    local loaded = require(path)
    rawset(self, name, loaded)
    return loaded
  end,
})
