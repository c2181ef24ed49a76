--- Where a training run computes: the setting `device`, "cpu" (or nil) or "cuda", the current GPU.
-- @internal
local circlet = require "circlet"

local device = {}

device.names = { "cpu", "cuda" }

--- Moves modules and criterions there.
function device.place(name, ...)
  if name ~= "cuda" then return end
  for _, object in ipairs { ... } do object:cuda() end
end

--- The state of an optimiser as it was read from a file, there: files come back on the CPU.
function device.state(name, state)
  if name ~= "cuda" then return state end
  for key, value in pairs(state) do
    if circlet.isTensor(value) and value:type():find "%.FloatTensor$" then
      state[key] = value:cuda()
    end
  end
  return state
end

-- Inputs that were moved, by split: trials of a study in one process move them once.
local moved = setmetatable({}, { __mode = "k" })

--- The inputs of a split { inputs = } as batches are taken from them: on the GPU where they take at
-- most half of its free memory, else where they are.
function device.inputs(split, name)
  if name ~= "cuda" then return split.inputs end
  if moved[split] == nil then
    local free = circlet.cuda.getDeviceProperties().freeGlobalMem
    local fits = split.inputs:nElement() * 4 <= free / 2
    moved[split] = fits and split.inputs:cuda() or split.inputs
  end
  return moved[split]
end

--- Rows of `source` as a batch, in `buffer` where that is one already, on the device.
function device.rows(buffer, source, rows, name)
  if name == "cuda" and not source:type():find "%.Cuda" then
    local batch = source:index(1, rows)
    return (buffer or circlet.CudaTensor()):resize(batch:size()):copy(batch)
  end
  buffer = buffer or source.new()
  buffer:index(source, 1, source:type():find "%.Cuda" and rows:cudaLong() or rows)
  return buffer
end

--- What a program says of it: "4 threads", or the GPU's name.
function device.text(name)
  if name == "cuda" then return circlet.cuda.getDeviceProperties().name end
  return circlet.getnumthreads() .. " threads"
end

return device
