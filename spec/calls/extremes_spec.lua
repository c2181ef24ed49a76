-- The ends of the integers, 0 and -1 for every integer of every call: a result or an error, no
-- overflow (make check-sanitizers sees those) and no broken argument.
local circlet = require "circlet"
local calls = require "spec.calls.list"
local files = require "spec.io.support"
local fixtures = require "spec.calls.fixtures"
local probe = require "spec.calls.probe"

-- Besides the list, which makes its modules outside its calls.
local constructors = [[
  nn.Linear(6, 3):forward(x); nn.View(24):forward(x); nn.View(6):setNumInputDims(1):forward(x);
  nn.Reshape(6):forward(x); nn.SpatialConvolution(3, 4, 5, 5, 1, 1, 2, 2):forward(images);
  nn.SpatialMaxPooling(2, 2, 2, 2, 0, 0):forward(images); nn.BatchNormalization(6):forward(x);
  nn.SpatialAveragePooling(2, 2, 2, 2, 0, 0):forward(images); nn.Normalize(2):forward(x);
  nn.SpatialBatchNormalization(3):forward(images); nn.CircleClassCriterion(6, 2):forward(x, labels);
  LongStorage(3); data.batches(9, 3); data.PKSampler(labels, 2, 2):get(1, 1);
  metrics.retrieval(x, labels, { block = 2, k = { 1, 2 } });
  circle_loss(x, labels, { m = 0, gamma = 64, memory_budget = 1000, filter_eps = 0 });
]]

local extremes = { "math.mininteger", "math.mininteger + 1", "math.maxinteger", "-1", "0" }

--- The call with each of its integers in turn replaced by `extreme`.
local function variants(expression, extreme)
  local at = 1
  return function()
    while true do
      local first, last = expression:find("%d+", at)
      if not first then return end
      at = last + 1
      local before, after = expression:sub(1, first - 1), expression:sub(last + 1)
      local part = before:find "[%w_.]$" or after:find "^[%w_.]" -- of a name or a fraction
      if not part then return ("%s(%s)%s"):format(before, extreme, after) end
    end
  end
end

describe("extreme integers", function()
  local folder, remove, more, threads

  setup(function()
    threads = circlet.getnumthreads()
    folder, remove = files.folder()
    more = { path = folder .. "/f" }
    for name, bytes in pairs(fixtures.bytes) do files.write(more.path .. "." .. name, bytes) end
  end)

  teardown(function()
    remove()
    circlet.setnumthreads(threads)
  end)

  local groups = { constructors = constructors }
  for name, text in pairs(calls) do groups[name] = text end
  for name, text in pairs(groups) do
    it(("are results or errors: %s"):format(name), function()
      local tried = 0
      for expression in text:gmatch "%s*([^;]+);" do
        assert(pcall(probe.prepare(expression, more)))
        for _, extreme in ipairs(extremes) do
          for variant in variants(expression, extreme) do
            local call, arguments = probe.prepare(variant, more)
            local ok, result = pcall(call)
            assert(ok or type(result) == "string", variant)
            assert(not ok or probe.digest(result), variant)
            for _, argument in pairs(arguments) do assert(probe.digest(argument), variant) end
            tried = tried + 1
          end
        end
      end
      assert(tried > 0 or not text:find "%d")
    end)
  end
end)
