-- How soon Ctrl-C brings the prompt back: `scripts/circlet` runs in a pseudo-terminal, each kind of
-- work again and again in a loop that never ends, and Ctrl-C comes at random moments. What is timed
-- reaches from that key to the next prompt.
--
--     lua scripts/bench/interrupt.lua                        some minutes
--     lua scripts/bench/interrupt.lua --rounds 30 --only conv
--
-- (The syntax keeps to Lua 5.1 for the reason that prelude.lua gives.)
local root = dofile((arg[0]:match("^.*/") or "./") .. "../prelude.lua")
local argparse = require "argparse"
local circlet = require "circlet"
local shell = require "circlet.report.shell"
local uv = require "luv"
local whole = require("circlet.train.options").count

local parser = argparse("lua scripts/bench/interrupt.lua", "Seconds from Ctrl-C to the prompt.")
parser:option("--rounds", "Interrupts of each kind."):convert(whole):default "10"
parser:option("--only", "Kinds whose name holds this text.")
parser:option("--longest", "Milliseconds from the start to Ctrl-C, at most.")
  :convert(whole):default "1500"
local flags = parser:parse()

-- What is made first, and what runs then: { name, line, line that is repeated }.
local image = [[m = nn.SpatialConvolution(16, 16, 7, 7, 1, 1, 3, 3)
  x = circlet.randn(1, 16, 3000, 3000)]]
local images = [[m = nn.SpatialConvolution(64, 64, 3, 3, 1, 1, 1, 1)
  x = circlet.randn(512, 64, 32, 32)]]
local linear = "m = nn.Linear(4096, 4096) x = circlet.randn(8192, 4096)"
local function rows(n, d, classes)
  return ("x = circlet.randn(%d, %d) l = circlet.LongTensor(%d):random(1, %d)"):format(n, d, n,
    classes)
end
local kinds = {
  { "a loop in Lua", "", "n = (n or 0) + 1" },
  { "training steps of an MLP, 512 rows", [[net = nn.Sequential(nn.Linear(784, 1024), nn.ReLU(),
    nn.Linear(1024, 64)) c, o = nn.CircleCriterion(0.25, 64), {} w, g = net:getParameters() ]]
    .. rows(512, 784, 50),
    [[g:zero() net:forward(x) c:forward(net.output, l) net:backward(x, c:backward(net.output, l))
    optim.adam(function() return 0, g end, w, o)]] },
  { "circle_loss, 16384 x 512", rows(16384, 512, 99), "circlet.circle_loss(x, l)" },
  { "circle_class_loss, 4096 x 100000 x 128", rows(4096, 128, 100000)
    .. " w = circlet.randn(100000, 128)", "circlet.circle_class_loss({ x, w }, l)" },
  { "mm, 8000 x 8000", "x = circlet.randn(8000, 8000) y = circlet.Tensor()", "y:mm(x, x)" },
  { "mm, 5000 x 5000, double", "x = circlet.randn(5000, 5000):double() y = circlet.DoubleTensor()",
    "y:mm(x, x)" },
  { "mm, 48 x 4000000 x 48", "x = circlet.randn(48, 4000000) y = circlet.Tensor()",
    "y:mm(x, x:t())" },
  { "mm of integers, 2000 x 2000",
    "x = circlet.LongTensor(2000, 2000):fill(3) y = circlet.LongTensor()", "y:mm(x, x)" },
  { "bmm, 64 x 1000 x 1000", "x = circlet.randn(64, 1000, 1000) y = circlet.Tensor()",
    "y:bmm(x, x)" },
  { "nn.Linear, 8192 x 4096 x 4096", linear, "m:forward(x)" },
  { "nn.Linear, backward", linear .. " m:forward(x)", "m:backward(x, x)" },
  { "convolution, 512 images", images, "m:forward(x)" },
  { "convolution, 512 images, backward", images .. " m:forward(x)", "m:backward(x, x)" },
  { "convolution, one large image", image, "m:forward(x)" },
  { "convolution, one large image, backward", image .. " m:forward(x)", "m:backward(x, x)" },
  { "retrieval, 60000 x 128", rows(60000, 128, 99), "circlet.metrics.retrieval(x, l)" },
  { "retrieval, 2000 of 150000 x 1024", rows(2000, 1024, 99)
    .. " y = circlet.randn(150000, 1024) k = circlet.LongTensor(150000):random(1, 99)",
    "circlet.metrics.retrieval({ x, y }, { l, k })" },
  { "verification, 20000 x 128", rows(20000, 128, 99), "circlet.metrics.verification(x, l)" },
  { "k-means, 500000 x 128, 500 clusters", rows(500000, 128, 99),
    "circlet.metrics.clustering(x, l, { clusters = 500 })" },
  { "sort, 30000000", "x = circlet.randn(30000000)", "x:sort()" },
  { "sort, 1000000 x 30", "x = circlet.randn(1000000, 30)", "x:sort()" },
  { "kthvalue, 30000000", "x = circlet.randn(30000000)", "x:kthvalue(15000000)" },
  { "randperm, 20000000", "", "circlet.randperm(20000000)" },
  { "uniform, 100000000", "x = circlet.Tensor(100000000)", "x:uniform()" },
  { "normal, 100000000", "x = circlet.Tensor(100000000)", "x:normal()" },
  { "add, 100000000", "x = circlet.ones(100000000)", "x:add(1)" },
  { "exp, 100000000", "x = circlet.ones(100000000) y = circlet.Tensor()", "y:exp(x)" },
  { "pow, 100000000", "x = circlet.ones(100000000) y = circlet.Tensor()", "y:pow(x, 2.5)" },
  { "sum, 100000000", "x = circlet.ones(100000000)", "x:sum()" },
  { "transposed copy, 10000 x 10000",
    "x = circlet.ones(10000, 10000) y = circlet.Tensor(10000, 10000)", "y:copy(x:t())" },
}
for _, kind in ipairs(kinds) do
  for i = 2, 3 do kind[i] = kind[i]:gsub("%s+", " ") end
