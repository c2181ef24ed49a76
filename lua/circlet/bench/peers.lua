--- Talking to PyTorch: one Python process per peer (scripts/bench/peers.py), requests through a
-- FIFO and replies through a pipe, a line of JSON each.
local files = require "circlet.report.files"
local json = require "circlet.json"
local shell = require "circlet.report.shell"

local Peer = {}
Peer.__index = Peer

local peers = {}

--- The first of these interpreters that has the modules, by default torch and numpy; nil when none
-- has.
function peers.find(interpreters, modules)
  for _, python in ipairs(interpreters) do
    local words = ("%s -c 'import %s' >/dev/null 2>&1"):format(shell.quote(python),
      modules or "torch, numpy")
    if os.execute(words) then return python end
  end
  return nil
end

--- Starts a peer: { python, script, peer = "eager" | "compile" | "pml", folder (for its FIFO) }.
-- Returns it, with the field `versions`; or nil and a message.
function peers.start(options)
  local base = ("%s/%s"):format(options.folder, options.peer)
  local fifo, log = base .. ".fifo", base .. ".log"
  local ok, message = shell.run { "mkfifo", fifo }
  if not ok then return nil, "mkfifo: " .. message end
  local self = setmetatable({ name = options.peer, log = log }, Peer)
  self.replies = io.popen(("%s %s %s <%s 2>%s"):format(shell.quote(options.python),
    shell.quote(options.script), options.peer, shell.quote(fifo), shell.quote(log)), "r")
  -- For reading and writing: a peer that has died is seen in its replies, not by a signal.
  self.requests = assert(io.open(fifo, "r+"))
  self.requests:setvbuf("no")
  local greeting, reason = self:receive()
  if not greeting then return nil, reason end
  self.versions = greeting.versions
  return self
end

function Peer:receive()
  local line = self.replies:read("l")
  local answer = line and json.decode(line)
  if not answer then
    local last = (files.read(self.log) or ""):match("([^\n]+)\n*$")
    self.dead = true
    return nil, "the Python process ended" .. (last and ": " .. last or "")
  end
  if answer.error then return nil, answer.error end
  return answer
end

--- Sends a request and waits for the reply. Returns it as a table; or nil and a message.
function Peer:ask(request)
  if self.dead then return nil, "the Python process ended" end
  self.requests:write(json.encode(request), "\n")
  return self:receive()
end

--- Begins a cell: inputs as files in .npy format. Returns the facts of its first call, or nil and a
-- message; then the peer is ready for the next cell.
function Peer:begin(job)
  job.op = "cell"
  return self:ask(job)
end

--- Seconds per call, over that many calls. Raises when the peer fails, which after a first call
-- that succeeded nothing but a lack of memory brings about.
function Peer:block(calls)
  local answer, message = self:ask { op = "block", calls = calls }
  return answer and answer.seconds or error(("%s: %s"):format(self.name, message), 0)
end

function Peer:finish() return self:ask { op = "end" } end

--- Ends the process.
function Peer:close()
  -- Closing the FIFO is not enough: peers started later have inherited it.
  self.requests:write(json.encode { op = "quit" }, "\n")
  self.requests:close()
  self.replies:close()
end

return peers
