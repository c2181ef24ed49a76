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

-- Asks the terminal what it can do and takes the answer, such as ESC [ ? 62 ; 4 c, before it shows;
-- waits a tenth of a second for it. The terminal is left as it was.
local ask_attributes = [[exec </dev/tty && old=$(stty -g) && trap 'stty "$old"' EXIT \
  && stty -icanon -echo min 0 time 1 && printf '\033[c' >/dev/tty && dd bs=1 count=64]]

--- Whether the controlling terminal shows sixel graphics: attribute 4 of what it answers when it is
-- asked for its attributes. Asked once, then remembered.
-- @return boolean
-- @example
-- local graphics = circlet.report.terminal.sixel()
function terminal.sixel()
  return once("sixel", function()
    local attributes = (shell.output(ask_attributes) or ""):match "\27%[%?([%d;]+)c"
    return attributes ~= nil and (";" .. attributes .. ";"):find(";4;", 1, true) ~= nil
  end)
end

-- Rows and columns that the controlling terminal tells, or 0.
local function size()
  return once("size", function()
    local rows, columns = (shell.output "stty size </dev/tty" or ""):match "(%d+)%s+(%d+)"
    return { rows = tonumber(rows) or 0, columns = tonumber(columns) or 0 }
  end)
end

--- Columns of the controlling terminal; 80 when nobody knows.
function terminal.columns()
  return once("columns", function()
    local columns = tonumber(os.getenv("COLUMNS") or "")
    if columns and columns >= 20 then return math.tointeger(columns) or 80 end
    return size().columns >= 20 and size().columns or 80
  end)
end

--- Rows of the controlling terminal; 24 when nobody knows.
-- @return integer
-- @example
-- circlet.report.terminal.rows() > 0     --> true
function terminal.rows() return size().rows >= 5 and size().rows or 24 end

--- Whether the locale says that characters beyond ASCII will be shown.
function terminal.unicode()
  local locale = os.getenv("LC_ALL") or ""
  if locale == "" then locale = os.getenv("LC_CTYPE") or "" end
  if locale == "" then locale = os.getenv("LANG") or "" end
  return locale:lower():find("utf%-?8") ~= nil
end

return terminal
