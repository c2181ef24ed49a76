--- circlet run FILE [arguments]: a Lua script that finds circlet by itself.
local run = { name = "run",
  summary = "Run a Lua script: circlet run FILE [arguments]; - is standard input." }

--- What follows the file's name belongs to the script, options included.
run.rest = true

function run.define(command)
  command:argument("file", "The script, as lua5.4 would run it.")
  command:argument("arguments", "What it finds in `arg` and in `...`."):args "*"
end

-- An error with its traceback, cut where the script ends.
local function traceback(message)
  if type(message) ~= "string" then
    local metatable = getmetatable(message)
    if not (metatable and metatable.__tostring) then
      return ("(error object is a %s value)"):format(type(message))
    end
    message = tostring(message)
  end
  local trace = debug.traceback(message, 2)
  return (trace:gsub("\n%s*%[C%]: in function 'xpcall'.*", ""))
end

--- Runs a script with its list of words (the name first). Returns an exit code.
function run.file(path, words)
  local script, message
  if path == "-" then script, message = load(io.read "a", "=stdin") else
    script, message = loadfile(path)
  end
  if not script then
    io.stderr:write("circlet: ", message, "\n")
    return 1
  end
  -- As Lua has it: what started the script stands in front of it, so that it can be started again
  -- (studies do so for their workers).
  local own, before, at = { [0] = path, [-1] = "run" }, arg or {}, 0
  while before[at] do own[at - 2], at = before[at], at - 1 end
  for i = 2, #words do own[i - 1] = words[i] end
  rawset(_G, "arg", own)
  local ok, fault = xpcall(script, traceback, table.unpack(words, 2))
  io.stdout:flush()
  if ok then return 0 end
  local interrupted = fault:find("interrupted!", 1, true)
  io.stderr:write("circlet: ", interrupted and "interrupted" or fault, "\n")
  return interrupted and 130 or 1
end

function run.run(flags)
  local words = { flags.file }
  for i, word in ipairs(flags.arguments or {}) do words[i + 1] = word end
  return run.file(flags.file, words)
end

return run
