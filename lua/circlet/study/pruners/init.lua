--- What ends trials that will not become good.
--
-- A pruner is a table with prune(self, study, trial) -> whether to end the trial now. It looks at
-- the values that trials reported; `study` is read afresh before the call, and `trial` is its
-- record. note(name, value), its fourth argument, keeps a system attribute of the trial.
return {
  median = require "circlet.study.pruners.median",
  asha = require "circlet.study.pruners.asha",
  hyperband = require "circlet.study.pruners.hyperband",
}
