local circlet = require "circlet"
local config = require "circlet.config"

local function nothing() return nil end

local function facts_of(changes)
  local facts = {
    simd = "avx512", simd_best = "avx512", blas_core = "Cooperlake", blas_simd = "avx512",
    blas_threads = "pthreads",
  }
  for key, value in pairs(changes) do facts[key] = value end
  return facts
end

-- What circlet.config() says in a process of its own with these variables set.
local function elsewhere(variables)
  local program = [[local c = require("circlet").config()
    print(c.simd, c.blas_core, #c.warnings)
    print(c)]]
  local pipe = assert(io.popen(("%s lua5.4 -e '%s' 2>&1"):format(variables, program)))
  local answer = pipe:read("a")
  pipe:close()
  local simd, blas_core, warnings, report = answer:match("^(%S+)\t(%S+)\t(%d+)\n(.*)$")
  assert(simd, answer)
  return { simd = simd, blas_core = blas_core, warnings = tonumber(warnings), report = report }
end

describe("circlet.config", function()
  it("names build, processor, instruction set and OpenBLAS", function()
    local facts = circlet.config()
    assert.equal(circlet._VERSION, facts.circlet)
    assert.equal("5.4", facts.lua)
    assert.truthy(facts.compiler:find("^gcc %d") or facts.compiler:find("^clang %d"))
    assert.is_true(#facts.cpu > 0 and facts.cores >= 1)
    assert.equal(circlet.getnumthreads(), facts.threads)
    assert.truthy(facts.blas:find("OpenBLAS", 1, true))
    assert.truthy(({ base = true, avx2 = true, avx512 = true })[facts.simd_best])
    assert.truthy(({ none = true, pthreads = true, openmp = true })[facts.blas_threads])
    local cuda = circlet.cuda
    local said = not cuda.built() and "^not built$" or cuda.available() and "compute capability"
      or "^built, no GPU: %S"
    assert.truthy(facts.cuda:find(said), facts.cuda)
  end)

  it("prints as a report that holds each of these", function()
    local facts = circlet.config()
    local report = tostring(facts)
    for _, key in ipairs { "circlet", "compiler", "cpu", "cores", "simd", "blas_core", "cuda" } do
      assert.truthy(report:find(tostring(facts[key]), 1, true), key .. " is missing:\n" .. report)
    end
  end)

  it("follows the number of threads", function()
    local before = circlet.getnumthreads()
    finally(function() circlet.setnumthreads(before) end)
    circlet.setnumthreads(3)
    assert.equal(3, circlet.config().threads)
    assert.truthy(tostring(circlet.config()):find("3 threads in use", 1, true))
  end)

  it("has nothing to say about a machine at its best, or one it does not know", function()
    assert.same({}, config.warnings(facts_of {}, nothing))
    assert.same({}, config.warnings(facts_of { simd = "avx2", simd_best = "avx2",
      blas_core = "Haswell", blas_simd = "avx2" }, nothing))
    assert.same({}, config.warnings(facts_of { simd = "base", simd_best = "base",
      blas_core = "neoversen1", blas_simd = "base" }, nothing))
    -- Better kernels than circlet's own are no fault.
    assert.same({}, config.warnings(facts_of { simd = "avx2", simd_best = "avx2" }, nothing))
  end)

  it("warns when the environment or the library itself holds OpenBLAS back", function()
    local held = facts_of { blas_core = "Haswell", blas_simd = "avx2" }
    local said = config.warnings(held, function(name)
      return name == "OPENBLAS_CORETYPE" and "Haswell" or nil
    end)
    assert.equal(1, #said)
    assert.truthy(said[1]:find("Haswell kernels (avx2) on a CPU that has avx512", 1, true))
    assert.truthy(said[1]:find("OPENBLAS_CORETYPE=Haswell is set: unset it", 1, true))
    said = config.warnings(held, nothing)
    assert.equal(1, #said)
    assert.truthy(said[1]:find("try OPENBLAS_CORETYPE=SkylakeX", 1, true))
  end)

  it("warns of an OpenBLAS that several threads must not call", function()
    local said = config.warnings(facts_of { blas_threads = "none" }, nothing)
    assert.equal(1, #said)
    assert.truthy(said[1]:find("matrix products run on one thread", 1, true))
  end)

  it("warns in a process whose OpenBLAS is told to run other kernels", function()
    local facts = circlet.config()
    if facts.simd_best ~= "avx512" then return pending("this CPU has no AVX-512") end
    local there = elsewhere("OPENBLAS_CORETYPE=Haswell CIRCLET_ISA=avx512")
    assert.equal("Haswell", there.blas_core)
    assert.equal(1, there.warnings)
    assert.truthy(there.report:find("warning: OpenBLAS runs its Haswell kernels", 1, true))
    assert.truthy(there.report:find("OPENBLAS_CORETYPE=Haswell is set", 1, true))
  end)

  -- OpenBLAS 0.3.21 by itself takes kernels without AVX on Emerald Rapids.
  it("has OpenBLAS run kernels that fit the CPU where nobody chose them", function()
    if circlet.config().simd_best == "base" then return pending("there is nothing to choose") end
    assert.not_equal("Prescott", elsewhere("env -u OPENBLAS_CORETYPE").blas_core)
    assert.equal("Prescott", elsewhere("OPENBLAS_CORETYPE=Prescott").blas_core)
  end)

  it("warns in a process whose own kernels are lowered", function()
    if circlet.config().simd_best == "base" then return pending("there is nothing to lower") end
    local there = elsewhere("CIRCLET_ISA=base")
    assert.equal("base", there.simd)
    assert.is_true(there.warnings >= 1)
    assert.truthy(there.report:find("CIRCLET_ISA=base is set: unset it", 1, true))
  end)
end)
