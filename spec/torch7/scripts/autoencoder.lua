-- An autoencoder whose layers are classes of the script's own: tied weights, a sparse code.
require 'torch'
require 'nn'
require 'optim'

torch.manualSeed(4)

do -- x W, the transpose of a Linear layer's product
  local Tied, parent = torch.class('nn.Tied', 'nn.Module')

  function Tied:__init(linear)
    parent.__init(self)
    self.weight, self.gradWeight = linear.weight, linear.gradWeight
  end

  function Tied:updateOutput(input)
    self.output:resize(input:size(1), self.weight:size(2)):mm(input, self.weight)
    return self.output
  end

  function Tied:updateGradInput(input, gradOutput)
    self.gradInput:resizeAs(input):mm(gradOutput, self.weight:t())
    return self.gradInput
  end

  function Tied:accGradParameters(input, gradOutput, scale)
    self.gradWeight:addmm(scale or 1, input:t(), gradOutput)
  end

  function Tied:__tostring__() return torch.type(self) .. '(' .. self.weight:size(2) .. ')' end
end

do -- mean square and a penalty
  local Sparse, parent = torch.class('nn.SparseCriterion', 'nn.MSECriterion')

  function Sparse:__init(code, penalty)
    parent.__init(self)
    self.code, self.penalty = code, penalty
  end

  function Sparse:updateOutput(input, target)
    return parent.updateOutput(self, input, target) + self.penalty * self.code.output:norm(1)
  end
end

local basis = torch.randn(2, 12)
local data = torch.randn(60, 2) * basis
local encoder, code = nn.Linear(12, 4), nn.Tanh()
local model = nn.Sequential():add(encoder):add(code):add(nn.Tied(encoder))
model:add(nn.Linear(12, 12))
local criterion = nn.SparseCriterion(code, 0)
local x, dx = model:getParameters()
print('parameters', x:nElement()) -- 12 * 4 + 4, 12 * 12 + 12: the tied weights count once
print(model)

local function loss()
  return criterion:forward(model:forward(data), data)
end
local first = loss()
local config = { learningRate = 0.01 }
for _ = 1, 300 do
  optim.adam(function()
    dx:zero()
    local f = loss()
    model:backward(data, criterion:backward(model.output, data))
    return f, dx
  end, x, config)
end
print('fell', loss() < 0.05 * first)
print('checkgrad', optim.checkgrad(function(p)
  if p ~= x then x:copy(p) end
  dx:zero()
  local f = loss()
  model:backward(data, criterion:backward(model.output, data))
  return f, dx
end, x:clone(), 1e-6) < 1e-5)

local copy = model:clone()
copy:get(1).weight:fill(0)
print('clone', copy:get(3).weight:norm(), encoder.weight:norm() > 0)
local again = torch.deserialize(torch.serialize(criterion))
print('class', torch.type(again), torch.isTypeOf(again, 'nn.MSECriterion'),
  torch.isTypeOf(again, 'nn.Module'), torch.typename({}))
