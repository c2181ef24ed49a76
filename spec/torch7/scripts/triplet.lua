-- Triplet embeddings: three copies of a net that share their parameters, a criterion of the
-- script's own, several embeddings a class.
require 'torch'
require 'nn'
require 'optim'

torch.manualSeed(5)

local Triplet, parent = torch.class('nn.TripletCriterion', 'nn.Criterion')

function Triplet:__init(alpha)
  parent.__init(self)
  self.alpha = alpha or 0.2
  self.gradInput = {}
end

-- the mean of max(0, |a-p|^2 - |a-n|^2 + alpha)
function Triplet:updateOutput(input)
  local a, p, n = unpack(input)
  local N = a:size(1)
  self.Li = torch.cmax((a - p):pow(2):sum(2) - (a - n):pow(2):sum(2) + self.alpha, 0)
  self.output = self.Li:sum() / N
  return self.output
end

function Triplet:updateGradInput(input)
  local a, p, n = unpack(input)
  local N = a:size(1)
  local active = self.Li:gt(0):type(a:type()):expandAs(a)
  self.gradInput[1] = (n - p):cmul(active):mul(2 / N)
  self.gradInput[2] = (p - a):cmul(active):mul(2 / N)
  self.gradInput[3] = (a - n):cmul(active):mul(2 / N)
  return self.gradInput
end

local classes, dim, each = 4, 10, 8
local centres = torch.randn(classes, dim)
local data = {}
for c = 1, classes do
  data[c] = torch.Tensor(each, dim)
  for i = 1, each do data[c][i]:copy(centres[c] + torch.randn(dim):mul(0.6)) end
end

local net = nn.Sequential():add(nn.Linear(dim, 16)):add(nn.PReLU()):add(nn.Linear(16, 3))
net:add(nn.Normalize(2))
local parallel = nn.ParallelTable():add(net)
for _ = 1, 2 do parallel:add(net:clone('weight', 'bias', 'gradWeight', 'gradBias')) end
local criterion = nn.TripletCriterion(0.2)
local parameters, gradParameters = parallel:getParameters()
print('shared', parameters:nElement() == 10 * 16 + 16 + 1 + 16 * 3 + 3)

local function batch()
  local a, p, n = torch.Tensor(16, dim), torch.Tensor(16, dim), torch.Tensor(16, dim)
  for i = 1, 16 do
    local c = torch.random(1, classes)
    local other = (c + torch.random(0, classes - 2)) % classes + 1
    a[i], p[i] = data[c][torch.random(each)], data[c][torch.random(each)]
    n[i] = data[other][torch.random(each)]
  end
  return { a, p, n }
end

local fixed = batch()
local function feval(x)
  if x ~= parameters then parameters:copy(x) end
  gradParameters:zero()
  local f = criterion:forward(parallel:forward(fixed))
  parallel:backward(fixed, criterion:backward(parallel.output))
  return f, gradParameters
end
print('checkgrad', optim.checkgrad(feval, parameters:clone(), 1e-6) < 1e-4)
local before = feval(parameters)
for _ = 1, 150 do
  fixed = batch()
  optim.rmsprop(feval, parameters, { learningRate = 0.01 })
end
print('fell', feval(parameters) < 0.3 * before)

-- recall at 1
net:evaluate()
local all = nn.JoinTable(1):forward(data)
local embeddings = net:forward(all)
local s = embeddings * embeddings:t()
for i = 1, s:size(1) do s[i][i] = -2 end
local _, nearest = s:max(2)
local right = 0
for i = 1, s:size(1) do
  if math.floor((nearest[i][1] - 1) / each) == math.floor((i - 1) / each) then right = right + 1 end
end
print('recall', right / s:size(1) > 0.85)

-- two environments of one function
local function count() total = (total or 0) + 1 return total end -- luacheck: ignore
local environment = setmetatable({}, { __index = _G })
setfenv(count, environment)
count()
print('setfenv', count(), environment.total, rawget(_G, 'total'), getfenv(count) == environment)
print('lua51', loadstring('return 6 / 2')(), math.pow(2, 3), table.getn { 1, 2 }, 7 / 2, 1e3 * 1)
