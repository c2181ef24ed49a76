local json = require "circlet.json"
local reproduce = require "circlet.study.reproduce"
local study = require "circlet.study"
local files = require "circlet.report.files"
local uv = require "luv"
local raises = require("spec.support").raises

-- The whole way, through a script and its trial's folder, is in spec/commands/study_spec.lua.
describe("running a trial again", function()
  local folder, path
  before_each(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(files.make_folder(folder))
    path = folder .. "/a.journal"
  end)
  after_each(function()
    uv.os_unsetenv(reproduce.variable)
    os.execute("rm -rf '" .. folder .. "'")
  end)

  local function objective(t)
    local x = t:suggest_float("x", 0, 1)
    local kind = t:suggest_categorical("kind", { "a", json.null, true })
    if t.number == 1 then error "broken" end
    if t.number == 2 then t:prune() end
    return x + math.random() + (kind == "a" and 1 or 0)
  end

  local function quietly(...)
    local lines = {}
    local s, f, number = ...
    local results = table.pack(reproduce.run(s, f, number, function(line)
      lines[#lines + 1] = line
    end))
    return table.concat(lines, "\n"), table.unpack(results, 1, results.n)
  end

  it("gives the same value, from its parameters and its seed", function()
    local s = assert(study.open { path = path, sampler = study.samplers.random { seed = 5 } })
    assert(s:optimize(objective, { trials = 6 }))
    for _, number in ipairs { 0, 3, 5 } do
      math.randomseed(77)
      local said, same = quietly(s, objective, number)
      assert.is_true(same)
      assert.truthy(said:find("to the last bit", 1, true))
    end
    assert.equal(6, #s:trials())
    local said, same = quietly(s, function(t) return objective(t) + 1e-9 end, 3)
    assert.is_false(same)
    assert.truthy(said:find("in the study it has", 1, true))
    local _, failed, message, code = quietly(s, objective, 1)
    assert.is_nil(failed)
    assert.equal("trial", code)
    assert.truthy(message:find "broken")
    assert.equal("format", select(4, quietly(s, objective, 6)))
  end)

  it("tells whether the data are those of the trial", function()
    local function open(data)
      return assert(study.open { path = path, data = data,
                                 sampler = study.samplers.random { seed = 5 } })
    end
    local x = require("circlet").range(1, 10)
    local function value(t) return t:suggest_float("x", 0, 1) end
    assert(open(x):optimize(value, { trials = 1, folders = true }))
    local kept = json.decode(files.read(folder .. "/a/trials/00000/record.json")).data_hash
    assert.equal(require("circlet").data.hash(x), kept)
    local said, same = quietly(open(x:clone()), value, 0)
    assert.is_true(same)
    assert.truthy(said:find("the same data (" .. kept .. ")", 1, true), said)
    x[3] = 0
    said, same = quietly(open(x), value, 0)
    assert.is_false(same) -- although the value is the same
    assert.truthy(said:find("OTHER DATA: " .. kept .. " then", 1, true), said)
    assert.truthy(said:find("to the last bit", 1, true))
    said, same = quietly(open(), value, 0)
    assert.is_true(same)
    assert.truthy(said:find("cannot be compared", 1, true), said)
    assert(open():optimize(value, { trials = 2, folders = true }))
    said = quietly(open(x), value, 1)
    assert.truthy(said:find("is not known", 1, true), said)
    raises("cannot hash a function", function() return open(print):data_hash() end)
  end)

  it("hashes its data once, when a first record needs it", function()
    local circlet, count = require "circlet", 0
    local hash = circlet.data.hash
    finally(function() circlet.data.hash = hash end)
    circlet.data.hash = function(...)
      count = count + 1
      return hash(...)
    end
    local s = assert(study.open { path = path, data = { 1 } })
    assert.equal(0, count)
    assert(s:optimize(objective, { trials = 6, folders = true }))
    assert.equal(1, count)
  end)

  it("is ordered through the environment, for one study alone", function()
    local s = assert(study.open { path = path })
    assert.is_nil(reproduce.order(s))
    local command = assert(reproduce.command(s, 4, { "lua5.4", "it's.lua" }))
    local order = command:match "^CIRCLET_STUDY_REPRODUCE='(.-)' 'lua5.4' 'it'\\''s.lua'$"
    uv.os_setenv(reproduce.variable, order)
    assert.equal(4, reproduce.order(s))
    assert.is_nil(reproduce.order(assert(study.open { path = path, name = "other" })))
    assert.equal("io", select(3, reproduce.command(s, 4)))
    uv.os_setenv(reproduce.variable, "{")
    assert.is_nil(reproduce.order(s))
  end)
end)
