-- Every public function on tensors large enough to be shared out: the same bits with one thread and
-- with four. `make check-threads` runs this under ThreadSanitizer.
local circlet = require "circlet"
local calls = require "spec.calls.list"
local probe = require "spec.calls.probe"

-- x has 256 x 384 = 98304 elements, three times what a second thread is woken for.
local scale = 64

-- Expressions that only small tensors fit, or that share nothing out.
local groups = { "elementwise", "reductions", "order", "indexing", "joining", "products", "losses",
  "modules", "optim" }
local serial = { "^ref_", "apply", ":map2?%(", "checkgrad" }

local function is_serial(expression)
  for _, pattern in ipairs(serial) do
    if expression:find(pattern) then return true end
  end
  return false
end

describe("on several threads", function()
  local threads

  setup(function() threads = circlet.getnumthreads() end)
  teardown(function() circlet.setnumthreads(threads) end)

  local function with(count, expression)
    circlet.setnumthreads(count)
    return probe.digest(probe.prepare(expression, {}, scale)())
  end

  for _, name in ipairs(groups) do
    it("calls give the bits of one thread: " .. name, function()
      for expression in calls[name]:gmatch "%s*([^;]+);" do
        if not is_serial(expression) then
          assert(with(1, expression) == with(4, expression), expression)
        end
      end
    end)
  end
end)
