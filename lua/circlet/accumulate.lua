--- The gradient of a large batch through a model that only fits small ones.
--
--     loss, embeddings = circlet.accumulate(model, criterion, input, target, size [, options])
--
-- A pair-wise loss looks at all rows of a batch at once, so summing the gradients of small batches
-- gives another gradient. Here the batch is cut into chunks of `size` rows and passed twice: first
-- every chunk forward, keeping the embeddings alone; then the criterion, forward and backward, on
-- all embeddings; then every chunk forward and backward with its rows of that gradient (the last
-- chunk, whose activations are still there, backward only). What grows is what model:backward
-- grows, by the gradient of one pass over the whole batch, equal but for rounding. Memory: the
-- activations of one chunk, and embeddings and their gradient. Time: one more forward pass.
--
-- model: a module that maps each row of the input by itself to a row of its output and leaves the
-- input as it is (no in-place layer comes first); input: a tensor [B, ...], or a table of such;
-- target and criterion: as criterion:forward(embeddings, target) takes them. Returns the
-- loss and the embeddings [B, ...]. criterion.gradInput holds their gradient.
--
-- Random layers draw the same numbers in both passes of a chunk, and the generator ends as if each
-- chunk had been passed once. (One pass over the whole batch would draw them in another order.)
--
-- Batch normalisation in training mixes the rows of a batch, which chunks cannot repeat: it is an
-- error unless options.batch_norm = "chunk" says that every chunk has statistics of its own;
-- running averages then move once a chunk. In evaluate() mode it is one more row-wise layer.
--
-- Raises for such a model, a size below 1, inputs of different numbers of rows, and an output that
-- is not one row for each row of input. Gao, Zhang, Han and Callan, "Scaling Deep Contrastive
-- Learning Batch Size under Memory Limited Setup", RepL4NLP 2021.
--
--     local net = circlet.nn.Linear(4, 2)
--     net:zeroGradParameters()
--     local x, labels = circlet.randn(6, 4), circlet.LongTensor { 1, 1, 2, 2, 3, 3 }
--     print(circlet.accumulate(net, circlet.nn.CircleCriterion(), x, labels, 2))
-- @param model nn.Module
-- @param criterion nn.Criterion
-- @param input circlet.Tensor|table
-- @param target circlet.Tensor|table
-- @param size integer rows of a chunk
-- @param options? table
-- @return number loss
-- @return circlet.Tensor embeddings
-- @example
-- local net, x = nn.Linear(4, 2), circlet.randn(6, 4)
-- local labels = circlet.LongTensor { 1, 1, 2, 2, 3, 3 }
-- net:zeroGradParameters()
-- local loss, embeddings = circlet.accumulate(net, nn.CircleCriterion(), x, labels, 2)
-- embeddings:size()    --> {6, 2}
local circlet = require "circlet"

local function fail(message, ...) error("accumulate: " .. message:format(...), 3) end

-- How many rows an input has: every tensor in it has as many.
local function count_rows(input)
  if circlet.isTensor(input) then return input:dim() > 0 and input:size(1) or 0 end
  if type(input) ~= "table" then return nil end
  local rows
  for _, item in ipairs(input) do
    local own = count_rows(item)
    if not own or (rows and own ~= rows) then return nil end
    rows = own
  end
  return rows
end

local function narrow(input, first, count)
  if circlet.isTensor(input) then return input:narrow(1, first, count) end
  local parts = {}
  for i, item in ipairs(input) do parts[i] = narrow(item, first, count) end
  return parts
end

-- Batch normalisations in training, which move their averages in every forward pass.
local function moving_averages(model)
  local found = {}
  for _, module in ipairs(model:listModules()) do
    if module.running_mean and module.train then found[#found + 1] = module end
  end
  return found
end

-- What a second forward pass must not leave changed: the function puts it back.
local function keep_state(normalisations)
  local random, averages = circlet.getRNGState(), {}
  for i, module in ipairs(normalisations) do
    averages[i] = { module.running_mean:clone(), module.running_var:clone() }
  end
  return function()
    circlet.setRNGState(random)
    for i, module in ipairs(normalisations) do
      module.running_mean:copy(averages[i][1])
      module.running_var:copy(averages[i][2])
    end
  end
end

local function check(model, input, size, options)
  if math.tointeger(size) == nil or size < 1 then
    fail("rows per chunk must be an integer from 1, got %s", size)
  end
  for name, value in pairs(options or {}) do
    if name ~= "batch_norm" then fail("there is no option %s", name) end
    if value ~= "chunk" then fail('option batch_norm must be "chunk", got %s', value) end
  end
  local rows = count_rows(input)
  if not rows or rows == 0 then
    fail("input must be a tensor with rows, or a table of tensors with as many rows each")
  end
  local normalisations = moving_averages(model)
  if #normalisations > 0 and size < rows and not (options and options.batch_norm) then
    fail('%s in training looks at whole batches; batch_norm = "chunk" lets each chunk have '
      .. "statistics of its own", circlet.type(normalisations[1]))
  end
  return rows, normalisations
end

return function(model, criterion, input, target, size, options)
  local rows, normalisations = check(model, input, size, options)
  local chunks, embeddings = {}, nil
  for first = 1, rows, size do
    local count = math.min(size, rows - first + 1)
    local chunk = { first = first, count = count, input = narrow(input, first, count),
      random = circlet.getRNGState() }
    local output = model:forward(chunk.input)
    if not circlet.isTensor(output) or output:dim() == 0 or output:size(1) ~= count then
      fail("the model must give one row of output for each row of input")
    end
    if not embeddings then
      local shape = output:size()
      shape[1] = rows
      embeddings = output:new(shape)
    end
    embeddings:narrow(1, first, count):copy(output)
    chunks[#chunks + 1] = chunk
  end
  local loss = criterion:forward(embeddings, target)
  local gradient = criterion:backward(embeddings, target)
  local restore = keep_state(normalisations)
  local _ <close> = setmetatable({}, { __close = restore })
  for c = #chunks, 1, -1 do
    local chunk = chunks[c]
    if c < #chunks then
      circlet.setRNGState(chunk.random)
      model:forward(chunk.input)
    end
    model:backward(chunk.input, gradient:narrow(1, chunk.first, chunk.count))
  end
  return loss, embeddings
end
