--- The lock of a journal: a symbolic link `path`.lock that points at the journal. Making a link
-- either succeeds or finds one there, on local disks and on NFS, so whoever makes it holds the
-- lock. Optuna locks its journals the same way, and the two exclude each other.
--
-- A process that is killed leaves its lock behind. Where the owner can be told to be dead the next
-- process takes the lock over at once; where it cannot (another machine, another container, an
-- owner that is not circlet), after `grace` seconds without a change. To tell, circlet writes the
-- owner into the link without changing where it leads: between two parts of a path "//" and "/./"
-- mean the same as "/", so they are the bits 0 and 1 of (process number, machine, count of locks).
local uv = require "luv"

local Lock = {}
Lock.__index = Lock

-- Machine and process name space in 32 bits (FNV-1a); nil where they cannot be read: no owner then.
local function machine()
  local file = io.open("/proc/sys/kernel/random/boot_id")
  local boot = file and file:read("l")
  if file then file:close() end
  local space = uv.fs_readlink("/proc/self/ns/pid")
  if not boot or not space then return nil end
  local hash = 2166136261
  for byte in (boot .. space):gmatch(".") do
    hash = ((hash ~ byte:byte()) * 16777619) & 0xffffffff
  end
  return hash
end

-- The bits of every byte, made when first used: a lock is signed a thousand times a second.
local byte_bits = setmetatable({}, {
  __index = function(known, byte)
    local parts = {}
    for i = 7, 0, -1 do parts[#parts + 1] = (byte >> i & 1) == 1 and "/./" or "//" end
    known[byte] = table.concat(parts)
    return known[byte]
  end,
})

local function bits(value, count)
  local text = ""
  for shift = count - 8, 0, -8 do text = text .. byte_bits[value >> shift & 0xff] end
  return text
end

local lengths = { 32, 32, 16 } -- process number, machine, count

-- Counts locks, so that no two of this process look alike.
local count = uv.hrtime() & 0xffff

-- "/a/b" with the owner between "/a" and "b".
local function sign(self, owner)
  local parts = {}
  for i, length in ipairs(lengths) do parts[i] = bits(owner[i], length) end
  return self.folder .. table.concat(parts) .. self.name
end

-- The owner in a link, or nil.
local function read_owner(self, link)
  if link:sub(1, #self.folder) ~= self.folder or link:sub(-#self.name) ~= self.name then
    return nil
  end
  local run = link:sub(#self.folder + 1, -#self.name - 1)
  local owner, at = {}, 1
  for i, length in ipairs(lengths) do
    local value = 0
    for _ = 1, length do
      local one = run:sub(at, at + 2) == "/./"
      if not one and run:sub(at, at + 1) ~= "//" then return nil end
      value, at = value << 1 | (one and 1 or 0), at + (one and 3 or 2)
    end
    owner[i] = value
  end
  return at > #run and owner or nil
end

--- A lock for the file at `path`, which is absolute: a relative link would dangle elsewhere.
-- options.grace: seconds without a change after which a lock is taken from its owner (30).
-- options.patience: seconds after which acquire() gives up (none: it waits for ever).
function Lock.new(path, options)
  if type(path) ~= "string" or path:sub(1, 1) ~= "/" then
    error("study.Lock: an absolute path expected, got " .. tostring(path), 2)
  end
  options = options or {}
  local folder, name = path:match("^(.*)/([^/]+)$")
  return setmetatable({
    target = path, path = path .. ".lock", folder = folder, name = name,
    grace = options.grace or 30, patience = options.patience or math.huge, machine = machine(),
    held = false,
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
local function remove_dead(self, link)
  local owner = read_owner(self, link)
  if not owner or owner[2] ~= self.machine then return false end
  local _, _, why = uv.kill(owner[1], 0)
  if why ~= "ESRCH" then return false end
  local claim = ("%s.%d-%d.claim"):format(self.path, owner[1], owner[3])
  if not uv.fs_symlink(self.target, claim) then return false end
  local removed = uv.fs_readlink(self.path) == link and remove(self) or false
  uv.fs_unlink(claim)
  return removed
end

--- Waits until the lock is ours: tries again after 1 ms, 2 ms, 4 ms and so on up to 1 s. Returns
-- true; or nil, message, "io" when the link cannot be made, nil, message, "busy" when
-- patience ends.
function Lock:acquire()
  if self.held then error("study.Lock: the lock is held already", 2) end
  local pause, began, seen, since = 1, uv.hrtime(), nil, uv.hrtime()
  while true do
    local earlier = self.attempt
    count = (count + 1) & 0xffff
    self.attempt = self.machine and sign(self, { uv.os_getpid(), self.machine, count })
    local ok, message, code = uv.fs_symlink(self.attempt or self.target, self.path)
    if ok then
      self.held = true
      return true
    end
    if code ~= "EEXIST" then
      return nil, ("cannot lock %s: %s"):format(self.target, message), "io"
    end
    local link, status = uv.fs_readlink(self.path), uv.fs_lstat(self.path)
    local sight = status and ("%d %d %d"):format(status.ino, status.mtime.sec, status.mtime.nsec)
    if link and link == earlier then
      -- Ours: Ctrl-C came when the link was made and not yet noted.
      self.attempt, self.held = earlier, true
      return true
    end
    local now = uv.hrtime()
    if sight ~= seen then seen, since = sight, now end
    if link and remove_dead(self, link) then
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

--- Gives the lock back. Returns true; or nil, message, "lost" when another process has taken it,
-- which happens when we held it for longer than its grace.
function Lock:release()
  if not self.held then error("study.Lock: the lock is not held", 2) end
  local ok, message = remove(self)
  self.held = false
  if not ok then return nil, ("%s was taken from us: %s"):format(self.path, message), "lost" end
  return true
end

return Lock
