-- Stands in for a GPU where there is none, to test the programs of scripts/gpu: tensors stay on the
-- CPU, every precision is that of the CPU, cells are small. Loaded by lua -l spec.scripts.fake_gpu.
local circlet = require "circlet"
local cells = require "circlet.bench.cells"
local core = require "circlet.core"

local cuda = circlet.cuda
function cuda.available() return true end
function cuda.built() return true end
function cuda.getDeviceProperties()
  return { name = "NVIDIA Stand-in", major = 9, minor = 0, multiProcessorCount = 1,
    totalGlobalMem = 8e9 // 1 | 0, freeGlobalMem = 4e9 // 1 | 0, driverVersion = 13000,
    runtimeVersion = 13000 }
end
function cuda.synchronize() end
function cuda.emptyCache() end
function cuda.memory(_, reset)
  local used, peak = circlet.memory(reset)
  return { used = used, used_peak = peak, reserved = used, reserved_peak = peak }
end

for as, name in pairs { cuda = "float", cudaDouble = "double", cudaHalf = "float",
  cudaBFloat16 = "float", cudaLong = "long" } do
  core.tensor_methods[as] = function(t) return t[name](t) end
end

for _, name in ipairs { "circle_loss", "circle_class_loss" } do
  local loss = circlet[name]
  circlet[name] = function(x, labels, options)
    local all = {}
    for key, value in pairs(options or {}) do all[key] = value end
    all.precision = nil
    return loss(x, labels, all)
  end
end

function cells.gpu_list()
  return { { kind = "pair", name = "pair-256x16", B = 256, D = 16 },
    { kind = "class", name = "class-64x500x16", B = 64, C = 500, D = 16 } }
end
