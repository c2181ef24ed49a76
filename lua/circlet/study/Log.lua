--- A file of lines that many processes append to: what a journal is made of.
--
-- A line counts once its newline is there. Lines are appended under the lock, in one write; a
-- process that dies while writing leaves a last line without a newline, which readers pass over and
-- the next writer takes away, so that nothing is ever appended to half a line.
local uv = require "luv"
local Lock = require "circlet.study.Lock"

local Log = {}
Log.__index = Log

local O = uv.constants

local function failed(doing, path, message)
  return nil, ("cannot %s %s: %s"):format(doing, path, (message:gsub("^(%u+): ", "%1 "))), "io"
end

--- Opens the file at `path`; options.create makes it when it is not there. Other options are those
-- of the lock. Returns nil, message, "io" when it cannot be opened.
function Log.open(path, options)
  options = options or {}
  local folder, name = path:match("^(.*)/([^/]*)$")
  folder, name = folder == "" and "/" or folder or ".", name or path
  local absolute, message = uv.fs_realpath(folder)
  if not absolute then return failed("open", path, message) end
  absolute = (absolute == "/" and "" or absolute) .. "/" .. name
  local flags = O.O_RDWR | O.O_APPEND | (options.create and O.O_CREAT or 0)
  local file
  file, message = uv.fs_open(absolute, flags, 420) -- 420: rw-r--r--
  if not file then return failed("open", path, message) end
  uv.fs_close(file)
  return setmetatable({ path = absolute, lock = Lock.new(absolute, options), offset = 0 }, Log)
end

--- The complete lines that came since the last call, as one string ("" when there are none).
-- Returns nil, message, "io" or, when the file has become shorter, "format".
function Log:read()
  local file, message = uv.fs_open(self.path, O.O_RDONLY, 0)
  if not file then return failed("read", self.path, message) end
  local size = uv.fs_fstat(file).size
  if size < self.offset then
    uv.fs_close(file)
    return nil, ("%s has become shorter: %d bytes were read, %d are there"):format(self.path,
      self.offset, size), "format"
  end
  local content
  content, message = uv.fs_read(file, size - self.offset, self.offset)
  uv.fs_close(file)
  if not content then return failed("read", self.path, message) end
  local last = content:find("\n[^\n]*$")
  if not last then return "" end
  self.offset = self.offset + last
  return last == #content and content or content:sub(1, last)
end

-- The size up to the last newline of an open file of `size` bytes.
local function complete_size(file, size)
  local block = 65536
  local stop = size
  while stop > 0 do
    local start = math.max(0, stop - block)
    local last = uv.fs_read(file, stop - start, start):find("\n[^\n]*$")
    if last then return start + last end
    stop = start
  end
  return 0
end

--- Appends `text` (whole lines, or nothing), the lock being held, and takes half a line away that
-- stands at the end. sync: wait until the disk has it. A write that fails half-way, on a full disk,
-- is undone. Returns true, or nil, message, "io".
function Log:append(text, sync)
  if not self.lock.held then error("study.Log: append needs the lock", 2) end
  local file, message = uv.fs_open(self.path, O.O_RDWR | O.O_APPEND, 0)
  if not file then return failed("write", self.path, message) end
  local size = uv.fs_fstat(file).size
  if size > 0 and uv.fs_read(file, 1, size - 1) ~= "\n" then
    size = complete_size(file, size)
    uv.fs_ftruncate(file, size)
  end
  local written
  written, message = uv.fs_write(file, text, -1)
  local ok = written == #text
  if ok and sync then ok, message = uv.fs_fsync(file) end
  if not ok then uv.fs_ftruncate(file, size) end
  uv.fs_close(file)
  if not ok then
    return failed("write", self.path, message or ("%d of %d bytes written"):format(written, #text))
  end
  return true
end

-- Releases the lock when a block ends, however it ends. Ctrl-C may come just then; it is raised
-- once, so the second try goes through.
local Held = {
  __close = function(held)
    if not held.lock.held then return end
    local good, message = pcall(held.lock.release, held.lock)
    if good then return end
    if held.lock.held then held.lock:release() end
    error(message, 0)
  end,
}

--- Calls f with the lock held and returns what it returns; or nil, message, code when the lock
-- cannot be had. The lock is given back when f raises.
function Log:exclusive(f)
  local _ <close> = setmetatable({ lock = self.lock }, Held)
  local ok, message, code = self.lock:acquire()
  if not ok then return nil, message, code end
  return f()
end

return Log
