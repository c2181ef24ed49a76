-- Ctrl-C while a kernel runs, in a child process that asks a shell for SIGINT.

local function run(script)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(script)
  file:close()
  local command = "timeout --signal=INT --kill-after=60 30 lua5.4 "
  local child = assert(io.popen(command .. path .. " 2>&1"))
  local output = child:read("a")
  child:close()
  os.remove(path)
  return output
end

describe("Ctrl-C in a kernel", function()
  -- The loss of 60000 x 256 is 3.7e12 operations, half a minute on two cores.
  it("is one error, soon, and leaves tensors and state as they were", function()
    local output = run [[
      local circlet = require "circlet"
      local timer = circlet.Timer()
      local x = circlet.randn(60000, 256)
      local labels = circlet.LongTensor(60000):random(1, 9)
      local sum = x:sum()
      local process = io.open("/proc/self/stat"):read("n")
      os.execute("(sleep 0.5; kill -INT " .. process .. ") &")
      timer:reset()
      local ok, message = pcall(circlet.circle_loss, x, labels)
      print(ok, message, timer:time().real < 5)
      for _ = 1, 1e6 do end -- a hook left behind would raise here
      print(x:sum() == sum, (circlet.circle_loss(x:narrow(1, 1, 64), labels:narrow(1, 1, 64))) > 0)
    ]]
    output = output:gsub("[^\t]*: interrupted", "interrupted")
    assert.equal("false\tinterrupted!\ttrue\ntrue\ttrue\n", output)
  end)

  it("that comes too late for the kernel reaches the handler before", function()
    local output = run [[
      local circlet = require "circlet"
      local x = circlet.randn(64, 64)
      local message
      local process = io.open("/proc/self/stat"):read("n")
      os.execute("(sleep 0.5; kill -INT " .. process .. ") &")
      while not message do -- calls too short to stop inside, one after the other
        local ok, why = pcall(x.mm, circlet.Tensor(), x, x)
        if not ok then message = why end
        ok, why = pcall(circlet.circle_loss, x, circlet.LongTensor(64):fill(1))
        if not ok then message = why end
      end
      print((message:gsub(".*: ", "")))
    ]]
    assert.is_truthy(output:find("interrupted!", 1, true), output)
  end)
end)
