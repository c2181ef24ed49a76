-- Ctrl-C while a kernel runs, in a child process that asks a shell for SIGINT.

local function run(script)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(script)
  file:close()
  local command = "timeout --signal=INT --kill-after=60 120 lua5.4 " -- for what hangs
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

  -- Each would go on for minutes.
  it("stops products, layers and orderings in their midst, and they work again", function()
    local output = run [[
      local circlet = require "circlet"
      local nn = circlet.nn
      local x, n = circlet.randn(3000, 3000), circlet.LongTensor(1200, 1200):fill(2)
      local images, flat = circlet.randn(64, 16, 32, 32), circlet.randn(5000000)
      local linear, conv = nn.Linear(3000, 3000), nn.SpatialConvolution(16, 16, 3, 3, 1, 1, 1, 1)
      local long = circlet.randn(8, 1000000)
      local sums = { x:sum(), flat:sum() }
      local process = io.open("/proc/self/stat"):read("n")
      for _, f in ipairs {
        function() circlet.mm(x, x) end, function() circlet.mm(long, long:t()) end,
        function() circlet.mm(n, n) end, function() linear:forward(x) end,
        function() linear:updateGradInput(x, x) end, function() linear:accGradParameters(x, x) end,
        function() conv:forward(images) end, function() conv:backward(images, images) end,
        function() flat:sort() end, function() flat:median() end,
        function() circlet.randperm(20000000) end, function() circlet.pow(flat, 2.5) end,
        function() return flat ^ 2.5 end,
      } do
        os.execute("(sleep 0.3; kill -INT " .. process .. ") &")
        local ok, message
        repeat ok, message = pcall(f) until not ok
        io.write(tostring(message):match "interrupted!" or tostring(message), " ")
      end
      os.execute "sleep 0.4" -- ignores a signal that is late on a busy machine
      print(x:sum() == sums[1] and flat:sum() == sums[2])
      for _ = 1, 1e6 do end -- a hook left behind would raise here
      local ones = circlet.ones(600, 600)
      print(circlet.mm(ones, ones):min(), circlet.mm(n, n):max(), (flat:sort()[1]) == flat:min())
    ]]
    assert.equal(("interrupted! "):rep(13) .. "true\n600.0\t4800\ttrue\n", output)
  end)
end)
