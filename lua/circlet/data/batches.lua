--- Plain batches: every sample once per epoch, in an order shuffled by (seed, epoch).
--
--     for b, indices in data.batches(60000, 128, 1, epoch) do ... end
local core = require "circlet.core"

--- Iterates over the batches of one epoch of `n` samples.
-- size: samples per batch, >= 1; seed: an integer (default 1); epoch: >= 0 (default 1).
-- options.drop_last: leave out a last batch of fewer than `size`; options.first: the batch to begin
-- at (default 1), for resuming. Yields the number of the batch and a LongTensor of 1-based indices.
-- @param n integer samples
-- @param size integer rows in a batch
-- @param seed? integer 1 by default
-- @param epoch? integer 1 by default
-- @param options? table
-- @option drop_last boolean leaves out a last batch that is smaller
-- @return function iterator number and rows (LongTensor)
-- @error Raises for sizes below 1.
-- @example
-- local count = 0
-- for b, rows in data.batches(5, 2, 1, 1) do count = count + rows:size(1) end
-- count    --> 5
return function(n, size, seed, epoch, options)
  if math.tointeger(size) == nil or size < 1 then
    error("batches: a batch of at least 1 sample expected, got " .. tostring(size), 2)
  end
  n = math.tointeger(n) or error("batches: a number of samples expected, got " .. tostring(n), 2)
  local order = core.sampling.shuffled(n, seed or 1, epoch or 1)
  local drop_last, b = options and options.drop_last, (options and options.first or 1) - 1
  return function()
    local first = b * size + 1
    local count = math.min(size, n - first + 1)
    if count < 1 or drop_last and count < size then return nil end
    b = b + 1
    return b, order:narrow(1, first, count):clone()
  end
end
