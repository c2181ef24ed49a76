local importance = require "circlet.study.importance"
local study = require "circlet.study"
local support = require "spec.study.support"
local raises = require("spec.support").raises

describe("the importance of parameters", function()
  local folder, path

  before_each(function()
    folder = support.folder()
    path = folder .. "/a.journal"
  end)
  after_each(function() support.remove(folder) end)

  local function open(options)
    options = options or {}
    options.path, options.sync = path, false
    return assert(study.open(options))
  end

  local function by_name(list)
    local found, sum = {}, 0
    for i, entry in ipairs(list) do
      found[entry.name], sum = entry.importance, sum + entry.importance
      assert.is_true(i == 1 or list[i - 1].importance >= entry.importance)
    end
    return found, sum
  end

  local function every_kind(t)
    local gamma = t:suggest_float("gamma", 8, 512, { log = true })
    local m, n = t:suggest_float("m", 0, 0.5), t:suggest_int("n", 1, 8)
    local k = t:suggest_int("k", 1, 300, { log = true })
    local stepped = t:suggest_float("stepped", 0, 1, { step = 0.1 })
    local kind = t:suggest_categorical("kind", { "a", "b", "c" })
    local value = (gamma / 64 - 1) ^ 2 / 10 + math.abs(m - 0.25) + n / 10 + k / 1e3 + stepped / 100
    if kind == "a" then value = value + 1 end
    if kind == "b" then value = value + t:suggest_float("only b", 0, 1) end
    t:suggest_float("still", 2, 2)
    if t.number % 10 == 9 then t:prune() end
    return value
  end

  it("is Optuna's", function()
    local s = open { sampler = study.samplers.random { seed = 1 } }
    assert(s:optimize(every_kind, { trials = 130 }))
    local found, sum = by_name(importance(s))
    assert.is_true(math.abs(sum - 1) < 1e-12)
    -- What Optuna 5.0.0's PedAnovaImportanceEvaluator gives for this journal.
    for name, expected in pairs {
      n = 0.7722452489234106,
      ["only b"] = 0.06757107600593265,
      kind = 0.061117893205786034,
      gamma = 0.050197400451416026,
      m = 0.03225214507551764,
      k = 0.012382370806640581,
      stepped = 0.004233865531296504,
      still = 0.0,
    } do
      assert.is_true(math.abs(found[name] - expected) < 1e-9, name .. " " .. found[name])
    end
  end)

  it("finds the parameter that counts, whatever the direction", function()
    for _, direction in ipairs { "minimize", "maximize" } do
      os.remove(path)
      local s = open { direction = direction, sampler = study.samplers.sobol { seed = 3 } }
      assert(s:optimize(function(t)
        local x, y = t:suggest_float("x", 0, 1), t:suggest_float("y", 0, 1)
        return (direction == "minimize" and 1 or -1) * ((x - 0.9) ^ 2 + y * 1e-3)
      end, { trials = 100 }))
      local list = importance(s)
      assert.equal("x", list[1].name)
      assert.is_true(list[1].importance > 0.8)
    end
  end)

  it("looks at one of several objectives", function()
    local s = open { directions = { "minimize", "maximize" },
                     sampler = study.samplers.sobol { seed = 3 } }
    assert(s:optimize(function(t)
      return t:suggest_float("x", 0, 1), t:suggest_float("y", 0, 1)
    end, { trials = 100 }))
    assert.equal("x", importance(s)[1].name)
    assert.equal("y", importance(s:record(), { objective = 2 })[1].name)
    raises("has 2 objectives, not 3", importance, s, { objective = 3 })
  end)

  it("is nothing without complete trials, and even where nothing can be told", function()
    local s = open()
    assert.same({}, importance(s))
    assert(s:optimize(function(t)
      t:suggest_float("x", 0, 1)
      t:suggest_float("y", 0, 1)
      return t.number == 1 and math.huge or 1
    end, { trials = 20 }))
    assert.same({ { name = "x", importance = 0.5 }, { name = "y", importance = 0.5 } },
      importance(s))
  end)
end)
