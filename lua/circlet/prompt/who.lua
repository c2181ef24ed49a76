--- The user's globals as a table: name, type, size, bytes.
local circlet = require "circlet"
local class = require "circlet.class"
local report_table = require "circlet.report.table"

local who = {}

local element_bytes = { Double = 8, Long = 8, Int = 4, Short = 2, Byte = 1, Char = 1, Float = 4,
                        Cuda = 4, CudaDouble = 8, CudaLong = 8, CudaInt = 4, CudaByte = 1,
                        CudaHalf = 2, CudaBFloat16 = 2 }

local function bytes_each(value)
  return element_bytes[class.type(value):match "%.(%w-)Tensor$"
    or class.type(value):match "%.(%w-)Storage$"] or 0
end

-- Bytes of tensors inside a value, storages that several views share counted once.
local function bytes_of(value, seen)
  if type(value) == "string" then return #value end
  if circlet.isTensor(value) then
    local storage = value:storage()
    if not storage then return 0 end
    local address = storage:size() .. ":" .. tostring(value:data(true)
      - (value:storageOffset() - 1) * bytes_each(value))
    if seen[address] then return 0 end
    seen[address] = true
    return storage:size() * bytes_each(value)
  end
  if circlet.isStorage(value) then return value:size() * bytes_each(value) end
  if type(value) ~= "table" or seen[value] then return 0 end
  seen[value] = true
  local total = 0
  for _, item in next, value do
    if type(item) ~= "string" then total = total + bytes_of(item, seen) end
  end
  return total
end

local function size_of(value)
  if circlet.isTensor(value) then return table.concat(value:size():totable(), "x") end
  if circlet.isStorage(value) then return tostring(value:size()) end
  if type(value) == "string" then return tostring(#value) end
  if type(value) ~= "table" then return "" end
  local count = 0
  for _ in next, value do count = count + 1 end
  return tostring(count)
end

local function bytes_text(bytes)
  if bytes < 1000 then return tostring(bytes) end
  local unit = 0
  repeat bytes, unit = bytes / 1000, unit + 1 until bytes < 999.5 or unit == 4
  return ("%.3g %s"):format(bytes, ("kMGT"):sub(unit, unit) .. "B")
end

who.bytes_text = bytes_text

--- Lines about the globals of `environment` that are not in the set `known`. options: width, ascii.
function who.lines(environment, known, options)
  local rows = {}
  for name, value in next, environment do
    if type(name) == "string" and not known[name] and name ~= "_" then
      local bytes = bytes_of(value, {})
      rows[#rows + 1] = { name = name, type = class.type(value):gsub("^circlet%.", ""),
        size = size_of(value), bytes = bytes > 0 and bytes_text(bytes) or "" }
    end
  end
  if #rows == 0 then return { "no globals of yours yet" } end
  table.sort(rows, function(a, b) return a.name < b.name end)
  return report_table.lines({ { key = "name" }, { key = "type" },
    { key = "size", align = "right" }, { key = "bytes", align = "right" } }, rows, options)
end

return who
