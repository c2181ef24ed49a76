-- Training runs on the GPU, from settings and from the command line.
local circlet = require "circlet"
local support = require "spec.cuda.nn_support"
local tiny = require "spec.train.tiny"
local train = circlet.train

if support.absent(pending, "training runs on a GPU") then return end

describe("a training run on a GPU", function()
  local data, out
  before_each(function() data, out = tiny.write(tiny.path()), tiny.path() end)
  after_each(function()
    tiny.remove(data)
    tiny.remove(out)
  end)

  local function trainer(device, model, loss)
    local task = assert(train.task.load(data, "closed"))
    return train.Trainer.new(task, {
      model = model, loss = loss, gamma = 32, m = 0.25, dim = 8, classes_per_batch = 4,
      samples_per_class = 3, learning_rate = 1e-2, seed = 1, steps = 4, device = device,
    }), task
  end

  for _, case in ipairs { { "mlp", "pair" }, { "mlp", "class" }, { "conv", "pair" } } do
    it(("follows that on the CPU: %s, %s"):format(case[1], case[2]), function()
      local here, task = trainer(nil, case[1], case[2])
      local want = here:step()
      local there = trainer("cuda", case[1], case[2])
      assert.equal("circlet.CudaTensor", there.parts[1].weights:type())
      assert.near(want, there:step(), 1e-4 * math.abs(want))
      for _ = 2, case[1] == "conv" and 2 or 8 do
        here:step()
        there:step()
      end
      -- Bits that differ grow with each step of Adam; rankings of 24 rows are coarse.
      local found = train.evaluate.split(task.test, there.model)
      assert.near(train.evaluate.split(task.test, here.model).map_at_r, found.map_at_r, 0.15)
    end)
  end

  it("goes on from a file to the same bits, on the GPU again", function()
    local one, task = trainer("cuda", "mlp", "class")
    one:run_epoch()
    local bytes = circlet.serialize(one:state())
    local straight = one:run_epoch()
    local other = train.Trainer.restore(task, circlet.deserialize(bytes))
    assert.equal("circlet.CudaTensor", other.parts[1].weights:type())
    assert.equal(straight, other:run_epoch())
    for i, part in ipairs(other.parts) do
      assert.is_true(part.weights:float():equal(one.parts[i].weights:float()))
    end
  end)

  it("is what --device cuda of train.lua makes, and --resume goes on with on either device",
    function()
      local function run(...)
        return tiny.run("train.lua", "--data", data, "--out", out, "--batch", "4x3", "--dim", "8",
          "--steps", "2", ...)
      end
      local code, output = run("--epochs", "1", "--device", "cuda")
      assert.equal(0, code, output)
      local name = circlet.cuda.getDeviceProperties().name
      assert.truthy(output:find(name, 1, true), output)
      assert.equal("circlet.FloatTensor", assert(circlet.load(out .. "/last.t7")).model:type())
      code, output = run("--epochs", "2", "--resume")
      assert.equal(0, code, output)
      assert.truthy(output:find(name, 1, true), output)
      code, output = run("--epochs", "3", "--resume", "--device", "cpu")
      assert.equal(0, code, output)
      assert.falsy(output:find(name, 1, true), output)
    end)

  it("serves sweep.lua and compare.lua", function()
    local code, output = tiny.run("sweep.lua", "--data", data, "--out", out, "--batch", "4x3",
      "--dim", "8", "--steps", "2", "--gamma", "16", "--m", "0.25", "--repeats", "0",
      "--device", "cuda")
    assert.equal(0, code, output)
    tiny.remove(out)
    code, output = tiny.run("compare.lua", "--data", data, "--out", out, "--batch", "4x3",
      "--dim", "8", "--steps", "2", "--epochs", "1", "--seeds", "1", "--model", "mlp",
      "--losses", "pair,class", "--device", "cuda")
    assert.equal(0, code, output)
    assert.falsy(output:find("failed", 1, true), output)
  end)
end)
