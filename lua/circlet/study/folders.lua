--- What a study keeps beside its journal. For runs/a.journal, whose study is named `a`, that is
--
--     runs/a/trials/00007/record.json     what reproduces trial 7: parameters, seed, script, ...
--                         log.txt         what it wrote, and how it ended when its process died
--                         metrics.jsonl   a line for each trial:log(), as it happens
--                         metrics.csv     the same as a table, once the trial has ended
--                         checkpoint.t7   what trial:save() kept; trial:load() finds it in a retry
--     runs/a/workers/ID.json              heartbeat of a process that runs trials (heartbeat.lua)
--                    ID.log               what it wrote while it ran no trial
--
-- A study of another name than the journal's has runs/a-NAME. Trials have a folder when `workers`
-- run them, or once the objective calls for it.
local uv = require "luv"
local csv = require "circlet.report.csv"
local files = require "circlet.report.files"
local json = require "circlet.json"
local jsonl = require "circlet.report.jsonl"

local folders = {}

--- The folder of the study `name` in the journal at `path`.
function folders.of(path, name)
  local base, ending = path:match("^(.*[^/])(%.[^./]+)$")
  if not base then base, ending = path, "" end
  if name == base:match("[^/]*$") then return ending == "" and path .. ".study" or base end
  return base .. "-" .. name:gsub("[^%w_.-]", "_")
end

--- The folder of a trial, which may not be there.
function folders.trial(study, number) return ("%s/trials/%05d"):format(study.folder, number) end

--- Whether it is there.
function folders.exists(study, number)
  return files.kind(folders.trial(study, number)) == "directory"
end

--- Makes it. Returns its path; or nil, message, "io".
function folders.make(study, number)
  local path = folders.trial(study, number)
  local ok, message, code = files.make_folder(path)
  if not ok then return nil, message, code end
  return path
end

local null = { nan = "null" }

-- In place of what was there, in one step. Unlike circlet.write_file without waiting for the disk:
-- what counts stands in the journal.
local function put(path, text)
  local file, message = io.open(path .. ".tmp", "w")
  if not file then return nil, message, "io" end
  local ok
  ok, message = file:write(text)
  local closed, why = file:close()
  if ok and closed then ok, message = os.rename(path .. ".tmp", path) end
  if ok and closed then return true end
  os.remove(path .. ".tmp")
  return nil, ("cannot write %s: %s"):format(path, message or why), "io"
end

-- Every name that a line has, in the order in which lines bring them.
local function columns_of(rows)
  local columns, seen = {}, {}
  for _, row in ipairs(rows) do
    local fresh = {}
    for name in pairs(row) do
      if not seen[name] then
        seen[name] = true
        fresh[#fresh + 1] = name
      end
    end
    table.sort(fresh)
    table.move(fresh, 1, #fresh, #columns + 1, columns)
  end
  return columns
end

local function plain_rows(rows)
  for _, row in ipairs(rows) do
    for name, value in pairs(row) do
      if value == json.null then
        row[name] = nil
      elseif type(value) == "table" then
        row[name] = json.encode(value)
      end
    end
  end
  return rows
end

--- Removes what a study keeps beside its journal, and nothing else.
function folders.forget(folder)
  local function each(path, f)
    local handle = uv.fs_scandir(path)
    local name = handle and uv.fs_scandir_next(handle)
    while name do
      f(path .. "/" .. name)
      name = uv.fs_scandir_next(handle)
    end
    uv.fs_rmdir(path)
  end
  each(folder .. "/trials", function(trial)
    for _, name in ipairs { "record.json", "log.txt", "metrics.jsonl", "metrics.csv",
                            "checkpoint.t7" } do
      os.remove(trial .. "/" .. name)
    end
    uv.fs_rmdir(trial)
  end)
  each(folder .. "/workers", os.remove)
  uv.fs_rmdir(folder)
end

--- Adds a line of metrics.
function folders.log(study, number, values)
  local path, message, code = folders.make(study, number)
  if not path then return nil, message, code end
  return jsonl.append(path .. "/metrics.jsonl", values)
end

--- Closes the folder of a trial that has ended, if it has one: record.json and metrics.csv. record:
-- the journal's; more: fields of record.json that the journal does not have. Returns true; or nil,
-- message, code.
function folders.close(study, record, more)
  if not folders.exists(study, record.number) then return true end
  local path = folders.trial(study, record.number)
  local fields = {
    study = study.name, journal = study.journal.path, number = record.number, index = record.index,
    state = record.state, params = record.params, values = record.values,
    value = #record.study.directions == 1 and record.values and record.values[1] or nil,
    user_attrs = record.user_attrs, system_attrs = record.system_attrs,
    error = record.user_attrs.error, started = record.started, completed = record.completed,
    worker = record.worker, data_hash = study:data_hash(),
  }
  for name, value in pairs(more or {}) do fields[name] = value end
  local ok, message, code = put(path .. "/record.json", json.encode(fields, null) .. "\n")
  if not ok then return nil, message, code end
  local rows = jsonl.read(path .. "/metrics.jsonl")
  if not rows or #rows == 0 then return true end
  return put(path .. "/metrics.csv", csv.encode(columns_of(rows), plain_rows(rows)))
end

return folders
