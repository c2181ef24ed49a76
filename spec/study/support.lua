-- What the specs of studies share: temporary journals, and comparing what two programs read.
local json = require "circlet.json"
local lfs = require "lfs"

local support = {}

--- A fresh folder; its path.
function support.folder()
  local path = os.tmpname()
  os.remove(path)
  assert(lfs.mkdir(path))
  return path
end

--- Removes a folder of files.
function support.remove(folder)
  for name in lfs.dir(folder) do
    if name ~= "." and name ~= ".." then
      local path = folder .. "/" .. name
      if lfs.symlinkattributes(path, "mode") == "directory" then
        support.remove(path)
      else
        os.remove(path)
      end
    end
  end
  assert(lfs.rmdir(folder))
end

--- The names in a folder, sorted.
function support.names(folder)
  local list = {}
  for name in lfs.dir(folder) do
    if name ~= "." and name ~= ".." then list[#list + 1] = name end
  end
  table.sort(list)
  return list
end

--- What a journal holds, in the form that optuna_peer.py dumps.
function support.dump(journal)
  local studies = {}
  for i, study in ipairs(journal:list()) do
    local trials = {}
    for k, t in ipairs(study.trials) do
      local steps = {}
      for step, value in pairs(t.intermediate) do steps[#steps + 1] = { step, value } end
      table.sort(steps, function(a, b) return a[1] < b[1] end)
      trials[k] = { number = t.number, state = t.state, values = t.values or json.null,
                    params = t.params, internal = t.internal, user_attrs = t.user_attrs,
                    system_attrs = t.system_attrs, intermediate = steps }
    end
    studies[i] = { name = study.name, directions = study.directions, trials = trials,
                   user_attrs = study.user_attrs, system_attrs = study.system_attrs }
  end
  return studies
end

--- Where two values differ, as text, or nil. Numbers must be equal to the last bit; NaN equals NaN.
function support.difference(a, b, place)
  place = place or "the value"
  if type(a) ~= type(b) then return ("%s: %s, %s"):format(place, tostring(a), tostring(b)) end
  if type(a) ~= "table" or a == json.null or b == json.null then
    if a == b or a ~= a and b ~= b then return nil end
    return ("%s: %s, %s"):format(place, tostring(a), tostring(b))
  end
  for key in pairs(a) do
    local found = support.difference(a[key], b[key], place .. "." .. tostring(key))
    if found then return found end
  end
  for key in pairs(b) do
    if a[key] == nil then return ("%s.%s: only in the second"):format(place, tostring(key)) end
  end
  return nil
end

return support
