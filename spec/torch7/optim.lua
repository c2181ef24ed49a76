-- Where the optimisers are after some steps on Rosenbrock's function: run by real Torch7, whose
-- results optim.txt holds, and by circlet.torch7.
local torch, optim = require 'torch', require 'optim'

local function rosenbrock(x)
  local a, b = x[1], x[2]
  local gradient = torch.Tensor { -2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a) }
  return (1 - a) ^ 2 + 100 * (b - a * a) ^ 2, gradient
end

local function run(name, method, steps, config)
  local x, state, losses = torch.Tensor { -1.2, 1 }, {}, nil
  for _ = 1, steps do
    local _, list = optim[method](rosenbrock, x, config, state)
    losses = list
  end
  print(string.format('%s %.9g %.9g %.8g %d', name, x[1], x[2], losses[#losses], #losses))
end

run('sgd', 'sgd', 50, { learningRate = 1e-3 })
run('momentum', 'sgd', 50, { learningRate = 1e-4, momentum = 0.9, weightDecay = 1e-3,
  learningRateDecay = 0.01 })
run('nesterov', 'sgd', 50, { learningRate = 1e-4, momentum = 0.9, dampening = 0, nesterov = true })
run('adam', 'adam', 50, { learningRate = 1e-2 })
run('adam_decay', 'adam', 20, { learningRate = 1e-2, learningRateDecay = 0.1,
  weightDecay = 0.01 })
run('adagrad', 'adagrad', 50, { learningRate = 0.1, learningRateDecay = 0.01 })
run('rmsprop', 'rmsprop', 50, { learningRate = 1e-2 })
run('lbfgs', 'lbfgs', 1, { maxIter = 20, learningRate = 1e-3 })
run('lbfgs_lswolfe', 'lbfgs', 1, { maxIter = 30, lineSearch = optim.lswolfe })
