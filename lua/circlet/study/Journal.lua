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
local uv = require "luv"
local json = require "circlet.json"
local records = require "circlet.study.records"
local Log = require "circlet.study.Log"

local Journal = {}
Journal.__index = Journal

local function forget(self)
  for name, value in pairs(records.empty()) do self[name] = value end
  self.log.offset, self.lines = 0, 0
end

local function hex(count)
  return (uv.random(count):gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

--- Opens the journal at `path`. options: create (make the file when it is not there), sync (false:
-- never wait for the disk), grace and patience (seconds, Lock.lua). Returns nil, message, code:
-- "io" when it cannot be opened, "format" when a complete line is not an operation.
function Journal.open(path, options)
  local log, message, code = Log.open(path, options)
  if not log then return nil, message, code end
  local self = setmetatable({ log = log, path = log.path }, Journal)
  self.sync = not options or options.sync ~= false
  -- Optuna tells its own lines by this name, so no two writers may share one.
  self.worker = ("circlet-%s-%d"):format(hex(8), uv.os_getpid())
  forget(self)
  local ok
  ok, message, code = self:refresh()
  if not ok then return nil, message, code end
  return self
end

--- The time now as a journal has it: "2026-01-31T12:00:00.000000+00:00".
function Journal.now()
  local seconds, micro = uv.gettimeofday()
  return os.date("!%Y-%m-%dT%H:%M:%S", seconds) .. (".%06d+00:00"):format(micro)
end

local bare = { nan = "bare" }

local function apply_all(self, text)
  for line in text:gmatch("([^\n]*)\n") do
    self.lines = self.lines + 1
    local value, message = json.decode(line, bare)
    local ok = value ~= nil
    if ok then ok, message = records.apply(self, value) end
    if not ok then
      return nil, ("%s: line %d: %s"):format(self.path, self.lines, message), "format"
    end
  end
  return true
end

--- Reads what other processes have written since. Returns true; or nil, message, "io" or "format".
function Journal:refresh()
  -- Left half-way (Ctrl-C), a pass cannot be told from one that has not begun: start from nothing.
  if self.reading then forget(self) end
  self.reading = true
  local text, message, code = self.log:read()
  if text then text, message, code = apply_all(self, text) end
  if not text then
    forget(self)
    self.reading = false
    return nil, message, code
  end
  self.reading = false
  return true
end

--- Holds the lock, refreshes, and calls decide(write), in which write(op, fields) adds a line: op
-- is a name of records.op, fields the line without op_code and worker_id. Then the lines are
-- appended, all or none, and read back. options.sync = false does not wait for the disk: such lines
-- outlive this process but not a power cut. Returns what `decide` returned, or true when that was
-- nil; nil, message, code when nothing was written ("io", "format", "busy").
function Journal:update(decide, options)
  return self.log:exclusive(function()
    local ok, message, code = self:refresh()
    if not ok then return nil, message, code end
    local lines = {}
    local function write(op, fields)
      local line = { op_code = records.op[op] or error("study: no operation " .. tostring(op), 2),
                     worker_id = self.worker }
      if op == "set_state" then line.values = json.null end -- Optuna wants it even when empty
      for name, value in pairs(fields) do line[name] = value end
      lines[#lines + 1] = json.encode(line, bare) .. "\n"
    end
    local result = decide(write)
    ok, message, code = self.log:append(table.concat(lines),
      #lines > 0 and self.sync and not (options and options.sync == false))
    if not ok then return nil, message, code end
    ok, message, code = self:refresh()
    if not ok then return nil, message, code end
    if result == nil then return true end
    return result
  end)
end

--- The studies in the file, in the order of creation.
function Journal:list()
  local list = {}
  for id = 0, self.study_count - 1 do list[#list + 1] = self.studies[id] end
  return list
end

return Journal
