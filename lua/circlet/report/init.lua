--- What programs show and leave behind: progress, tables, CSV, journals, records. Pictures are
-- circlet.plot's.
local lazy = require "circlet.packages"

local parts = {
  csv = "circlet.report.csv", files = "circlet.report.files", jsonl = "circlet.report.jsonl",
  progress = "circlet.report.progress",
  record = "circlet.report.record", shell = "circlet.report.shell",
  study = "circlet.report.study",
  table = "circlet.report.table", terminal = "circlet.report.terminal",
  tensorboard = "circlet.report.tensorboard", text = "circlet.report.text",
}

return lazy({}, parts)
