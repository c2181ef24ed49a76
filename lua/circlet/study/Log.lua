--- A file of lines that many processes append to: what a journal is made of.
--
-- A line counts once its newline is there. Lines are appended under the lock, in one write; a
-- process that dies while writing leaves a last line without a newline, which readers pass over and
-- the next writer takes away, so that nothing is ever appended to half a line.
local core = require "circlet.core"
local uv = require "luv"
local files = require "circlet.report.files"
local Lock = require "circlet.study.Lock"

local Log = {}
Log.__index = Log

local O = uv.constants

local File = { __close = function(held) uv.fs_close(held.file) end }

local function failed(doing, path, message)
  return nil, ("cannot %s %s: %s"):format(doing, path, (message:gsub("^(%u+): ", "%1 "))), "io"
end

--- Opens the file at `path`; options.create makes it and its folder when they are not there. Other
-- options are those of the lock. Returns nil, message, "io" when it cannot be opened.
function Log.open(path, options)
  options = options or {}
  local folder, name = path:match("^(.*)/([^/]*)$")
  folder, name = folder == "" and "/" or folder or ".", name or path
  if options.create then
    local made, reason, code = files.make_folder(folder)
    if not made then return nil, reason, code end
  end
  local absolute, message = uv.fs_realpath(folder)
  if not absolute then return failed("open", path, message) end
  absolute = (absolute == "/" and "" or absolute) .. "/" .. name
  local flags = O.O_RDWR | O.O_APPEND | (options.create and O.O_CREAT or 0)
  local file
  file, message = uv.fs_open(absolute, flags, 420) -- 420: rw-r--r--
  if not file then return failed("open", path, message) end
  uv.fs_close(file)
  return setmetatable({ path = absolute, lock = Lock.new(absolute, options), offset = 0,
                        rest = 0, quick = 0, left = -math.huge, others = -math.huge }, Log)
end

-- Calls f(file) with the file open. It is opened anew for every visit: where a journal is shared
-- through NFS, opening is what shows the lines of other machines, and closing what shows them ours.
local function with_file(self, flags, doing, f)
  local file, message = uv.fs_open(self.path, flags, 0)
  if not file then return failed(doing, self.path, message) end
  local _ <close> = setmetatable({ file = file }, File)
  return f(file)
end

--- Calls f(file), in which read(file) works, and returns what it returns; or nil, message, "io".
function Log:visit(f) return with_file(self, O.O_RDONLY, "read", f) end

local first_block, largest_block = 4096, 1 << 16

-- The place of the last newline in `text`, or 0.
local function last_newline(text)
  for i = #text, 1, -1 do
    if text:byte(i) == 10 then return i end
  end
  return 0
end

--- Complete lines that came since the last call: a string of moderate length, the places of its
-- first and last byte that count (the last before the first when there are none), and whether there
-- is more to read. Returns nil, message, "io" or, when the file has become shorter, "format".
function Log:read(file)
  local block = first_block
  while true do
    -- Begins with the newline before, which shows that the file is as long as it was.
    local start = math.max(0, self.offset - 1)
    local content, message = uv.fs_read(file, block, start)
    if not content then return failed("read", self.path, message) end
    local known = self.offset - start
    if content:sub(1, known) ~= ("\n"):sub(1, known) then
      return nil, ("%s has become shorter, or another file: line ends up to byte %d were read")
        :format(self.path, self.offset), "format"
    end
    local full = #content == block
    if full and block < largest_block then
      block = largest_block
    else
      local last = last_newline(content)
      if last > known or not full then
        last = math.max(last, known)
        self.offset, self.rest = start + last, #content - last
        if last > known then self.others = uv.hrtime() end
        return content, known + 1, last, full
      end
      block = block * 2 -- a line that is longer than the largest block
    end
  end
end

--- Appends `text` (whole lines, or nothing) to what read() has come to the end of, the lock being
-- held, and takes half a line away that stands there. read() begins behind it. sync: wait until the
-- disk has it. A write that fails half-way, on a full disk, is undone. Returns true, or nil,
-- message, "io".
function Log:append(file, text, sync)
  if not self.lock.held then error("study.Log: append needs the lock", 2) end
  if self.rest > 0 then
    -- Another length would mean that somebody writes although the lock is ours.
    if uv.fs_fstat(file).size ~= self.offset + self.rest then
      return nil, ("%s changes although it is locked"):format(self.path), "io"
    end
    uv.fs_ftruncate(file, self.offset)
    self.rest = 0
  end
  local written, message = core.io.append(file, text)
  local ok = written == #text
  if ok and sync then ok, message = uv.fs_fsync(file) end
  if not ok then
    uv.fs_ftruncate(file, self.offset)
    return failed("write", self.path, message or ("%d of %d bytes written"):format(written, #text))
  end
  self.offset = self.offset + #text
  return true
end

--- Visits come closely when less than close_by seconds lie between them. After `often` of them in a
-- row the lock is kept from one to the next, unless somebody else has written within `together`
-- seconds: who shares a file should not wait for one that keeps it.
Log.close_by, Log.often, Log.together = 0.001, 8, 1

local function worth_keeping(self)
  return self.quick >= Log.often and uv.hrtime() - self.others > Log.together * 1e9
end

-- Gives the lock back, or keeps it, when a block ends, however it ends. Ctrl-C may come just then;
-- it is raised once, so the second try goes through.
local function finish(self, raised)
  if not self.lock.held then return end
  if raised or not worth_keeping(self) or not self.lock:keep() then self.lock:release() end
  self.left = uv.hrtime()
end

local Held = {
  __close = function(held, raised)
    local good, message = pcall(finish, held.log, raised)
    if good then return end
    if held.log.lock.held then held.log.lock:release() end
    error(message, 0)
  end,
}

--- Calls f(file, kept) with the lock held, in which read(file) and append(file) work, and returns
-- what it returns; or nil, message, code when the lock cannot be had or the file not be opened.
-- kept: the lock was ours since the last visit, so nobody has written. When f raises, the lock is
-- given back.
function Log:exclusive(f)
  local lock = self.lock
  self.quick = uv.hrtime() - self.left < Log.close_by * 1e9 and self.quick + 1 or 0
  local _ <close> = setmetatable({ log = self }, Held)
  local file = lock:resume()
  if file then return f(file, true) end
  local ok, message, code = lock:acquire()
  if not ok then return nil, message, code end
  if lock.waited then self.others = uv.hrtime() end
  return with_file(self, O.O_RDWR | O.O_APPEND, "write", f)
end

--- Gives a lock back that is kept from one visit to the next; without this a thread does so, soon.
function Log:settle() self.lock:settle() end

return Log
