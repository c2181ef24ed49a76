-- A convolutional net on drawings of the ten digits, in mini-batches of closures.
require 'torch'
require 'nn'
require 'optim'
require 'xlua'

torch.setdefaulttensortype('torch.FloatTensor')
torch.manualSeed(3)
math.randomseed(3)

-- seven segments: top, upper left, upper right, middle, lower left, lower right, bottom
local shapes = { '1110111', '0010010', '1011101', '1011011', '0111010', '1101011', '1101111',
  '1010010', '1111111', '1111011' }
local function draw(digit)
  local image, s = torch.zeros(1, 12, 12), shapes[digit]
  local x, y = math.random(1, 5), math.random(1, 3)
  local boxes = { { 0, 0, 0, 5 }, { 0, 4, 0, 0 }, { 0, 4, 5, 5 }, { 4, 4, 0, 5 }, { 4, 8, 0, 0 },
    { 4, 8, 5, 5 }, { 8, 8, 0, 5 } }
  for i = 1, 7 do
    if s:sub(i, i) == '1' then
      local b = boxes[i]
      image[{ 1, { y + b[1], y + b[2] }, { x + b[3], x + b[4] } }] = 1
    end
  end
  return image:add(torch.randn(1, 12, 12):mul(0.1))
end

local function dataset(size)
  local set = { data = torch.Tensor(size, 1, 12, 12), labels = torch.ByteTensor(size) }
  for i = 1, size do
    local digit = (i - 1) % 10 + 1
    set.data[i] = draw(digit)
    set.labels[i] = digit
  end
  function set:size() return (#self.data)[1] end
  return set
end
local train, test = dataset(500), dataset(100)
local mean, std = train.data:mean(), train.data:std()
train.data:add(-mean):div(std)
test.data:add(-mean):div(std)

local model = nn.Sequential()
model:add(nn.SpatialConvolutionMM(1, 8, 3, 3, 1, 1, 1, 1))
model:add(nn.SpatialBatchNormalization(8))
model:add(nn.ReLU(true))
model:add(nn.SpatialMaxPooling(2, 2, 2, 2))
model:add(nn.SpatialConvolutionMM(8, 16, 3, 3))
model:add(nn.LeakyReLU(0.1))
model:add(nn.View(16 * 4 * 4))
model:add(nn.Dropout(0.2))
model:add(nn.Linear(16 * 4 * 4, 10))
model:add(nn.LogSoftMax())
local criterion = nn.ClassNLLCriterion()
local parameters, gradParameters = model:getParameters()
local state, batch = { learningRate = 0.05, momentum = 0.9, dampening = 0 }, 25
local timer = torch.Timer()

for epoch = 1, 4 do
  model:training()
  local order = torch.randperm(train:size()):long()
  for t = 1, train:size(), batch do
    xlua.progress(t, train:size())
    local index = order:narrow(1, t, math.min(batch, train:size() - t + 1))
    local inputs, targets = train.data:index(1, index), train.labels:index(1, index)
    optim.sgd(function(x)
      if x ~= parameters then parameters:copy(x) end
      gradParameters:zero()
      local output = model:forward(inputs)
      local f = criterion:forward(output, targets)
      model:backward(inputs, criterion:backward(output, targets))
      return f, gradParameters
    end, parameters, state)
  end
  if epoch == 4 then print('epoch', epoch / 1) end
end

model:evaluate()
local confusion = optim.ConfusionMatrix(10)
for i = 1, test:size() do
  local scores = model:forward(test.data[i]:view(1, 1, 12, 12)) -- a batch of one: [10]
  confusion:add(scores, test.labels[i])
end
confusion:updateValids()
print('test', confusion.totalValid > 0.9, timer:time().real > 0)
local _, guess = torch.max(model:forward(test.data:narrow(1, 1, 10)), 2)
print('guess', torch.type(guess), guess:size(1), guess:size(2))

local file = os.tmpname()
torch.save(file, model:clearState())
local loaded = torch.load(file)
os.remove(file)
local difference = loaded:forward(test.data) - model:forward(test.data)
print("loaded", torch.typename(loaded), difference:abs():max())
