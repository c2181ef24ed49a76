-- A data set small enough to train on within a spec: classes of 8 x 8 pictures, each a pattern of
-- its own plus noise. And the programs of scripts/, run as a user runs them.
local circlet = require "circlet"
local files = require "circlet.report.files"
local shell = require "circlet.report.shell"

local tiny = {}

--- Byte pictures [classes * each, 8, 8] and their labels from 0, in turn.
function tiny.split(classes, each, seed)
  circlet.manualSeed(7)
  local patterns = circlet.rand(classes, 64):mul(80)
  circlet.manualSeed(seed)
  local n = classes * each
  local x, labels = circlet.rand(n, 64):mul(170), circlet.LongTensor(n)
  for i = 1, n do
    local class = (i - 1) % classes
    labels[i] = class
    x:select(1, i):add(patterns:select(1, class + 1))
  end
  return x:byte():view(n, 8, 8), labels
end

--- Writes a data folder of .npy files.
function tiny.write(folder, classes)
  assert(files.make_folder(folder))
  for split, each in pairs { train = 12, test = 6 } do
    local x, labels = tiny.split(classes or 4, each, split == "train" and 1 or 2)
    assert(circlet.npy.save(("%s/%s_x.npy"):format(folder, split), x))
    assert(circlet.npy.save(("%s/%s_y.npy"):format(folder, split), labels))
  end
  return folder
end

--- A fresh path for a folder.
function tiny.path()
  local path = os.tmpname()
  os.remove(path)
  return path
end

function tiny.remove(path) os.execute("rm -rf " .. shell.quote(path)) end

local interpreter = os.getenv("LUA") or "lua5.4"

--- Runs a command line of the shell; returns its exit code and all that it wrote.
function tiny.shell(command)
  local log = os.tmpname()
  local _, _, code = os.execute(("(%s) >%s 2>&1"):format(command, log))
  local output = files.read(log)
  os.remove(log)
  return code, output
end

--- Runs a script of the tree with words that stand for themselves.
function tiny.run(script, ...)
  local words = { interpreter, "scripts/" .. script, ... }
  for i, word in ipairs(words) do words[i] = shell.quote(word) end
  return tiny.shell(table.concat(words, " "))
end

--- Starts a script, waits until `path` is there, and sends it Ctrl-C's signal.
function tiny.interrupt(path, script, ...)
  local words = { interpreter, "scripts/" .. script, ... }
  for i, word in ipairs(words) do words[i] = shell.quote(word) end
  -- A shell without job control lets background jobs ignore SIGINT: env restores the default. A
  -- signal that is lost all the same ends in a failure after a minute, not in a spec that hangs.
  -- (The guard is a process group of its own, and ends with its sleep.)
  return tiny.shell(([[set -m; env --default-signal=INT %s & child=$!
    for i in $(seq 600); do [ -s %s ] && break; sleep 0.05; done
    kill -INT $child; (sleep 60; kill -KILL $child) 2>/dev/null & guard=$!
    wait $child; code=$?; kill -- -$guard; exit $code]]):format(table.concat(words, " "),
    shell.quote(path)))
end

return tiny
