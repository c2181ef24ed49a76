--- What proposes the parameters of a trial.
--
-- A sampler is a table with
--     suggest(self, study, trial, name, distribution) -> the number that the journal keeps
--     begin(self, study) -> system attributes of the next trial, or nil; false: no more trials
-- begin is optional and is called with the journal locked, before a trial is made, with the study's
-- record. A sampler with the field `ends` has an end of its own.
return {
  random = require "circlet.study.samplers.random",
  sobol = require "circlet.study.samplers.sobol",
  grid = require "circlet.study.samplers.grid",
  tpe = require "circlet.study.samplers.tpe",
  cmaes = require "circlet.study.samplers.cmaes",
}
