local circlet = require "circlet"
local Trainer = require "circlet.train.Trainer"
local evaluate = require "circlet.train.evaluate"
local models = require "circlet.train.models"
local support = require "spec.support"
local task = require "circlet.train.task"
local tiny = require "spec.train.tiny"

local function tiny_task()
  local function split(each, seed)
    local x, labels = tiny.split(4, each, seed)
    return { inputs = x, labels = labels:add(1) }
  end
  return task.new("tiny", split(12, 1), split(6, 2))
end

local function settings(changes)
  local s = { model = "mlp", loss = "pair", gamma = 32, m = 0.25, dim = 8, classes_per_batch = 4,
    samples_per_class = 4, learning_rate = 1e-3, seed = 3 }
  for name, value in pairs(changes or {}) do s[name] = value end
  return s
end

-- Every bit of what was trained, running means included, as a string.
local function bits(trainer)
  local list = {}
  for _, part in ipairs(trainer.parts) do list[#list + 1] = part.weights:clone() end
  for _, layer in ipairs(trainer.model:listModules()) do
    if layer.running_mean then
      list[#list + 1] = layer.running_mean:clone()
      list[#list + 1] = layer.running_var:clone()
    end
  end
  return circlet.serialize(list)
end

-- Its state as another process would get it.
local function through_a_file(trainer)
  return assert(circlet.deserialize(circlet.serialize(trainer:state())))
end

describe("a training run", function()
  local the_task
  local threads
  setup(function()
    the_task, threads = tiny_task(), circlet.getnumthreads()
    circlet.setnumthreads(1) -- steps this small only wait for a second one
  end)
  teardown(function() circlet.setnumthreads(threads) end)

  it("learns: the loss falls and retrieval gets better", function()
    for _, loss in ipairs { "pair", "class" } do
      local trainer = Trainer.new(the_task, settings { loss = loss })
      assert.equal(3, trainer:steps()) -- 48 pictures in batches of 16
      local before = evaluate.split(the_task.test, trainer.model)
      local first = trainer:run_epoch()
      local last
      for _ = 1, 14 do last = trainer:run_epoch() end
      local after = evaluate.split(the_task.test, trainer.model)
      assert.is_true(last < 0.5 * first, ("%s: loss from %g to %g"):format(loss, first, last))
      assert.is_true(after.map_at_r > before.map_at_r + 0.2,
        ("%s: MAP@R from %g to %g"):format(loss, before.map_at_r, after.map_at_r))
    end
  end)

  it("tells the loss of each step and their mean", function()
    local trainer, seen, sum = Trainer.new(the_task, settings { steps = 5 }), {}, 0
    local mean = trainer:run_epoch(function(step, loss)
      seen[#seen + 1], sum = step, sum + loss
    end)
    assert.same({ 1, 2, 3, 4, 5 }, seen)
    assert.near(sum / 5, mean, 1e-12 * sum)
    assert.equal(1, trainer.epoch)
  end)

  it("marks the end of each phase of a step, in order", function()
    local phases = {}
    Trainer.new(the_task, settings()):step(function(name) phases[#phases + 1] = name end)
    assert.same({ "data", "forward", "loss", "loss backward", "backward", "Adam" }, phases)
  end)

  it("has the same bits for every seed alike, and others for another seed", function()
    local function run(seed)
      local trainer = Trainer.new(the_task, settings { seed = seed })
      trainer:run_epoch()
      return bits(trainer)
    end
    local first = run(3)
    circlet.manualSeed(99) -- what was drawn before does not matter
    assert.is_true(first == run(3))
    assert.is_true(first ~= run(4))
  end)

  it("goes on to the same bits after a checkpoint, at an epoch's end and in its middle", function()
    -- Dropout draws from the global generator in every step, so its position must survive too.
    models.noisy = function(shape, dim)
      return models.mlp(shape, dim):insert(circlet.nn.Dropout(0.3), 3)
    end
    finally(function() models.noisy = nil end)
    for _, changes in ipairs { {}, { loss = "class" }, { model = "conv" }, { model = "noisy" } } do
      local function fresh() return Trainer.new(the_task, settings(changes)) end
      local straight = fresh()
      for _ = 1, 3 do straight:run_epoch() end

      local stopped = fresh()
      stopped:run_epoch()
      local stopped_at = through_a_file(stopped)
      circlet.manualSeed(1234)
      local resumed = Trainer.restore(the_task, stopped_at)
      resumed:step() -- two of the three steps of the second epoch
      resumed:step()
      resumed = Trainer.restore(the_task, through_a_file(resumed))
      assert.equal(2, resumed.step_in_epoch)
      resumed:run_epoch()
      local loss = resumed:run_epoch()
      assert.equal(3, resumed.epoch)
      assert.is_true(bits(straight) == bits(resumed))
      -- And the run that was saved goes on undisturbed by having been saved.
      circlet.setRNGState(stopped_at.random)
      stopped:run_epoch()
      assert.equal(loss, stopped:run_epoch())
      assert.is_true(bits(straight) == bits(stopped))
    end
  end)

  it("does not train with nonsense", function()
    support.raises("5 classes per batch asked for, the labels have 4", Trainer.new, the_task,
      settings { classes_per_batch = 5 })
  end)

  it("knows Ctrl-C from other errors", function()
    assert.is_true(Trainer.interrupted("train.lua:3: interrupted!"))
    assert.is_false(Trainer.interrupted("no such file"))
    assert.is_false(Trainer.interrupted(nil))
  end)
end)

describe("a training run that goes wrong", function()
  it("says in how many steps, and what the last of them had", function()
    local function split(each, seed)
      local x, labels = tiny.split(4, each, seed)
      return { inputs = x, labels = labels:add(1) }
    end
    local trainer = Trainer.new(task.new("tiny", split(12, 1), split(6, 2)),
      settings { samples_per_class = 1 })
    local steps = trainer:steps()
    local _, warned = trainer:run_epoch()
    assert.equal(steps, warned.steps)
    assert.truthy(warned.last[1]:find("4 of 4 anchors have no positive", 1, true))
    trainer.settings.samples_per_class = 4
    trainer = Trainer.new(trainer.task, trainer.settings)
    assert.is_nil((select(2, trainer:run_epoch())))
  end)
end)

describe("evaluation", function()
  it("embeds in blocks what it would embed at once", function()
    circlet.manualSeed(1)
    local net = models.mlp({ 5 }, 3)
    local x = circlet.randn(2003, 5) -- two full blocks and a rest
    local blocks = evaluate.embed(net, x)
    assert.same({ 2003, 3 }, blocks:size():totable())
    net:evaluate()
    -- Products over rows in other groups may differ in their last bits.
    support.near(support.flat(net:forward(x)), support.flat(blocks), 1e-5)
  end)

  it("leaves the model in the mode it was in, and uses it in evaluation mode", function()
    local net = circlet.nn.Sequential():add(circlet.nn.Dropout(0.5))
    net:training()
    local x = circlet.FloatTensor(4, 4):fill(1)
    support.near(support.flat(x), support.flat(evaluate.embed(net, x)), 0)
    assert.is_true(net.train)
    net:evaluate()
    evaluate.embed(net, x)
    assert.is_false(net.train)
  end)

  it("measures raw inputs when there is no model", function()
    local split = { raw = circlet.FloatTensor { { { 1, 0 } }, { { 2, 0.1 } }, { { 0, 1 } },
      { { 0.1, 3 } } }, labels = circlet.LongTensor { 1, 1, 2, 2 } }
    assert.same({ recall_at_1 = 1, r_precision = 1, map_at_r = 1 }, evaluate.split(split))
    split.labels = circlet.LongTensor { 1, 2, 1, 2 }
    assert.same({ recall_at_1 = 0, r_precision = 0, map_at_r = 0 }, evaluate.split(split))
  end)
end)
