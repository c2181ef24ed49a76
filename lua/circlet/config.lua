--- circlet.config(): what this build is and what it found on this machine, with warnings when
-- something holds the machine below what it can do.
--
--     print(circlet.config())
--
--     circlet 0.1.0, Lua 5.4, gcc 12.2.0
--       CPU       AMD EPYC: 2 cores, 2 threads in use
--       SIMD      avx512, the best of this CPU
--       OpenBLAS  0.3.21, kernels Cooperlake (avx512), pthreads
--       CUDA      not built                  (or: NVIDIA H200, compute capability 9.0, ...)
--       no warnings
local core = require "circlet.core"

local config = {}

-- Instruction sets from weak to strong, and what the kernels of OpenBLAS's x86-64 core types use.
-- A type that is not here has SSE or AVX without fused multiply-add.
local order = { base = 1, avx2 = 2, avx512 = 3 }
local core_types = {
  Haswell = "avx2", Zen = "avx2", Excavator = "avx2",
  SkylakeX = "avx512", Cooperlake = "avx512", SapphireRapids = "avx512",
}
local advice = { avx2 = "Haswell", avx512 = "SkylakeX" }

--- The processor as the kernel names it, or "unknown".
function config.processor()
  local file = io.open("/proc/cpuinfo")
  local facts = file and file:read("a") or ""
  if file then file:close() end
  return facts:match("model name%s*:%s*([^\n]+)") or facts:match("Hardware%s*:%s*([^\n]+)")
    or "unknown"
end

--- What a list of facts (see config.read) says against the machine's speed: a list of sentences.
-- `environment` is a function like os.getenv.
function config.warnings(facts, environment)
  local list = {}
  local function weaker(a, b) return order[a] and order[b] and order[a] < order[b] end
  local function set(name)
    local value = environment(name)
    return value and ("%s=%s is set: unset it"):format(name, value)
  end
  if weaker(facts.simd, facts.simd_best) then
    list[#list + 1] = ("circlet runs its %s kernels on a CPU that has %s; %s"):format(facts.simd,
      facts.simd_best, set "CIRCLET_ISA" or "CIRCLET_ISA was set when it was loaded")
  end
  if facts.blas_threads == "none" then
    list[#list + 1] = "OpenBLAS was built without threads and without the locks that calls from "
      .. "several threads need: matrix products run on one thread; install a build with pthreads "
      .. "(Debian: libopenblas0-pthread)"
  end
  -- simd_best is "base" too where circlet knows no better set, on other processors than x86-64.
  if weaker(facts.blas_simd, facts.simd_best) then
    list[#list + 1] = ("OpenBLAS runs its %s kernels (%s) on a CPU that has %s: matrix products "
      .. "may take twice their time; %s"):format(facts.blas_core, facts.blas_simd, facts.simd_best,
      set "OPENBLAS_CORETYPE" or ("it chose them itself: try OPENBLAS_CORETYPE=%s or a newer "
        .. "OpenBLAS"):format(advice[facts.simd_best]))
  end
  return list
end

-- What circlet.config() says of GPUs.
local function gpus()
  local cuda = core.cuda_functions
  if not cuda.built() then return "not built" end
  local available, reason = cuda.available()
  if not available then return "built, " .. reason:gsub("^CUDA: ", "") end
  local list = {}
  for i = 1, cuda.getDeviceCount() do
    local p = cuda.getDeviceProperties(i)
    list[i] = ("%s, compute capability %d.%d"):format(p.name, p.major, p.minor)
  end
  return table.concat(list, "; ")
end

local Report = { __name = "circlet.config" }

function Report.__tostring(facts)
  local blas_version = facts.blas:match("^OpenBLAS ([%w.]+)") or facts.blas
  local lines = {
    ("%s, Lua %s, %s"):format(facts.circlet, facts.lua, facts.compiler),
    ("CPU       %s: %d cores, %d threads in use"):format(facts.cpu, facts.cores, facts.threads),
    ("SIMD      %s, %s"):format(facts.simd, facts.simd == facts.simd_best
      and "the best of this CPU" or "though this CPU has " .. facts.simd_best),
    ("OpenBLAS  %s, kernels %s%s, %s"):format(blas_version, facts.blas_core,
      facts.simd_best == "base" and "" or (" (%s)"):format(facts.blas_simd),
      facts.blas_threads == "none" and "no threads" or facts.blas_threads),
    "CUDA      " .. facts.cuda,
  }
  for _, warning in ipairs(facts.warnings) do lines[#lines + 1] = "warning: " .. warning end
  if #facts.warnings == 0 then lines[#lines + 1] = "no warnings" end
  return table.concat(lines, "\n  ")
end

--- The facts as a table of strings and integers, which tostring() makes readable:
-- circlet, lua, compiler (names and versions); cpu, cores (those this process may use), threads
-- (circlet.setnumthreads); simd, simd_best ("base", "avx2" or "avx512": in use, and the best that
-- circlet has kernels for on this CPU); blas (OpenBLAS's own description), blas_core (the core type
-- whose kernels it runs), blas_simd, blas_threads ("none", "pthreads" or "openmp"); cuda ("not
-- built", why there is no GPU, or the GPUs' names); warnings (a list of sentences, empty when all
-- is well).
function config.read()
  local machine = core.machine()
  local facts = {
    circlet = require("circlet")._VERSION, lua = _VERSION:match("%S+$"),
    compiler = machine.compiler,
    cpu = config.processor(), cores = machine.cores, threads = machine.threads,
    simd = machine.isa, simd_best = machine.isa_best,
    blas = machine.blas, blas_core = machine.blas_core,
    blas_simd = core_types[machine.blas_core] or "base", blas_threads = machine.blas_threads,
    cuda = gpus(),
  }
  facts.warnings = config.warnings(facts, os.getenv)
  return setmetatable(facts, Report)
end

return config
