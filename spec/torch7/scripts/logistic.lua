-- Logistic regression with L-BFGS on full batches, with options, a log and a confusion matrix.
require 'torch'
require 'optim'
require 'nn'

local cmd = torch.CmdLine()
cmd:text('Logistic regression')
cmd:text()
cmd:option('-seed', 1, 'seed')
cmd:option('-maxIter', 30, 'steps of L-BFGS')
cmd:option('-quiet', false, 'print nothing but the result')
cmd:option('-save', '', 'folder for the log')
local opt = cmd:parse(arg or {})
torch.manualSeed(opt.seed)
if not opt.quiet then print(cmd:string('run', opt, { save = true })) end

local n, classes = 150, 3
local inputs, targets = torch.Tensor(n, 2), torch.Tensor(n)
local centres = { { 0, 0 }, { 3, 0 }, { 0, 3 } }
for i = 1, n do
  local c = (i - 1) % classes + 1
  targets[i] = c
  inputs[i]:normal():mul(0.5):add(torch.Tensor(centres[c]))
end

local model = nn.Sequential():add(nn.Linear(2, classes)):add(nn.LogSoftMax())
local criterion = nn.ClassNLLCriterion()
local parameters, gradParameters = model:getParameters()
local confusion = optim.ConfusionMatrix({ 'origin', 'right', 'above' })
local logger = optim.Logger(opt.save ~= '' and paths.concat(opt.save, 'train.log') or nil)

local function feval(x)
  if x ~= parameters then parameters:copy(x) end
  gradParameters:zero()
  local outputs = model:forward(inputs)
  local f = criterion:forward(outputs, targets)
  model:backward(inputs, criterion:backward(outputs, targets))
  f = f + 1e-4 * parameters:norm() ^ 2
  gradParameters:add(2e-4, parameters)
  return f, gradParameters
end

local d = optim.checkgrad(feval, parameters:clone(), 1e-6)
print('checkgrad', d < 1e-6)
local _, losses = optim.lbfgs(feval, parameters,
  { maxIter = opt.maxIter, lineSearch = optim.lswolfe })
for _, loss in ipairs(losses) do logger:add { ['loss'] = loss } end
confusion:batchAdd(model:forward(inputs), targets)
confusion:updateValids()
print('fell', losses[#losses] < 0.1 * losses[1])
print('right', string.format('%d', confusion.totalValid * 100) .. '%', table.getn(losses) > 3)