end

-- The prompt in a terminal of its own: script (of util-linux; on Debian of bsdutils) has one and
-- passes on what comes in and out.
local Terminal = {}
Terminal.__index = Terminal

local environment = "TERM=dumb NO_COLOR=1 CIRCLET_HISTORY= "

local function open()
  local self = setmetatable({ text = "" }, Terminal)
  self.input, self.output = uv.new_pipe(), uv.new_pipe()
  self.process = assert(uv.spawn("script", {
    args = { "-qec", environment .. shell.quote(root .. "scripts/circlet") .. " repl",
             "/dev/null" },
    stdio = { self.input, self.output },
  }, function() self.gone = true end))
  uv.read_start(self.output, function(_, text)
    self.text = self.text .. (text or "")
    self.ended = self.ended or not text
  end)
  return self
end

-- Waits until the text since the last wait holds a pattern; false after some seconds.
function Terminal:wait(pattern, seconds)
  local over, timer = false, uv.new_timer()
  timer:start(math.floor(seconds * 1000), 0, function() over = true end)
  repeat
    local _, last = self.text:find(pattern)
    if last then
      self.text = self.text:sub(last + 1)
      timer:close()
      return true
    end
    uv.run "once"
  until over or self.ended
  timer:close()
  return false
end

function Terminal:enter(line)
  self.text = ""
  self.input:write(line .. "\n")
end

function Terminal:close()
  self.input:write "\4"
  if not self:wait("\0", 5) and not self.gone then self.process:kill "sigkill" end
  while not self.gone do uv.run "once" end
  for _, handle in ipairs { self.input, self.output, self.process } do handle:close() end
  uv.run()
end

local PROMPT = "\n> $"

local function fail(name, terminal)
  io.stderr:write("interrupt: ", name, ": the terminal shows\n", terminal.text, "\n")
  os.exit(1, true)
end

-- A list of seconds, in order.
local function measure(name, before, line)
  local terminal, found = open(), {}
  if not terminal:wait("> $", 20) then fail(name, terminal) end
  terminal:enter(before .. " print 'ready'")
  if not terminal:wait("\nready\r" .. PROMPT, 120) then fail(name, terminal) end
  for _ = 1, flags.rounds do
    terminal:enter("io.write '\\nbegun\\n' io.flush() while true do " .. line .. " end")
    if not terminal:wait("\nbegun\r", 20) then fail(name, terminal) end
    terminal:wait("\0", circlet.uniform(0.1, flags.longest / 1000)) -- nothing comes
    local from = uv.hrtime()
    terminal.input:write "\3"
    if not terminal:wait("interrupted!\r" .. PROMPT, 120) then fail(name, terminal) end
    found[#found + 1] = (uv.hrtime() - from) / 1e9
  end
  terminal:close()
  table.sort(found)
  return found
end

local function load()
  local file = io.open "/proc/loadavg"
  return file and file:read "l":match "^%S+" or "?"
end

if not shell.has "script" then
  io.stderr:write "interrupt: needs script, of bsdutils or util-linux\n"
  os.exit(1, true)
end
circlet.manualSeed(1)
print(("%d threads of %s; load %s at first\n"):format(circlet.getnumthreads(),
  circlet.config().simd, load()))
print(("%-44s %10s %10s"):format("Ctrl-C in", "median, s", "worst, s"))
for _, kind in ipairs(kinds) do
  if not flags.only or kind[1]:find(flags.only, 1, true) then
    local found = measure(kind[1], kind[2], kind[3])
    local median = (found[(#found + 1) // 2] + found[#found // 2 + 1]) / 2
    print(("%-44s %10.3f %10.3f"):format(kind[1], median, found[#found]))
    io.stdout:flush()
  end
end
print(("\nload %s at last"):format(load()))
