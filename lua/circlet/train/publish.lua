--- What an experiment came to: a table on the terminal and, in a folder, the same as CSV and its
-- pictures.
-- @internal
local csv = require "circlet.report.csv"
local files = require "circlet.report.files"
local tables = require "circlet.report.table"
local terminal = require "circlet.report.terminal"

local publish = {}

-- The folder with FOLDER/NAME.csv and the pictures; raises a message for people.
local function must(value, message)
  if not value then error(message, 0) end
  return value
end

--- Prints a title and a table, writes FOLDER/NAME.csv and draws the pictures; raises a message for
-- people when a file cannot be written. Where gnuplot is missing it says so, and goes on.
-- @internal
-- @param folder string
-- @param name string of the experiment
-- @param content table title (nil: shown before), columns and rows of table and file;
--   shown, a list of rows, and shown_columns where the table is another than the file; pictures:
--   { [ending] = Picture } for FOLDER/NAMEending, as "-gamma.svg" (Picture:save)
-- @return string[] paths
function publish.results(folder, name, content)
  local keys = {}
  for i, column in ipairs(content.columns) do keys[i] = column.key end
  if content.title then
    print(content.title .. "\n")
    print(tables.render(content.shown_columns or content.columns, content.shown or content.rows,
      { ascii = not terminal.unicode() }))
  end
  must(files.make_folder(folder))
  local base = folder .. "/" .. name
  local paths, endings = { base .. ".csv" }, {}
  must(csv.write(paths[1], keys, content.rows))
  for ending in pairs(content.pictures or {}) do endings[#endings + 1] = ending end
  table.sort(endings)
  local reason
  for _, ending in ipairs(endings) do
    local images, why = content.pictures[ending]:save(base .. ending)
    table.move(images or {}, 1, #(images or {}), #paths + 1, paths)
    reason = reason or why
  end
  print("\nwritten: " .. table.concat(paths, " "))
  if reason then print(reason) end
  return paths
end

return publish
