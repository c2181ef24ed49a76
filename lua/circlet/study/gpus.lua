--- The GPUs that workers may use, and which of them the next worker has. A worker sees one GPU, by
-- CUDA_VISIBLE_DEVICES, so that its script need not choose.
local uv = require "luv"
local heartbeat = require "circlet.study.heartbeat"

local gpus = {}

--- The environment variable by which CUDA is told.
gpus.variable = "CUDA_VISIBLE_DEVICES"

--- The names of the GPUs as CUDA has them: those of `variable` where it is set (numbers, GPU-... or
-- MIG-...; as for CUDA the list ends at the first that can be none, so "" and "-1" are no GPU),
-- else the numbers of those that the driver shows. value: of the variable, nil when it is not set;
-- driver: the driver's folder, /proc/driver/nvidia/gpus by default.
function gpus.visible(value, driver)
  local list = {}
  if value then
    for name in (value .. ","):gmatch "%s*([^,]-)%s*," do
      if not name:find "^[%w]" or name == "NoDevFiles" then break end
      list[#list + 1] = name
    end
    return list
  end
  local handle = uv.fs_scandir(driver or "/proc/driver/nvidia/gpus")
  while handle and uv.fs_scandir_next(handle) do list[#list + 1] = tostring(#list) end
  return list
end

--- The GPU of `list` that the fewest workers of a study on this machine have, the first of equals;
-- nil without GPUs. folder: the study's; own: the GPUs of workers that this process has started, by
-- their ids, whose heartbeats may not be there yet.
function gpus.free(list, folder, own)
  local users = {}
  for worker, gpu in pairs(own) do users[worker] = gpu end
  for worker, fields in pairs(heartbeat.here(folder)) do
    if type(fields.gpu) == "string" then users[worker] = fields.gpu end
  end
  local counts, best = {}, nil
  for _, gpu in pairs(users) do counts[gpu] = (counts[gpu] or 0) + 1 end
  for _, gpu in ipairs(list) do
    if not best or (counts[gpu] or 0) < (counts[best] or 0) then best = gpu end
  end
  return best
end

return gpus
