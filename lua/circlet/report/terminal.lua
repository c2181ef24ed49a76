--- Facts about the terminal that a stream writes to. Asked of the shell once, then remembered.
local shell = require "circlet.report.shell"

local terminal = {}

local answers = {}

local function once(question, ask)
  if answers[question] == nil then answers[question] = ask() end
  return answers[question]
end

--- Whether the process's standard output ("stdout") or error output ("stderr") is a terminal.
function terminal.attached(stream)
  local descriptor = assert(({ stdout = 1, stderr = 2 })[stream], "stdout or stderr expected")
  return once(stream, function()
    if os.getenv("TERM") == "dumb" then return false end
    return shell.execute(("test -t %d"):format(descriptor))
  end)
end

--- Columns of the controlling terminal; 80 when nobody knows.
function terminal.columns()
  return once("columns", function()
    local columns = tonumber(os.getenv("COLUMNS") or "")
    if columns and columns >= 20 then return math.tointeger(columns) or 80 end
    local answer = shell.output("stty size </dev/tty") or ""
    columns = tonumber(answer:match("%d+%s+(%d+)"))
    return columns and columns >= 20 and columns or 80
  end)
end

--- Whether the locale says that characters beyond ASCII will be shown.
function terminal.unicode()
  local locale = os.getenv("LC_ALL") or ""
  if locale == "" then locale = os.getenv("LC_CTYPE") or "" end
  if locale == "" then locale = os.getenv("LANG") or "" end
  return locale:lower():find("utf%-?8") ~= nil
end

return terminal
