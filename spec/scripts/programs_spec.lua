-- The programs from end to end, each in a process of its own, on a data set of a few pictures.
local circlet = require "circlet"
local files = require "circlet.report.files"
local jsonl = require "circlet.report.jsonl"
local tiny = require "spec.train.tiny"

local data, out

local function contains(output, ...)
  for _, text in ipairs { ... } do
    assert(output:find(text, 1, true), ("%q is not in:\n%s"):format(text, output))
  end
end

local function lasting()
  data, out = tiny.write(tiny.path()), tiny.path()
end

local function remove()
  tiny.remove(data)
  tiny.remove(out)
end

local function train(...)
  return tiny.run("train.lua", "--data", data, "--out", out, "--batch", "4x4", "--dim", "8",
    "--threads", "1", ...)
end

local function weights(path)
  local state = assert(circlet.load(path))
  return circlet.serialize((state.model:getParameters():clone())), state
end

describe("train.lua", function()
  before_each(lasting)
  after_each(remove)

  it("trains, shows each epoch beside the baselines, and leaves its results", function()
    local code, output = train("--epochs", "2")
    assert.equal(0, code, output)
    contains(output, "closed set; mlp, 8-d; pair-wise Circle Loss; batches of 4 x 4; gamma 64, ",
      "3 steps an epoch", "R-precision", "raw pixels", "untrained", "written: ")
    assert.truthy(output:find("\n2 +%d+%.%d+ +[01]%.%d+ +[01]%.%d+ +[01]%.%d+ +%d"), output)
    local state = select(2, weights(out .. "/last.t7"))
    assert.equal(2, state.epoch)
    assert.equal(4, #state.history)
    assert.equal(5, select(2, files.read(out .. "/history.csv"):gsub("\n", "")))
    assert.equal("scripts/train.lua",
      require("circlet.json").decode(files.read(out .. "/config.json")).program)
  end)

  it("resumes to the bits of a run that never stopped, the flags being remembered", function()
    local code, output = train("--epochs", "3", "--gamma", "16", "--loss", "class")
    assert.equal(0, code, output)
    local straight = weights(out .. "/last.t7")
    tiny.remove(out)
    code, output = train("--epochs", "1", "--gamma", "16", "--loss", "class")
    assert.equal(0, code, output)
    assert.is_true(straight ~= weights(out .. "/last.t7"))
    code, output = tiny.run("train.lua", "--out", out, "--resume", "--epochs", "3",
      "--threads", "2")
    assert.equal(0, code, output)
    contains(output, "class-level", "gamma 16")
    assert.is_true(straight == weights(out .. "/last.t7"))
  end)

  it("stops at Ctrl-C with its checkpoint whole, says how to go on, and does", function()
    local code, output = tiny.interrupt(out .. "/last.t7", "train.lua", "--data", data,
      "--out", out, "--batch", "4x4", "--dim", "8", "--threads", "1", "--epochs", "100000",
      "--save-every", "2")
    assert.equal(130, code, output)
    contains(output, "interrupted; to go on:", "--out '" .. out .. "' --resume")
    local state = select(2, weights(out .. "/last.t7"))
    local epochs = state.epoch + 2
    code, output = tiny.run("train.lua", "--out", out, "--resume", "--epochs", tostring(epochs))
    assert.equal(0, code, output)
    local resumed = weights(out .. "/last.t7")
    tiny.remove(out)
    assert.equal(0, (train("--epochs", tostring(epochs))))
    assert.is_true(resumed == weights(out .. "/last.t7"))
  end)

  it("does not write over a run, nor go on with other flags or without a checkpoint", function()
    local code, output = tiny.run("train.lua", "--out", out, "--resume")
    assert.equal(1, code)
    contains(output, "last.t7: there is no checkpoint to resume from")
    assert.equal(0, (train("--epochs", "1", "--steps", "1")))
    local before = files.read(out .. "/last.t7")
    code, output = train("--epochs", "1", "--steps", "1")
    assert.equal(1, code)
    contains(output, "holds a run: --resume goes on with it, --fresh starts anew")
    code, output = tiny.run("train.lua", "--out", out, "--resume", "--gamma", "99")
    assert.equal(1, code)
    contains(output, "was trained with gamma 64, not 99; only --epochs and --device may differ")
    assert.equal(before, files.read(out .. "/last.t7"))
    assert(files.write(out .. "/last.t7", before:sub(1, -100)))
    code, output = tiny.run("train.lua", "--out", out, "--resume")
    assert.equal(1, code)
    contains(output, "train: " .. out .. "/last.t7")
    assert.falsy(output:find("traceback", 1, true), output)
  end)

  it("says why --device cuda cannot be, where there is no GPU", function()
    local available, reason = circlet.cuda.available()
    if available then return end
    local code, output = train("--device", "cuda")
    assert.equal(1, code)
    assert.equal("--device cuda: " .. reason .. "\n", output)
    assert.is_nil(files.kind(out))
  end)

  it("says what is wrong with the data, the folder, the flags", function()
    local code, output = tiny.run("train.lua", "--data", "/no/such", "--out", out)
    assert.equal(1, code)
    assert.equal("train: /no/such: there is no such data set (fashion_mnist, or a folder)\n",
      output)
    assert.is_nil(files.kind(out))
    code, output = tiny.shell("CIRCLET_DATA=/no/such lua5.4 scripts/train.lua --out " .. out)
    assert.equal(1, code)
    contains(output, "dataset-fashion-mnist")
    code, output = tiny.run("train.lua", "--data", data, "--batch", "4x4", "--out", "/proc/x")
    assert.equal(1, code)
    contains(output, "train: cannot make the folder /proc/x")
    code, output = tiny.run("train.lua", "--gamma=-1")
    assert.equal(2, code)
    contains(output, "Usage: ", "Error: '-1' is not a positive number")
    code, output = train("--batch", "9x4")
    assert.equal(1, code)
    contains(output, "9 classes per batch asked for, the labels have 4")
    assert.falsy(output:find("traceback", 1, true), output)
  end)
end)

describe("sweep.lua", function()
  before_each(lasting)
  after_each(remove)

  local function sweep(...)
    return tiny.run("sweep.lua", "--data", data, "--out", out, "--batch", "4x4", "--dim", "4",
      "--steps", "2", "--gamma", "8,64", "--m", "0,0.25", "--repeats", "2", "--threads", "1", ...)
  end

  local function open() return assert(circlet.study.open { path = out .. "/sweep.journal" }) end

  it("ranks the grid and the baselines, repeats the best, and writes its results", function()
    local code, output = sweep("--workers", "2")
    assert.equal(0, code, output)
    contains(output, "trial 0 complete: model raw pixels: 0.", " left\n",
      "6 of 8 trials ended earlier", "closed set; mlp, 4-d", " model ", "R-precision",
      "raw pixels", "untrained",
      "The best with fresh seeds:", "written: ")
    local best = open():trials "complete"
    assert.equal(8, #best)
    assert.same({ 1, 1, 1, 1, 2, 3 }, { table.unpack((function()
      local seeds = {}
      for i, trial in ipairs(best) do seeds[i - 2] = trial.params.seed end
      return seeds
    end)(), 1, 6) })
    assert.equal(9, select(2, files.read(out .. "/results.csv"):gsub("\n", "")))
    assert.equal(64, open():record().user_attrs.settings.gamma[2])
    if circlet.report.shell.has "gnuplot" then
      local svg = files.read(out .. "/sweep.svg")
      for _, row in ipairs(open():rows()) do
        if row.seed == 1 then contains(svg, "MAP@R: ", (">%.3f<"):format(row.value)) end
      end
    end
  end)

  it("gives the same results with one worker and with two, stopped or not", function()
    local function results()
      local list = {}
      for _, t in ipairs(open():record().trials) do
        if t.state == "complete" then
          local a = t.user_attrs
          list[t.index + 1] = { t.params, t.values, a.recall_at_1, a.r_precision, a.loss or "" }
        end
      end
      return list
    end
    assert.equal(0, (sweep("--workers", "1")))
    local straight = results()
    assert.equal(8, #straight)
    tiny.remove(out)
    local code, output = tiny.interrupt(out .. "/sweep/trials/00003", "sweep.lua", "--data", data,
      "--out", out, "--batch", "4x4", "--dim", "4", "--steps", "2", "--gamma", "8,64", "--m",
      "0,0.25", "--repeats", "2", "--workers", "2")
    assert.truthy(code == 130 or code == 0, output) -- it may have been faster
    code, output = sweep("--workers", "2")
    assert.equal(0, code, output)
    assert.same(straight, results())
    code, output = sweep()
    assert.equal(0, code)
    assert.falsy(output:find(" complete: ", 1, true), output)
  end)

  it("stops at Ctrl-C and says so", function()
    local code, output = tiny.interrupt(out .. "/sweep/trials/00002", "sweep.lua", "--data", data,
      "--out", out, "--batch", "4x4", "--dim", "4", "--epochs", "100000", "--workers", "2")
    assert.equal(130, code, output)
    contains(output, "interrupted; the same command goes on where it stopped")
    assert.same({}, open():trials "running")
  end)

  it("says what would run, and what is wrong with the folder, the flags, the data", function()
    local code, output = sweep("--dry-run", "--workers", "2")
    assert.equal(0, code, output)
    contains(output, "to run: 6 of 6 trials, by 2 workers of 1 thread\n  trial 0, which waits: "
      .. "model raw pixels\n", "  gamma 64, m 0.25, model mlp, seed 1\n")
    assert.same({}, open():trials "complete")
    code, output = sweep("--seed", "5")
    assert.equal(1, code)
    contains(output, "holds a study with other settings (seed: 1 there, 5 here); choose another "
      .. "--out, or --fresh")
    code, output = sweep("--seed", "5", "--fresh")
    assert.equal(0, code, output)
    for _, row in ipairs(open():rows()) do assert.is_true((row.seed or 5) >= 5) end
    code, output = tiny.run("sweep.lua", "--data", data, "--out", "/proc/x")
    assert.equal(1, code)
    contains(output, "sweep: cannot make the folder /proc/x")
    code, output = tiny.run("sweep.lua", "--gamma", "4,x")
    assert.equal(2, code)
    contains(output, "Error: 'x' is not a positive number")
    code, output = tiny.run("sweep.lua", "--data", "/no/such", "--out", out .. "2")
    assert.equal(1, code)
    contains(output, "sweep: /no/such: there is no such data set")
    assert.is_nil(files.kind(out .. "2"))
  end)

  it("fails when every trial fails", function()
    local x = circlet.FloatTensor(48, 5):fill(0 / 0)
    for _, split in ipairs { "train", "test" } do
      local n = split == "train" and 48 or 24
      assert(circlet.npy.save(("%s/%s_x.npy"):format(data, split), x:narrow(1, 1, n):clone()))
    end
    local code, output = sweep()
    assert.equal(1, code)
    contains(output, "trial 2 failed: ", "every trial failed")
  end)
end)

describe("every script", function()
  it("explains itself", function()
    for _, script in ipairs { "train.lua", "sweep.lua", "bench/compare_torch.lua" } do
      local code, output = tiny.run(script, "--help")
      assert.equal(0, code, output)
      contains(output, "Usage: lua scripts/" .. script, "Options:")
    end
  end)

  it("runs from any folder, and under another Lua by way of lua5.4", function()
    local here = assert(circlet.report.shell.output("pwd"))
    local code, output = tiny.shell(("cd / && lua5.4 '%s/scripts/sweep.lua' --help"):format(here))
    assert.equal(0, code, output)
    if not circlet.report.shell.has("lua5.1") then return pending("there is no Lua 5.1 to try") end
    code, output = tiny.shell("lua5.1 scripts/train.lua --gamma 'it'\\''s' 2>&1")
    assert.equal(2, code, output)
    contains(output, "Error: 'it's' is not a positive number")
    code, output = tiny.shell("cd scripts/bench && PATH=/nowhere $(command -v lua5.1) "
      .. "compare_torch.lua")
    assert.equal(1, code, output)
    contains(output, "this is Lua 5.1 and the scripts need Lua 5.4")
  end)

  it("says how to build what is not built", function()
    local folder = tiny.path()
    finally(function() tiny.remove(folder) end)
    assert.equal(0, (tiny.shell(("mkdir -p %s && cp -r lua scripts %s/"):format(folder, folder))))
    local bare = "cd / && unset LUA_CPATH LUA_PATH LUA_CPATH_5_4 LUA_PATH_5_4; lua5.4 "
    if tiny.shell(bare .. "-e 'require \"circlet.core\"'") == 0 then
      return pending "circlet is installed here"
    end
    local code, output = tiny.shell(bare .. folder .. "/scripts/sweep.lua")
    assert.equal(1, code, output)
    contains(output, "circlet: not built. Build it with\n  make -C " .. folder)
  end)

  it("skips the comparison out loud where there is no PyTorch", function()
    local code, output = tiny.run("bench/compare_torch.lua", "--python", "/no/such/python")
    assert.equal(0, code, output)
    contains(output, "skipped: /no/such/python has no torch and numpy")
  end)
end)

describe("compare.lua", function()
  before_each(lasting)
  after_each(remove)

  local function compare(...)
    return tiny.run("compare.lua", "--data", data, "--out", out, "--batch", "4x4", "--dim", "8",
      "--model", "mlp", "--threads", "1", "--epochs", "2", ...)
  end

  it("trains the losses that were asked for, prints their table and draws their curves", function()
    local code, output = compare("--losses", "unified,pair", "--seeds", "2", "--set", "pair.m=0.1")
    assert.equal(0, code, output)
    contains(output, "closed set; mlp, 8-d; batches of 4 x 4; 2 epochs, 2 seeds; test: 24 inputs",
      "m 0.1, gamma 64", "unified loss", "raw pixels", "untrained model", "NMI", "results.csv")
    assert.truthy(output:find "Circle Loss, pair%-wise +m 0.1, gamma 64 +[01]%.%d+ %S+ 0%.%d+")
    assert.equal(6, #assert(jsonl.read(out .. "/runs.jsonl")))
    code, output = compare("--losses", "unified,pair", "--seeds", "2", "--set", "pair.m=0.1")
    assert.equal(0, code, output)
    contains(output, "6 of 6 runs were finished earlier")
    code, output = compare("--losses", "pair", "--set", "pair.m=0.1", "--seeds", "2")
    assert.equal(0, code, output)
    contains(output, "4 of 4 runs were finished earlier")
    code, output = compare("--losses", "pair", "--seeds", "2")
    assert.equal(1, code)
    contains(output, "a comparison with other settings")
  end)

  it("refuses losses and settings that there are not", function()
    local code, output = compare("--losses", "pair,oval")
    assert.equal(2, code)
    contains(output, "there is no loss 'oval', but: pair, class")
    code, output = compare("--set", "pair.alpha=3")
    assert.equal(2, code)
    contains(output, "pair has no setting alpha")
    code, output = compare("--set", "pair.m")
    assert.equal(2, code)
    contains(output, "is not LOSS.SETTING=NUMBER")
  end)
end)
