--- Calling other programs, by way of pipes: while system() waits, a SIGINT to this process alone is
-- lost. One that reaches both ends that program, and is raised here as the interpreter does.
local files = require "circlet.report.files"

local shell = {}

-- The results of closing a pipe.
local function ended(ok, how, code)
  if how == "signal" and code == 2 or how == "exit" and code == 130 then
    error("interrupted!", 0)
  end
  return ok == true
end

--- Runs a command line, which finds nothing on its input; returns whether it succeeded.
-- @param command string
-- @return boolean succeeded
-- @error Raises "interrupted!" when Ctrl-C ended it.
-- @example
-- report.shell.execute "true", report.shell.execute "false"    --> true  false
function shell.execute(command)
  local pipe = io.popen(command, "w")
  return pipe ~= nil and ended(pipe:close())
end

--- A word that the shell hands on as it is.
-- @param word string
-- @return string quoted
-- @example
-- report.shell.quote "it's"    --> 'it'\''s'
function shell.quote(word)
  return "'" .. tostring(word):gsub("'", "'\\''") .. "'"
end

--- Whether a program is on the PATH.
-- @param program string
-- @return boolean has
-- @example
-- report.shell.has "sh"    --> true
function shell.has(program)
  return shell.execute("command -v " .. shell.quote(program) .. " >/dev/null 2>&1")
end

--- What a command writes, without the newline at its end; nil when it fails.
-- @param command string
-- @return string? text
-- @example
-- report.shell.output "echo hello"    --> hello
function shell.output(command)
  local pipe = io.popen("{ " .. command .. "; } 2>/dev/null", "r")
  if not pipe then return nil end
  local output = pipe:read("a")
  return ended(pipe:close()) and output:gsub("\n$", "") or nil
end

--- Runs a list of words. Returns true, or nil and what the program wrote to its error output.
-- @param words string[]
-- @return boolean? true
-- @return string? message
-- @example
-- report.shell.run { "true" }    --> true
function shell.run(words)
  local quoted = {}
  for i, word in ipairs(words) do quoted[i] = shell.quote(word) end
  local log = os.tmpname()
  local good, ok = pcall(shell.execute,
    table.concat(quoted, " ") .. " >/dev/null 2>" .. shell.quote(log))
  local message = files.read(log) or ""
  os.remove(log)
  if not good then error(ok, 0) end
  if ok then return true end
  return nil, message
end

return shell
