--- A journal: one JSON value per line, appended as things happen.
--
-- A line counts once its newline is there. A process that dies while writing leaves a last line
-- without one; readers pass over it and the next append takes it away.
local files = require "circlet.report.files"
local json = require "circlet.json"

local jsonl = {}

-- The part of `content` up to its last newline, and what follows that.
local function split(content)
  local complete = content:match("^.*\n") or ""
  return complete, content:sub(#complete + 1)
end

-- The library's message says the path too; ours begins with what was tried.
local function failed(path, message)
  return nil, ("cannot write %s: %s"):format(path, (message:gsub("^.*: ", ""))), "io"
end

--- The values in the file, oldest first, and how many bytes of a half-written line follow them. A
-- file that does not exist is an empty journal. Returns nil, message, "io" or "format" when the
-- file cannot be read or a complete line is not JSON.
-- @param path string
-- @return any[] values
-- @return integer rest
-- @example
-- report.jsonl.append("a.jsonl", { loss = 1 })
-- report.jsonl.read("a.jsonl")[1].loss    --> 1
function jsonl.read(path)
  if not files.kind(path) then return {}, 0 end
  local content, message, code = files.read(path)
  if not content then return nil, message, code end
  local complete, rest = split(content)
  local values, number = {}, 0
  for line in complete:gmatch("([^\n]*)\n") do
    number = number + 1
    if line:find("%S") then
      local value
      value, message = json.decode(line)
      if value == nil and message then
        return nil, ("%s: line %d is not JSON: %s"):format(path, number, message), "format"
      end
      values[#values + 1] = value
    end
  end
  return values, #rest
end

--- Adds a value (NaN becomes null) and flushes it to the operating system. Returns true, or nil,
-- message, "io".
-- @param path string
-- @param value any
-- @return boolean true
-- @example
-- report.jsonl.append("a.jsonl", { loss = 1 })    --> true
function jsonl.append(path, value)
  local line = json.encode(value, { nan = "null" }) .. "\n"
  local file, message = io.open(path, "a+b")
  if not file then return failed(path, message) end
  local size = file:seek("end")
  if size > 0 then
    file:seek("set", size - 1)
    if file:read(1) ~= "\n" then -- half a line from a process that died
      file:close()
      local content = files.read(path) or ""
      return files.write(path, split(content) .. line)
    end
    file:seek("end")
  end
  local ok
  ok, message = file:write(line)
  if ok then ok, message = file:flush() end
  file:close()
  if not ok then return failed(path, message) end
  return true
end

return jsonl
