--- A journal: studies and their trials in a file that many processes read and write at once. Its
-- format is that of Optuna's JournalStorage with a file backend, so both work on one file.
--
--     local journal = assert(Journal.open("runs/study.journal"))
--     local number = assert(journal:update(function(write)
--       write("create_study", { study_name = "a", directions = { 1 } })
--     end))
--     journal.by_name.a.trials[1]
--
-- What has been read stands in `studies` and `trials` (records.lua); refresh() reads what came
-- since. update() is the only way to write: it holds the lock, reads what came since, and then lets
-- its caller decide what to write, so that a decision never rests on something old.
-- @example
-- local journal = study.Journal.open("a.journal", { create = true })
-- #journal:list()    --> 0
local uv = require "luv"
local line_of = require "circlet.study.line"
local records = require "circlet.study.records"
local Log = require "circlet.study.Log"

local Journal = {}
Journal.__index = Journal

local function forget(self)
  for name, value in pairs(records.empty()) do self[name] = value end
  self.log.offset = 0
end

local function hex(count)
  return (uv.random(count):gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

--- Opens the journal at `path`. options: create (make the file and its folder when they are not
-- there), sync (false: never wait for the disk), grace and patience (seconds, Lock.lua). Returns
-- nil, message, code: "io" when it cannot be opened, "format" when a complete line is not an
-- operation.
-- @param path string
-- @param options? table
-- @return circlet.study.Journal journal
-- @error Returns nil, message, code.
-- @example
-- local s = study.open { path = "a.journal" }
-- #study.Journal.open("a.journal"):list()    --> 1
function Journal.open(path, options)
  local log, message, code = Log.open(path, options)
  if not log then return nil, message, code end
  local self = setmetatable({ log = log, path = log.path }, Journal)
  self.sync = not options or options.sync ~= false
  self.synced, self.unsynced = uv.hrtime(), false
  -- Optuna tells its own lines by this name, so no two writers may share one.
  self.worker = ("circlet-%s-%d"):format(hex(8), uv.os_getpid())
  forget(self)
  local ok
  ok, message, code = self:refresh()
  if not ok then return nil, message, code end
  log.others = -math.huge -- what was there says nothing of who writes now
  return self
end

local second, date = nil, nil

--- The time now as a journal has it: "2026-01-31T12:00:00.000000+00:00".
-- @internal
function Journal.now()
  local seconds, micro = uv.gettimeofday()
  if seconds ~= second then second, date = seconds, os.date("!%Y-%m-%dT%H:%M:%S", seconds) end
  return ("%s.%06d+00:00"):format(date, micro)
end

-- Returns true; or nil, message, "format".
local function apply(self, text, first, last)
  local wrong = records.apply(self, text, first, last)
  if not wrong then return true end
  return nil, ("%s: line %d: %s"):format(self.path, self.lines, wrong), "format"
end

-- Reads to the end of an open file.
local function read_all(self, file)
  -- Left half-way (Ctrl-C), a pass cannot be told from one that has not begun: start from nothing.
  if self.reading then forget(self) end
  self.reading = true
  repeat
    local text, first, last, more = self.log:read(file)
    local ok, message, code = text, first, last
    if text then ok, message, code = apply(self, text, first, last) end
    if not ok then
      forget(self)
      self.reading = false
      return nil, message, code
    end
  until not more
  self.reading = false
  return true
end

-- Nearly all that reading a long journal makes stays: looking for garbage in it each time it has
-- doubled would take as long as reading it. So here that waits until it has become fourfold.
local Pause = { __close = function(held) collectgarbage("setpause", held.pause) end }

--- Reads what other processes have written since. Returns true; or nil, message, "io" or "format".
-- @internal
function Journal:refresh()
  local _ <close> = setmetatable({ pause = collectgarbage("setpause", 400) }, Pause)
  return self.log:visit(function(file) return read_all(self, file) end)
end

--- For how many seconds an ended trial may wait for the disk (update(), "soon").
Journal.sync_within = 0.1

-- Whether an update that asks for `sync` must wait for the disk.
local function sync_now(self, sync, written)
  if not self.sync or sync == false then return false end
  if not written and not self.unsynced then return false end
  return sync ~= "soon" or uv.hrtime() - self.synced > Journal.sync_within * 1e9
end

-- Appends lines, the lock being held, and applies them. Returns nothing, or { message, code }.
local function add(self, file, lines, now)
  local text = table.concat(lines)
  self.reading = true -- left half-way, what stands here and in the file may differ
  local ok, message, code = self.log:append(file, text, now)
  if ok then
    self.unsynced = not now
    if now then self.synced = uv.hrtime() end
    ok, message, code = apply(self, text, 1, #text)
    if not ok then forget(self) end
  end
  self.reading = false
  return not ok and { message, code } or nil
end

--- Holds the lock, refreshes, and calls decide(write, flush), in which write(op, fields) adds a
-- line: op is a name of records.op, fields the line without op_code and worker_id. Then the lines
-- are appended, all or none, and applied; flush() does so with those so far, for a decision that
-- rests on them. What is appended outlives the process, however it ends.
-- options.sync says what outlives a power cut: true (default), everything so far; false, what
-- the system has written by itself; "soon", as true unless less than sync_within seconds have
-- passed since the last time, so that what a power cut takes is less than that much work; a
-- function, which is called after `decide`, returns one of these. Returns what `decide` returned,
-- or true when that was nil; nil, message, code when nothing was written ("io", "format", "busy").
-- @internal
function Journal:update(decide, options)
  return self.log:exclusive(function(file, kept)
    if not kept or self.reading then
      local ok, message, code = read_all(self, file)
      if not ok then return nil, message, code end
    end
    local lines, failure = {}, nil
    local result = decide(
      function(op, fields) lines[#lines + 1] = line_of(self.worker, op, fields) end,
      function()
        failure = failure or add(self, file, lines, false)
        lines = {}
      end)
    if failure then return nil, table.unpack(failure) end
    local sync = options and options.sync
    if type(sync) == "function" then sync = sync() end
    local now = sync_now(self, sync, #lines > 0)
    if #lines > 0 or now then
      failure = add(self, file, lines, now)
      if failure then return nil, table.unpack(failure) end
    end
    if result == nil then return true end
    return result
  end)
end

--- The studies in the file, in the order of creation.
-- @return table[] records
-- @example
-- local s = study.open { path = "a.journal" }
-- study.Journal.open("a.journal"):list()[1].name    --> a
function Journal:list()
  local list = {}
  for id = 0, self.study_count - 1 do list[#list + 1] = self.studies[id] end
  return list
end

return Journal
