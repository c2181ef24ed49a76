-- No memory: every public function, its every allocation refused in turn (spec/calls/probe.lua).
local circlet = require "circlet"
local core = require "circlet.core"
local calls = require "spec.calls.list"
local files = require "spec.io.support"
local fixtures = require "spec.calls.fixtures"
local probe = require "spec.calls.probe"

describe("without memory", function()
  local folder, remove, more, threads

  setup(function()
    threads = circlet.getnumthreads()
    circlet.setnumthreads(1) -- the failure is armed for the calling thread
    folder, remove = files.folder()
    more = { path = folder .. "/f" }
    for name, bytes in pairs(fixtures.bytes) do files.write(more.path .. "." .. name, bytes) end
  end)

  teardown(function()
    remove()
    circlet.setnumthreads(threads)
  end)

  for name, text in pairs(calls) do
    it(("calls fail and go on: %s"):format(name), function()
      assert(probe.group(text, more) > 0)
    end)
  end

  -- The interpreter's own allocations; make check-faults builds the module that refuses them.
  if os.getenv "CIRCLET_LONG" then
    for name, text in pairs(calls) do
      it(("calls lose nothing when Lua itself has none: %s"):format(name), function()
        local memory = require "lua_memory"
        finally(function() memory.arm(0) end)
        assert(probe.group(text, more, { arm = memory.arm, late = true }) > 0)
      end)
    end
  end

  it("is what every public function and method is tried", function()
    local all, missing = {}, {}
    for _, text in pairs(calls) do all[#all + 1] = text end
    all = table.concat(all)
    -- What this is made with, and what is Lua alone, which is there once another spec has used it.
    local exempt = { fail_allocation = true, memory = true, diagnose = true }
    for _, names in ipairs { circlet, core.tensor_methods, circlet.metrics } do
      for name, value in pairs(names) do
        -- cuda(), cudaDouble() ... need a GPU: spec/cuda has them
        if type(value) == "function" and not exempt[name] and not name:find "^cuda"
          and not all:find("%f[%w_]" .. name .. "%s*[({%[\"]") then
          missing[#missing + 1] = name
        end
      end
    end
    table.sort(missing)
    assert(#missing == 0, "no call in spec/calls/list.lua: " .. table.concat(missing, " "))
  end)
end)
