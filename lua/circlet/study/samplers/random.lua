--- study.samplers.random { seed = 0 }: every value drawn by itself, uniformly (or uniformly in its
-- logarithm), as a function of the seed, the trial's index and the name alone.
-- @param options? table
-- @option seed integer 0 by default
-- @return table sampler
-- @example
-- local s = study.open { path = "a.journal", sampler = study.samplers.random { seed = 1 } }
-- s:ask():suggest_float("m", 0, 1) <= 1    --> true
local draw = require "circlet.study.draw"

local Random = {}
Random.__index = Random

function Random:suggest(_, trial, name, d)
  return draw.from_unit(d, draw.unit(self.seed, trial.index, name))
end

return function(options)
  return setmetatable({ seed = options and options.seed or 0 }, Random)
end
