-- A terminal of 80 x 24 in which a program runs, by tmux: keys go in, the screen comes out.
local shell = require "circlet.report.shell"

local Screen = {}
Screen.__index = Screen

-- Every call has a server of its own, so that nobody's configuration or sessions take part.
function Screen:tmux(...)
  local words = { "tmux", "-S", self.socket, "-f", "/dev/null" }
  for _, word in ipairs { ... } do words[#words + 1] = shell.quote(word) end
  local pipe = assert(io.popen(table.concat(words, " ") .. " 2>&1"))
  local text = pipe:read "a"
  return pipe:close(), text
end

--- The screen as text, without the blanks at the ends of its lines and below the last one.
function Screen:text(...)
  local _, text = self:tmux("capture-pane", "-p", ...)
  return (text:gsub("[ \t]+\n", "\n"):gsub("%s+$", ""))
end

--- Types text as it stands.
function Screen:type(text)
  self:tmux("send-keys", "-l", text)
  return self
end

--- Presses keys by their names: "Enter", "Tab", "Up", "C-c".
function Screen:press(...)
  self:tmux("send-keys", ...)
  return self
end

function Screen:enter(text) return self:type(text):press "Enter" end

--- Waits until the screen holds a pattern, or a function of it is true; returns the screen and the
-- seconds that it took. Raises with the screen when it does not come within 60 seconds.
function Screen:wait(pattern, ...)
  local circlet = require "circlet"
  local timer = circlet.Timer()
  local text
  repeat
    text = self:text(...)
    if type(pattern) == "string" and text:find(pattern)
      or type(pattern) == "function" and pattern(text) then return text, timer:time().real end
    os.execute "sleep 0.02"
  until timer:time().real > 60
  error(("the screen never showed %q:\n%s"):format(tostring(pattern), text), 2)
end

function Screen:close()
  self:tmux "kill-server"
  os.remove(self.socket)
end

local screen = {}

--- Whether tmux is there.
function screen.available() return shell.has "tmux" end

--- Runs a command line in a new terminal. environment: a list of NAME=value.
function screen.open(command, environment)
  local self = setmetatable({ socket = os.tmpname() }, Screen)
  os.remove(self.socket)
  local words = { "env", "TERM=screen", "NO_COLOR=1" }
  for _, word in ipairs(environment or {}) do words[#words + 1] = shell.quote(word) end
  -- The shell tells the exit code and stays, so that the screen does.
  local line = table.concat(words, " ") .. " " .. command .. "; echo ended with $?; exec sleep 1000"
  local ok, message = self:tmux("new-session", "-d", "-x", "80", "-y", "24", line)
  assert(ok, message)
  return self
end

return screen
