--- What the training programs share: tasks, models, the training run, evaluation, options.
local parts = {
  Sweep = "circlet.train.Sweep", Trainer = "circlet.train.Trainer",
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
