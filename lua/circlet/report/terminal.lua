--- Facts about the terminal that a stream writes to.
local process = require("circlet.core").process
local shell = require "circlet.report.shell"

local terminal = {}

--- Whether the process's standard input ("stdin"), output ("stdout") or error output ("stderr") is
-- a terminal that moves its cursor: TERM=dumb says that it does not.
-- @param stream string "stdin", "stdout" or "stderr"
-- @return boolean attached
-- @error Raises for another name.
-- @example
-- type(report.terminal.attached "stdout")    --> boolean
function terminal.attached(stream)
  local descriptor = ({ stdin = 0, stdout = 1, stderr = 2 })[stream]
  if not descriptor then
    error("terminal.attached: stdin, stdout or stderr expected, got " .. tostring(stream), 2)
  end
  return os.getenv("TERM") ~= "dumb" and process.is_terminal(descriptor)
end

--- Whether to write in colours: the stream is a terminal, and the environment variable NO_COLOR
-- (no-color.org) is not set, or empty.
-- @param stream string "stdin", "stdout" or "stderr"
-- @return boolean colour
-- @error Raises for another name.
-- @example
-- local colour = report.terminal.colour("stdout")
-- local text = colour and "\27[1mbold\27[0m" or "plain"
function terminal.colour(stream)
  return terminal.attached(stream) and (os.getenv("NO_COLOR") or "") == ""
end

-- Asks the terminal what it can do and takes the answer, such as ESC [ ? 62 ; 4 c, before it shows;
-- waits a tenth of a second for it. The terminal is left as it was.
local ask_attributes = [[exec </dev/tty && old=$(stty -g) && trap 'stty "$old"' EXIT \
  && stty -icanon -echo min 0 time 1 && printf '\033[c' >/dev/tty && dd bs=1 count=64]]

local sixel

--- Whether the controlling terminal shows sixel graphics: attribute 4 of what it answers when it is
-- asked for its attributes. Asked once, then remembered.
-- @return boolean
-- @example
-- local graphics = circlet.report.terminal.sixel()
function terminal.sixel()
  if sixel == nil then
    local attributes = (shell.output(ask_attributes) or ""):match "\27%[%?([%d;]+)c"
    sixel = attributes ~= nil and (";" .. attributes .. ";"):find(";4;", 1, true) ~= nil
  end
  return sixel
end

--- Columns of the terminal, as COLUMNS or the terminal says; 80 when nobody knows.
-- @return integer columns from 20
-- @example
-- report.terminal.columns() >= 20    --> true
function terminal.columns()
  local columns = math.tointeger(tonumber(os.getenv("COLUMNS") or "") or 0)
    or process.terminal_size() or 80
  if columns < 20 then columns = process.terminal_size() or 80 end
  return columns >= 20 and columns or 80
end

--- Rows of the terminal; 24 when nobody knows.
-- @return integer rows from 5
-- @example
-- report.terminal.rows() >= 5    --> true
function terminal.rows()
  local _, rows = process.terminal_size()
  return rows and rows >= 5 and rows or 24
end

--- Whether the locale says that characters beyond ASCII will be shown.
-- @return boolean unicode
-- @example
-- local dash = report.terminal.unicode() and "\u{2014}" or "-"
function terminal.unicode()
  local locale = os.getenv("LC_ALL") or ""
  if locale == "" then locale = os.getenv("LC_CTYPE") or "" end
  if locale == "" then locale = os.getenv("LANG") or "" end
  return locale:lower():find("utf%-?8") ~= nil
end

return terminal
