--- Calling other programs.
local files = require "circlet.report.files"

local shell = {}

--- A word that the shell hands on as it is.
function shell.quote(word)
  return "'" .. tostring(word):gsub("'", "'\\''") .. "'"
end

--- Whether a program is on the PATH.
function shell.has(program)
  return os.execute("command -v " .. shell.quote(program) .. " >/dev/null 2>&1") == true
end

--- What a command writes, without the newline at its end; nil when it fails.
function shell.output(command)
  local pipe = io.popen(command .. " 2>/dev/null", "r")
  if not pipe then return nil end
  local output = pipe:read("a")
  return pipe:close() and output:gsub("\n$", "") or nil
end

--- Runs a list of words. Returns true, or nil and what the program wrote to its error output.
function shell.run(words)
  local quoted = {}
  for i, word in ipairs(words) do quoted[i] = shell.quote(word) end
  local log = os.tmpname()
  local ok = os.execute(table.concat(quoted, " ") .. " >/dev/null 2>" .. shell.quote(log))
  local message = files.read(log) or ""
  os.remove(log)
  if ok then return true end
  return nil, message
end

return shell
