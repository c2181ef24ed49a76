--- Studies: trials of parameters, kept in a journal that many processes and Optuna share.
local lazy = require "circlet.packages"

local parts = {
  samplers = "circlet.study.samplers", pruners = "circlet.study.pruners",
  Study = "circlet.study.Study", Trial = "circlet.study.Trial",
  Journal = "circlet.study.Journal", Lock = "circlet.study.Lock",
  distribution = "circlet.study.distribution", importance = "circlet.study.importance",
}

local study = {}

--- Opens or makes a study (Study.lua).
-- @param options table path (of the journal), name, direction or directions, sampler, pruner,
--   settings, fresh: see circlet.study.Study.open
-- @return circlet.study.Study study
-- @error Returns nil, message, code when the journal cannot be read or holds another study.
-- @example
-- study.open({ path = "a.journal", direction = "maximize" }).directions    --> {"maximize"}
function study.open(options) return require("circlet.study.Study").open(options) end

return lazy(study, parts)
