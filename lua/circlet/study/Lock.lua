--- The lock of a journal: a file `path`.lock that is made only where there is none. Whoever makes
-- it holds the lock. Optuna makes a symbolic link of that name, or such a file, so the two exclude
-- each other.
--
-- A process that is killed leaves its lock behind. Where the owner can be told to be dead the next
-- process takes the lock over at once; where it cannot (another machine, another container, an
-- owner that is not circlet), after `grace` seconds without a change. To tell, the file holds one
-- line: process number, machine, and a count that makes every lock another. (A link could say this
-- in the words of its target, too, but long targets cost a busy disk milliseconds.)
--
-- A process that writes again and again may keep the lock from one time to the next: keep() instead
-- of release(), then resume() instead of acquire(). What is kept is given back by a thread when
-- resume() does not come within `linger`, and after `longest` in any case.
-- @internal
local core = require "circlet.core"
local processes = require "circlet.study.processes"
local uv = require "luv"

local Lock = {}
Lock.__index = Lock

--- Seconds: how long a lock is kept unused, and how long at all.
Lock.linger, Lock.longest = 0.001, 0.008

-- Counts locks, so that no two of this process look alike.
local count = uv.hrtime() & 0xffffffff

local function sign(machine_number)
  count = (count + 1) & 0xffffffff
  return ("circlet %d %08x %d\n"):format(uv.os_getpid(), machine_number, count)
end

-- What the lock says: "" for one that is not circlet's; nil when there is none. A link is Optuna's,
-- and leads to the journal.
local function read(self)
  local status = uv.fs_lstat(self.path)
  if not status then return nil end
  local sight = ("%d %d %d"):format(status.ino, status.mtime.sec, status.mtime.nsec)
  local file = status.type == "file" and status.size < 100 and io.open(self.path)
  if not file then return "", sight end
  local text = file:read "a"
  file:close()
  return text or "", sight
end

local function owner_in(text)
  local process, on, number = text:match "^circlet (%d+) (%x+) (%d+)\n$"
  return process and { math.tointeger(process), tonumber(on, 16), number }
end

--- A lock for the file at `path`, which is absolute: a relative link would dangle elsewhere.
-- options.grace: seconds without a change after which a lock is taken from its owner (30).
-- options.patience: seconds after which acquire() gives up (none: it waits for ever).
function Lock.new(path, options)
  if type(path) ~= "string" or path:sub(1, 1) ~= "/" then
    error("study.Lock: an absolute path expected, got " .. tostring(path), 2)
  end
  options = options or {}
  return setmetatable({
    target = path, path = path .. ".lock",
    grace = options.grace or 30, patience = options.patience or math.huge,
    machine = processes.here(), held = false, waited = false, resuming = false,
  }, Lock)
end

-- Moves the lock away under a name of its own before removing it: whoever finds it gone can make
-- a new one, and a second remover has nothing left to remove.
local function remove(self)
  local away = ("%s.%d-%d.rename"):format(self.path, uv.os_getpid(), uv.hrtime())
  local ok, message = uv.fs_rename(self.path, away)
  if not ok then return nil, message end
  uv.fs_unlink(away)
  return true
end

-- Removes a lock whose owner is dead. Two processes may find the same dead owner, and the slower
-- must not remove the lock that the faster has made since. So each first claims the right to
-- remove this one lock, and looks again when it has it: nobody else removes it meanwhile.
local function remove_dead(self, text)
  local owner = owner_in(text)
  if not owner or owner[2] ~= self.machine then return false end
  if not processes.gone(owner[1]) then return false end
  local claim = ("%s.%d-%s.claim"):format(self.path, owner[1], owner[3])
  if not core.io.create_file(claim, "") then return false end
  local removed = read(self) == text and remove(self) or false
  uv.fs_unlink(claim)
  return removed
end

--- Waits until the lock is ours: tries again after 1 ms, 2 ms, 4 ms and so on up to 1 s. Returns
-- true; or nil, message, "io" when the file cannot be made, nil, message, "busy" when patience
-- ends.
function Lock:acquire()
  if self.held then error("study.Lock: the lock is held already", 2) end
  local pause, began, seen, since = 1, uv.hrtime(), nil, uv.hrtime()
  self.waited = false
  while true do
    local earlier = self.attempt
    self.attempt = self.machine and sign(self.machine) or ""
    local made, message = core.io.create_file(self.path, self.attempt)
    if made then
      self.held = true
      return true
    elseif made == nil then
      return nil, ("cannot lock %s: %s"):format(self.target, message), "io"
    end
    local text, sight = read(self)
    if earlier and earlier ~= "" and text == earlier then
      -- Ours: Ctrl-C came when the file was made and that not yet noted.
      self.attempt, self.held = earlier, true
      return true
    end
    local now = uv.hrtime()
    self.waited = true
    if sight ~= seen then seen, since = sight, now end
    if text and remove_dead(self, text) then
      pause = 1
    elseif sight and now - since > self.grace * 1e9 then
      remove(self)
      pause = 1
    elseif now - began > self.patience * 1e9 then
      return nil, ("%s stayed locked for %g s (%s)"):format(self.target, self.patience, self.path),
        "busy"
    else
      uv.sleep(pause)
      pause = math.min(2 * pause, 1000)
    end
  end
end

--- Ends like release(), but the lock may stay ours.
-- @return boolean kept whether it does; when it could not be kept it is held as before
-- @error Raises when the lock is not held.
-- @internal
function Lock:keep()
  if not self.held then error("study.Lock: the lock is not held", 2) end
  if not self.attempt or self.attempt == "" then return false end -- nobody could tell our death
  self.lease = self.lease
    or core.io.lease(self.target, self.path, Lock.linger, Lock.longest)
  if not self.lease:keep(self.attempt) then return false end
  self.held = false
  return true
end

--- Holds a lock that was kept.
-- @return integer? file the number of the file that it locks, which stays open while the lock is
--   ours; nil when none is kept: acquire() then
-- @error Raises when the lock is held.
-- @internal
function Lock:resume()
  if self.held then error("study.Lock: the lock is held already", 2) end
  if not self.lease then return nil end
  -- Should Ctrl-C come in between, release() gives back what there is.
  self.held, self.resuming = true, true
  local file, over = self.lease:take()
  self.held, self.resuming = file ~= nil, false
  if over then uv.sleep(1) end -- the turn of others
  return file
end

--- Gives the lock back. Returns true; or nil, message, "lost" when another process has taken it,
-- which happens when we held it for longer than its grace.
function Lock:release()
  if not self.held then error("study.Lock: the lock is not held", 2) end
  local ok, message = self.lease and self.lease:give(), "it was kept for too long"
  if ok == nil then
    ok = self.resuming -- interrupted before we had it
    if not ok then ok, message = remove(self) end
  end
  self.held, self.resuming = false, false
  if not ok then return nil, ("%s was taken from us: %s"):format(self.path, message), "lost" end
  return true
end

--- Gives back what keep() has kept, if anything.
-- @internal
function Lock:settle()
  if self.lease then self.lease:give() end
end

return Lock
