-- What each state of spec/check/states.c does: a bit of everything, with settings of its own that
-- the other states must not feel.
local number, run = ...
local circlet = require "circlet"
local nn = circlet.nn

-- (one under ThreadSanitizer: what the threads of a kernel share is another check)
local threads = os.getenv "OMP_NUM_THREADS" == "1" and 1 or number
circlet.setnumthreads(threads)
circlet.manualSeed(10 * number + run)
circlet.setdefaulttensortype(number % 2 == 0 and "circlet.DoubleTensor" or "circlet.FloatTensor")

local x = circlet.randn(96, 400)
local first = x:sum()
local labels = circlet.range(circlet.LongTensor(), 0, 95):remainder(8):add(1)
local net = nn.Sequential():add(nn.Linear(400, 32)):add(nn.ReLU()):add(nn.Normalize(2))
local criterion = nn.CircleCriterion(0.25, 64)
net:type(x:type())
criterion:type(x:type())
for _ = 1, 3 do
  local y = net:forward(x)
  criterion:forward(y, labels)
  net:zeroGradParameters()
  net:backward(x, criterion:backward(y, labels))
  net:updateParameters(0.1)
  circlet.metrics.retrieval(y, labels)
  circlet.mm(x, x:t()):sort(2)
  collectgarbage()
end

assert(circlet.getnumthreads() == threads)
circlet.manualSeed(10 * number + run)
assert(circlet.randn(96, 400):sum() == first, "another state took numbers from this one")
assert(circlet.Tensor():type() == x:type())
