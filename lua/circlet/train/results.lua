--- What a sweep over gamma and m came to: tables for the terminal, a CSV file, a picture. Rows are
-- those of Study:rows(), with the user attributes recall_at_1, r_precision, map_at_r and loss.
-- @internal
local csv = require "circlet.report.csv"
local heat_map = require "circlet.plot.heat_map"
local html = require "circlet.report.study.html"
local tables = require "circlet.report.table"
local terminal = require "circlet.report.terminal"

local results = {}

local columns = {
  { key = "place", title = "#" }, { key = "model" }, { key = "gamma", missing = "" },
  { key = "m", missing = "" }, { key = "recall_at_1", title = "R@1", format = "%.3f" },
  { key = "r_precision", title = "R-precision", format = "%.3f" },
  { key = "map_at_r", title = "MAP@R", format = "%.3f" },
  { key = "loss", format = "%.3f", missing = "" },
  { key = "seconds", title = "s", format = "%.2f" },
}

--- Rows as a numbered table.
function results.table(rows)
  for place, row in ipairs(rows) do row.place = place end
  return tables.render(columns, rows, { ascii = not terminal.unicode() })
end

--- Rows of one setting as one line, mean and deviation of each measure.
function results.spread(rows)
  local ascii = not terminal.unicode()
  local row = tables.spread(rows, { recall_at_1 = "%.3f", r_precision = "%.3f", map_at_r = "%.3f",
                                    loss = "%.3f", seconds = "%.2f" }, { ascii = ascii })
  for _, name in ipairs { "model", "gamma", "m" } do row[name] = rows[1] and rows[1][name] end
  row.place = #rows
  local list = { { key = "place", title = "seeds" }, table.unpack(columns, 2) }
  return tables.render(list, { row }, { ascii = ascii })
end

--- Writes results.csv, report.html (report.study.html) and NAME.png, NAME.svg, NAME.gp (MAP@R over
-- gamma and m; NAME is the study's) to a folder. axes: { gamma = list, m = list, seed = that of the
-- grid }. Returns the paths, and why there is no page or no picture when there is none; nil,
-- message, code when the CSV file cannot be written.
function results.write(study, folder, axes, title)
  local path, rows, values = folder .. "/results.csv", study:rows(), {}
  local ok, message, code = csv.write(path, { "number", "state", "model", "gamma", "m", "seed",
    "recall_at_1", "r_precision", "map_at_r", "loss", "seconds", "error" }, rows)
  if not ok then return nil, message, code end
  for _, row in ipairs(rows) do
    if row.seed == axes.seed then values[row.gamma .. " " .. row.m] = row.map_at_r end
  end
  local paths, page = { path }, folder .. "/report.html"
  local drawn, why = html.write(study, page)
  if drawn then paths[2] = page end
  local images, reason = heat_map({
    x = axes.gamma, y = axes.m, log_x = true, title = "MAP@R: " .. title, x_label = "gamma",
    y_label = "m", value_label = "MAP@R",
    value = function(gamma, m) return values[gamma + 0.0 .. " " .. m + 0.0] end,
  }):save(folder .. "/" .. study.name)
  table.move(images or {}, 1, #(images or {}), #paths + 1, paths)
  return paths, not drawn and why or not images and reason or nil
end

return results
