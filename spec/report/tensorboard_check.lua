-- Event files read by real TensorBoard; run by `make check-tensorboard`:
--     lua5.4 spec/report/tensorboard_check.lua PYTHON
-- Exit codes: 0 all holds, 1 something does not, 2 this Python has no TensorBoard.
package.path = "./?.lua;" .. package.path
local export = require "circlet.report.study.export"
local json = require "circlet.json"
local shell = require "circlet.report.shell"
local study = require "circlet.study"
local support = require "spec.study.support"
local tensorboard = require "circlet.report.tensorboard"

local python = arg[1] or "python3"
local function peer(word)
  return shell.output(("%s spec/report/tensorboard_peer.py %s"):format(shell.quote(python),
    shell.quote(word)))
end

local version = peer "version"
if not version then
  print("TENSORBOARD IS MISSING: " .. python .. " cannot import it, so NOTHING was checked.")
  print("  " .. python .. " -m pip install tensorboard")
  os.exit(2, true)
end
print("TensorBoard " .. version)

local folder = support.folder()
local good, message = pcall(function()
  local board = assert(tensorboard.open(folder .. "/one"))
  local function float(x) return (string.unpack("<f", string.pack("<f", x))) end
  local expected = {}
  for step = 0, 999 do
    local value = math.sin(step) * 10 ^ (step % 20 - 10)
    board:scalar("loss γ/train", value, step * 100003, 1.5e9 + step / 8)
    expected[#expected + 1] = { step * 100003, float(value), 1.5e9 + step / 8 }
  end
  assert(board:close())
  local seen = assert(json.decode(assert(peer(folder .. "/one"), "TensorBoard fails"),
    { nan = "bare" }))
  assert(#seen["loss γ/train"] == 1000, "1000 points expected")
  for i, point in ipairs(seen["loss γ/train"]) do
    for k = 1, 3 do
      assert(point[k] == expected[i][k], ("point %d: %.17g expected, got %.17g"):format(i,
        expected[i][k], point[k]))
    end
  end
  print "ok  a thousand points come back to the last bit of their floats"

  local s = assert(study.open { path = folder .. "/a.journal" })
  assert(s:optimize(function(t)
    for epoch = 1, 5 do
      t:report(t.number + epoch, epoch)
      t:log { epoch = epoch, loss = 1 / epoch }
    end
    return 0
  end, { trials = 2 }))
  assert(export.tensorboard(s, folder .. "/board") == 2)
  seen = assert(json.decode(assert(peer(folder .. "/board/trial-00001")), { nan = "bare" }))
  for epoch = 1, 5 do
    local reported, loss = seen.reported[epoch], seen.loss[epoch]
    assert(reported[1] == epoch and reported[2] == 1 + epoch, "what the trial reported")
    assert(loss[1] == epoch and loss[2] == float(1 / epoch), "what the trial logged")
    assert(math.abs(loss[3] - os.time()) < 3600, "the time of now")
  end
  print "ok  the curves of a study's trials"
end)
os.execute("rm -rf " .. shell.quote(folder))
if not good then
  print("FAILED: " .. tostring(message))
  os.exit(1, true)
end
