local circlet = require "circlet"
local complete = require "circlet.prompt.complete"

describe("completion", function()
  local called
  local environment = {
    circlet = circlet, x = circlet.ones(2, 2), net = circlet.nn.Linear(2, 3), word = "abc",
    object = setmetatable({}, { __index = { inner = { leaf = 1 } } }),
    list = { { gamma = 1 }, deep = { gamut = 2 } }, n = 5, _hidden = 1,
    trap = setmetatable({}, { __index = function() called = true end }),
  }

  local function candidates(line)
    local list, typed = complete.candidates(line, environment)
    return table.concat(list, " "), typed
  end

  it("knows globals and keywords", function()
    assert.equal("net nil not", (candidates "y = n"):gsub("^n ", ""))
    assert.equal("_hidden", (candidates "_h"))
    assert.is_nil((candidates ""):find "_hidden")
  end)

  it("follows fields, indices and methods without running anything", function()
    assert.equal("narrow", (candidates "x:nar"))
    assert.equal("narrow", (candidates "2*x:nar"))
    assert.equal("narrow", (candidates "x[1]:nar"))
    assert.equal("gamma", (candidates "list[1].ga"))
    assert.equal("gamut", (candidates "f(list.deep.ga"))
    assert.equal("gamut", (candidates "list['deep'].ga"))
    assert.equal("noBias", (candidates "net:noB")) -- of the class
    assert.equal("getParameters", (candidates "net:getP")) -- of its parent
    assert.equal("weight", (candidates "net.wei"))
    assert.equal("", (candidates "net:wei")) -- no function, so no method
    assert.equal("leaf", (candidates "object.inner.le")) -- through an __index
    assert.equal("upper", (candidates "word:up"))
    assert.equal("", (candidates "n."))
    assert.equal("", (candidates "nobody.x"))
    assert.equal("", (candidates "trap.x.y"))
    assert.equal("", (candidates "f().x"))
    assert.equal("", (candidates "1."))
    assert.is_nil(called)
  end)

  it("loads circlet's packages to look into them", function()
    assert.equal("mutual_information", (candidates "circlet.metrics.mut"))
    assert.truthy((candidates "circlet."):find "metrics")
    assert.equal("circle_class_loss circle_loss circle_similarity_loss",
      (candidates "circlet.circle_"))
  end)

  it("names files inside of strings, and nothing in comments", function()
    local list, typed = candidates "dofile 'spec/prompt/comp"
    assert.equal("spec/prompt/complete_spec.lua", list)
    assert.equal("spec/prompt/comp", typed)
    assert.equal("spec/prompt/", (candidates 'f("a", "spec/promp'))
    assert.equal("", (candidates "'spec/none"))
    assert.equal("", (candidates "'/no/such/folder/"))
    assert.equal("", (candidates "-- x:nar"))
    assert.equal("narrow", (candidates "f('a -- b') x:nar"))
  end)

  it("knows the prompt's own commands", function()
    assert.equal(":time :timing", (candidates ":ti"))
  end)
end)
