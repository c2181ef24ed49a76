--- Comma-separated values as RFC 4180 has them, numbers with every digit that counts.
local files = require "circlet.report.files"
local text = require "circlet.report.text"

local csv = {}

local function field(value)
  if value == nil then return "" end
  local s = type(value) == "number" and text.number(value) or tostring(value)
  if s:find('[,"\r\n]') then return '"' .. s:gsub('"', '""') .. '"' end
  return s
end

--- The text of a table: columns is a list of keys, rows a list of tables by key; nil is an empty
-- field.
-- @param columns string[]
-- @param rows table[]
-- @return string text
-- @example
-- report.csv.encode({ "m", "map" }, { { m = 0.25, map = 0.5 } })    --> m,map 0.25,0.5
function csv.encode(columns, rows)
  local lines = {}
  local function add(of)
    local parts = {}
    for c, key in ipairs(columns) do parts[c] = field(of(key)) end
    lines[#lines + 1] = table.concat(parts, ",") .. "\n"
  end
  add(function(key) return key end)
  for _, row in ipairs(rows) do add(function(key) return row[key] end) end
  return table.concat(lines)
end

--- Writes that text to `path`, whole or not at all. Returns true, or nil, message, "io".
-- @param path string
-- @param columns string[]
-- @param rows table[]
-- @return boolean true
-- @example
-- report.csv.write("a.csv", { "m" }, { { m = 1 } })    --> true
function csv.write(path, columns, rows)
  return files.write(path, csv.encode(columns, rows))
end

return csv
