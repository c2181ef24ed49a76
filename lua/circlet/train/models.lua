--- The models that the programs train. Each takes a batch [B, C, H, W] or [B, n] and gives
-- embeddings [B, dim]. None computes the gradient of its input, which training does not need.
local nn = require("circlet").nn

local models = {}

--- The names of the models.
models.names = { "mlp", "conv", "linear" }

local function volume(shape)
  local n = 1
  for _, size in ipairs(shape) do n = n * size end
  return n
end

--- Inputs flattened, 256 hidden units, ReLU, `dim` outputs. shape: sizes of one input.
-- @param shape integer[]
-- @param dim integer
-- @return nn.Module model
-- @example
-- circlet.train.models.mlp({ 6 }, 3):forward(circlet.rand(2, 6)):size()    --> {2, 3}
function models.mlp(shape, dim)
  local n = volume(shape)
  local net = nn.Sequential()
    :add(nn.View(-1, n))
    :add(nn.Linear(n, 256))
    :add(nn.ReLU(true))
    :add(nn.Linear(256, dim))
  net:get(1).gradInput, net:get(2).gradInput = nil, nil
  return net
end

--- Inputs flattened and one linear layer: for features that another network computed.
-- @param shape integer[]
-- @param dim integer
-- @return nn.Module model
-- @example
-- circlet.train.models.linear({ 6 }, 3):forward(circlet.rand(2, 6)):size()    --> {2, 3}
function models.linear(shape, dim)
  local n = volume(shape)
  local net = nn.Sequential():add(nn.View(-1, n)):add(nn.Linear(n, dim))
  net:get(1).gradInput, net:get(2).gradInput = nil, nil
  return net
end

--- Three blocks of 3x3 convolution, batch normalisation and ReLU with 16, 32 and 64 channels, max
-- pooling by 2 after the first two, the mean over what is left of the image, a linear layer. shape:
-- { channels, height, width }, height and width >= 4.
-- @param shape integer[]
-- @param dim integer
-- @return nn.Module model
-- @example
-- circlet.train.models.conv({ 1, 28, 28 }, 3):forward(circlet.rand(2, 1, 28, 28)):size()
-- --> {2, 3}
function models.conv(shape, dim)
  if #shape ~= 3 or shape[2] < 4 or shape[3] < 4 then
    error("conv: images of at least 4 x 4 expected (channels, height, width), got "
      .. table.concat(shape, " x "), 2)
  end
  local net = nn.Sequential()
  local channels, height, width = shape[1], shape[2], shape[3]
  for block, planes in ipairs { 16, 32, 64 } do
    local norm = nn.SpatialBatchNormalization(planes)
    norm.weight:fill(1) -- Torch7 draws it from [0, 1]; 1 is what is usual today
    net:add(nn.SpatialConvolution(channels, planes, 3, 3, 1, 1, 1, 1)):add(norm):add(nn.ReLU(true))
    if block < 3 then
      net:add(nn.SpatialMaxPooling(2, 2, 2, 2))
      height, width = height // 2, width // 2
    end
    channels = planes
  end
  net:get(1).gradInput = nil
  return net:add(nn.SpatialAveragePooling(width, height, 1, 1))
    :add(nn.View(-1, channels))
    :add(nn.Linear(channels, dim))
end

return models
