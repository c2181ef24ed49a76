-- optim.ConfusionMatrix and optim.Logger
local circlet = require "circlet"
local optim = circlet.optim
local support = require "spec.support"
local files = require "spec.io.support"

describe("optim.ConfusionMatrix", function()
  local function counted()
    local confusion = optim.ConfusionMatrix { "cat", "dog", "owl" }
    confusion:batchAdd(circlet.FloatTensor { { 3, 1, 0 }, { 0, 2, 1 }, { 0, 0, 9 }, { 5, 1, 2 } },
      circlet.LongTensor { 1, 2, 2, 2 })
    return confusion
  end

  it("counts right classes in rows and predictions in columns", function()
    local confusion = counted()
    assert.same({ 1, 0, 0, 1, 1, 1, 0, 0, 0 }, support.flat(confusion.mat))
    confusion:updateValids()
    assert.equal(1, confusion.valids[1])
    assert.near(1 / 3, confusion.valids[2], 1e-15)
    assert(confusion.valids[3] ~= confusion.valids[3]) -- no owl came
    assert.near((1 + 1 / 3) / 2, confusion.averageValid, 1e-15)
    support.near({ 1 / 2, 1 / 3, 0 }, support.flat(confusion.unionvalids), 1e-15)
    assert.near((1 / 2 + 1 / 3) / 3, confusion.averageUnionValid, 1e-15)
    assert.equal(0.5, confusion.totalValid)
    confusion:zero()
    assert.equal(0, confusion.mat:sum())
    confusion:updateValids()
    assert.equal(0, confusion.totalValid)
  end)

  it("takes classes, scores and targets as scores", function()
    local confusion = optim.ConfusionMatrix(2)
    confusion:add(2, 1)
    confusion:add(circlet.DoubleTensor { 0, 1 }, 1)
    confusion:add(circlet.LongTensor { 2 }, circlet.DoubleTensor { 1, 0 })
    confusion:batchAdd(circlet.LongTensor { 2, 1 }, circlet.FloatTensor { 1, 2 })
    assert.same({ 0, 4, 1, 0 }, support.flat(confusion.mat))
  end)

  it("prints", function()
    assert.equal([=[
ConfusionMatrix:
[[ 1 0 0 ]  100.000%  [class: cat]
 [ 1 1 1 ]   33.333%  [class: dog]
 [ 0 0 0 ]      nan%  [class: owl]]
 + average row correct: 66.6667%
 + average rowUcol correct (VOC measure): 27.7778%
 + global correct: 50.0000%]=], (tostring(counted()):gsub("%-nan", " nan")))
  end)

  it("is saved", function()
    local copy = circlet.deserialize(circlet.serialize(counted()))
    assert.equal("optim.ConfusionMatrix", circlet.type(copy))
    assert.same(support.flat(counted().mat), support.flat(copy.mat))
  end)

  it("refuses what is no class", function()
    local confusion = optim.ConfusionMatrix(3)
    support.raises("prediction must be a class from 1 to 3, got 4", confusion.add, confusion, 4, 1)
    support.raises("target must be a class from 1 to 3, got 1.5", confusion.add, confusion, 1, 1.5)
    support.raises("prediction must be a class or 3 scores, got 2", confusion.add, confusion,
      circlet.FloatTensor(2), 1)
    support.raises("batchAdd expects two tensors of as many rows", confusion.batchAdd, confusion,
      circlet.FloatTensor(2, 3), circlet.FloatTensor(3))
    support.raises("number of classes or a list of names expected, got 0", optim.ConfusionMatrix, 0)
  end)
end)

describe("optim.Logger", function()
  local folder, remove
  before_each(function() folder, remove = files.folder() end)
  after_each(function() remove() end)

  it("writes a line for each add", function()
    local logger = optim.Logger(folder .. "/a.log"):setNames { "loss", "rate" }
    logger:add { 0.5, 1000 }
    logger:add { rate = -1e-12, loss = "none" }
    assert.equal("loss\trate\n 5.0000e-01\t 1.0000e+03\nnone\t-1.0000e-12\n",
      circlet.read_file(folder .. "/a.log"))
    local free = optim.Logger(folder .. "/b.log")
    free:add { test = 2, train = 1 }
    free:add { train = 3, test = 4 }
    assert.equal("test\ttrain\n 2.0000e+00\t 1.0000e+00\n 4.0000e+00\t 3.0000e+00\n",
      circlet.read_file(folder .. "/b.log"))
    local memory = optim.Logger()
    memory:add { 1, 2 }
    assert.same({ { 1 }, { 2 } }, memory.symbols)
    local dated = optim.Logger(folder .. "/c.log", true)
    assert(dated.name:match "/%d+%-%d+_c%.log$", dated.name)
    assert.equal("", circlet.read_file(dated.name))
  end)

  it("draws its columns", function()
    local logger = optim.Logger(folder .. "/a.log"):setNames { "loss", "rate" }
    logger:style { "-", "+" }:setlogscale():display(false)
    local images, message = logger:plot()
    assert.same({ nil, "optim.Logger: there is no number to draw" }, { images, message })
    for i = 1, 4 do logger:add { i, 10 ^ i } end
    if not circlet.report.shell.has "gnuplot" then return pending "gnuplot is not installed" end
    images = assert(logger:plot())
    assert.equal(folder .. "/a.log.png", images[1])
    local script = circlet.read_file(folder .. "/a.log.gp")
    for _, text in ipairs { "with lines linewidth 2 linecolor '#0072b2' title 'loss'",
      "with points", "logscale y 10" } do
      assert(script:find(text, 1, true), text)
    end
    assert.equal(nil, (optim.Logger():plot()))
  end)

  it("refuses what is no line and says when a file cannot be written", function()
    local logger = optim.Logger(folder .. "/a.log"):setNames { "a", "b" }
    support.raises("optim.Logger: 2 values expected, got 1", logger.add, logger, { 1 })
    support.raises("optim.Logger: a value for b is missing", logger.add, logger, { a = 1 })
    support.raises("a value has a name that is no column", logger.add, logger,
      { a = 1, b = 2, c = 3 })
    support.raises("a table of values expected, got number", logger.add, logger, 1)
    support.raises("optim.Logger: " .. folder .. "/no/a.log", optim.Logger, folder .. "/no/a.log")
    support.raises("a path expected, got table", optim.Logger, {})
  end)
end)
