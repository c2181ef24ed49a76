local options = require "circlet.train.options"

local function refuses(convert, word, message)
  local value, why = convert(word)
  assert.is_nil(value)
  assert.equal(message, why)
end

describe("options of the programs", function()
  it("are converted and checked", function()
    assert.equal(3, options.count "3")
    assert.equal("integer", math.type(options.count "3.0"))
    refuses(options.count, "0", "'0' is not a whole number from 1 up")
    refuses(options.count, "1.5", "'1.5' is not a whole number from 1 up")
    refuses(options.seed, "-1", "'-1' is not a whole number from 0 up")
    assert.equal(0.001, options.positive "1e-3")
    refuses(options.positive, "0", "'0' is not a positive number")
    refuses(options.real, "nan", "'nan' is not a number")
    refuses(options.real, "1e999", "'1e999' is not a number")
    assert.same({ 10, 50 }, options.batch "10x50")
    for _, word in ipairs { "10", "0x5", "10x0", "ax5", "10x5x2" } do
      refuses(options.batch, word, ("'%s' is not CLASSESxSAMPLES, such as 10x50"):format(word))
    end
  end)

  it("may be lists, sorted and without repeats", function()
    local gammas = options.list(options.positive)
    assert.same({ 4, 16, 64 }, gammas "64,4,16,4")
    refuses(gammas, "4,,8", "'' is not a positive number")
    refuses(gammas, "4,x", "'x' is not a positive number")
    assert.same({ -0.2, 0 }, options.list(options.real) "0,-0.2")
  end)

  it("come with defaults, and with the set of those that were given", function()
    local settings, given = options.settings({ batch = { 3, 4 }, epochs = 7 }, { gamma = 64 })
    assert.equal(3, settings.classes_per_batch)
    assert.equal(4, settings.samples_per_class)
    assert.equal(7, settings.epochs)
    assert.equal(64, settings.gamma)
    assert.equal("mlp", settings.model)
    assert.same({ classes_per_batch = true, samples_per_class = true, epochs = true }, given)
  end)

  it("take at most the classes that there are into a batch", function()
    local settings = options.settings {}
    options.complete(settings, { train = { classes = 5 } })
    assert.equal(5, settings.classes_per_batch)
    assert.equal(50, settings.samples_per_class)
    settings = options.settings {}
    options.complete(settings, { train = { classes = 100 } })
    assert.equal(10, settings.classes_per_batch)
  end)
end)
