-- Linear regression by stochastic gradient descent, against the solution of the normal equations.
require 'torch'
require 'optim'
require 'nn'

torch.manualSeed(2)
local rows = 40
local data = torch.Tensor(rows, 3)
for i = 1, rows do
  local a, b = torch.uniform(0, 2), torch.uniform(-1, 1)
  data[i][1] = 3 * a - 2 * b + 0.5 + torch.normal(0, 0.01)
  data[{i, 2}] = a
  data[{i, 3}] = b
end

local model = nn.Sequential()
model:add(nn.Linear(2, 1))
local criterion = nn.MSECriterion()
local x, dl_dx = model:getParameters()

local current = 0
local feval = function(x_new)
  if x ~= x_new then x:copy(x_new) end
  current = current + 1
  if current > (#data)[1] then current = 1 end
  local sample = data[current]
  local target = sample[{ {1} }]
  local inputs = sample[{ {2, 3} }]
  dl_dx:zero()
  local loss_x = criterion:forward(model:forward(inputs), target)
  model:backward(inputs, criterion:backward(model.output, target))
  return loss_x, dl_dx
end

local sgd_params = { learningRate = 0.05, learningRateDecay = 1e-4, weightDecay = 0, momentum = 0 }
for _ = 1, 60 do
  local current_loss = 0
  for _ = 1, (#data)[1] do
    local _, fs = optim.sgd(feval, x, sgd_params)
    current_loss = current_loss + fs[1]
  end
end
local ones = torch.cat(data[{ {}, {2, 3} }], torch.ones(rows, 1), 2)
-- conjugate directions on the normal equations (three unknowns: three steps)
local A, r = ones:t() * ones, ones:t() * data[{ {}, 1 }]
local w, p = torch.zeros(3), r:clone()
for _ = 1, 3 do
  local Ap, rr = A * p, r * r
  local alpha = rr / (p * Ap)
  w:add(alpha, p)
  r:add(-alpha, Ap)
  p:mul((r * r) / rr):add(r)
end
local learnt = torch.cat(model:get(1).weight:view(2), model:get(1).bias, 1)
print('type', torch.type(learnt), x:type())
print('distance', string.format('%.4f', torch.dist(learnt, w)))
print('epochs', sgd_params.evalCounter / rows)
