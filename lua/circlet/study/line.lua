--- The text of a journal's line: line_of(worker, op, fields), op being a name of records.op and
-- fields the line without op_code and worker_id. Ends with a newline. Raises what json.encode does.
--
-- It is what json.encode makes of the whole line, whose keys are sorted. The lines that every trial
-- has are filled into templates, which takes a quarter of the time.
local json = require "circlet.json"
local records = require "circlet.study.records"

local bare = { nan = "bare" }

local function general(worker, op, fields)
  local line = { op_code = records.op[op] or error("study: no operation " .. tostring(op), 3),
                 worker_id = worker }
  if op == "set_state" then line.values = json.null end -- Optuna wants it even when empty
  for name, value in pairs(fields) do line[name] = value end
  return json.encode(line, bare) .. "\n"
end

-- Names, workers and distributions come again and again. Weak: a process may see many studies.
local quoted = setmetatable({}, {
  __mode = "k",
  __index = function(all, text)
    local found = json.encode(text)
    all[text] = found
    return found
  end,
})

local function count(fields)
  local n = 0
  for _ in next, fields do n = n + 1 end
  return n
end

local number = json.number

-- nil where the fields are others than the template's.
local templates = {
  create_trial = function(worker, f)
    if count(f) ~= 2 or type(f.datetime_start) ~= "string" then return nil end
    return ('{"datetime_start":"%s","op_code":4,"study_id":%d,"worker_id":%s}\n'):format(
      f.datetime_start, f.study_id, quoted[worker])
  end,
  set_param = function(worker, f)
    if count(f) ~= 4 then return nil end
    return ('{"distribution":%s,"op_code":5,"param_name":%s,"param_value_internal":%s,"trial_id":%d'
      .. ',"worker_id":%s}\n'):format(quoted[f.distribution], quoted[f.param_name],
      number(f.param_value_internal), f.trial_id, quoted[worker])
  end,
  set_state = function(worker, f)
    local values = f.values
    if count(f) ~= 4 or type(values) ~= "table" or #values ~= 1 or not f.datetime_complete then
      return nil
    end
    return ('{"datetime_complete":"%s","op_code":6,"state":%d,"trial_id":%d,"values":[%s]'
      .. ',"worker_id":%s}\n'):format(f.datetime_complete, f.state, f.trial_id, number(values[1]),
      quoted[worker])
  end,
  set_intermediate = function(worker, f)
    if count(f) ~= 3 then return nil end
    return ('{"intermediate_value":%s,"op_code":7,"step":%d,"trial_id":%d,"worker_id":%s}\n')
      :format(number(f.intermediate_value), f.step, f.trial_id, quoted[worker])
  end,
}

return function(worker, op, fields)
  local template = templates[op]
  return template and template(worker, fields) or general(worker, op, fields)
end
