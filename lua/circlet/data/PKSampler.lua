--- Batches of P classes with K samples each, the usual diet of pair-wise losses.
--
--     local sampler = data.PKSampler(labels, 10, 8, { seed = 1 })
--     for b, indices in sampler:epoch(1) do ... end           -- indices: LongTensor [80]
--     local state = sampler:state()                           -- ... later, in another process:
--     sampler:restore(state)                                  -- the next batch is the same one
--
-- An epoch is floor(N / (P*K)) batches (at least one), or options.batches. In each batch the P
-- classes are different, and a sample comes at most once, unless its class has n < K samples: then
-- each of them comes floor(K/n) or ceil(K/n) times. Over an epoch a class is drawn from in
-- proportion to its size, at most once a batch, and no sample comes again before all others of its
-- class have come. So nothing repeats within an epoch as long as the classes hold P * batches
-- disjoint groups of K between them.
--
-- The batches of an epoch are a pure function of (labels, P, K, batches, seed, epoch): they depend
-- neither on circlet.manualSeed nor on what was drawn before.
-- @param labels circlet.Tensor [N] whole numbers from 1
-- @param P integer classes in a batch
-- @param K integer samples of each
-- @param options? table
-- @option seed integer 1 by default
-- @option batches integer batches in an epoch
-- @error Raises for fewer than P classes and for labels that are none.
-- @example
-- local sampler = data.PKSampler(circlet.LongTensor { 1, 1, 2, 2, 3, 3 }, 2, 2)
-- sampler:get(1, 1):size()    --> {4}
local core = require "circlet.core"
local class = require "circlet.class"

local PKSampler = class "data.PKSampler"

local function check_integer(name, value, least)
  local integer = math.tointeger(value)
  if type(value) ~= "number" or not integer or integer < least or integer > 2 ^ 53 then
    error(("PKSampler: %s must be an integer >= %d, got %s"):format(name, least,
      tostring(value)), 3)
  end
  return integer
end

local options_known = { seed = true, batches = true }

--- labels: [N], integers >= 1 of any type. P: classes per batch, K: samples per class.
-- options.seed (default 1, 0..2^53), options.batches per epoch.
-- Raises when there are fewer than P classes, and for a label that is 0 or a fraction.
function PKSampler:__init(labels, P, K, options)
  options = options or {}
  for key in pairs(options) do
    if not options_known[key] then
      error("PKSampler: there is no option " .. tostring(key), 3)
    end
  end
  if not core.isTensor(labels) then
    error("PKSampler: labels must be a tensor, got " .. type(labels), 3)
  end
  self.P, self.K = check_integer("P", P, 1), check_integer("K", K, 1)
  self.seed = check_integer("option seed", options.seed or 1, 0)
  self.order, self.start, self.classes = core.sampling.group(labels)
  local found = self.classes:nElement()
  if found < self.P then
    error(("PKSampler: %d classes per batch asked for, the labels have %d"):format(self.P,
      found), 3)
  end
  local whole = self.order:nElement() // (self.P * self.K)
  self.batches = check_integer("option batches", options.batches or math.max(whole, 1), 1)
  self:seek(1, 1)
end

--- Batches per epoch.
-- @return integer batches
-- @example
-- local sampler = data.PKSampler(circlet.LongTensor { 1, 1, 2, 2, 3, 3 }, 2, 2)
-- sampler:size() >= 1    --> true
function PKSampler:size() return self.batches end

--- Batch `b` of epoch `epoch` (both from 1): a LongTensor [P*K] of indices, K in a row per class.
-- @param epoch integer from 1
-- @param b integer from 1
-- @return circlet.LongTensor rows [P*K]
-- @error Raises for a batch that the epoch does not have.
-- @example
-- local sampler = data.PKSampler(circlet.LongTensor { 1, 1, 2, 2, 3, 3 }, 2, 2)
-- sampler:get(2, 1) ~= sampler:get(3, 1)    --> true
function PKSampler:get(epoch, b)
  epoch, b = check_integer("the epoch", epoch, 1), check_integer("the batch", b, 1)
  if b > self.batches then
    error(("PKSampler: batch %d of an epoch of %d"):format(b, self.batches), 2)
  end
  if self.planned ~= epoch then
    self.plan = core.sampling.pk_epoch(self.order, self.start, self.P, self.K, self.batches,
      self.seed, epoch)
    self.planned = epoch
  end
  return self.plan:narrow(1, b, 1):clone():view(self.P * self.K)
end

--- Makes batch `b` of epoch `epoch` the next one.
-- @param epoch integer from 1
-- @param b integer from 1
-- @return circlet.data.PKSampler self
-- @example
-- local sampler = data.PKSampler(circlet.LongTensor { 1, 1, 2, 2, 3, 3 }, 2, 2)
-- sampler:seek(3, 1)
-- select(2, sampler:next())    --> 3  1
function PKSampler:seek(epoch, b)
  self.next_epoch, self.next_batch = check_integer("the epoch", epoch, 1),
    check_integer("the batch", b, 1)
  return self
end

--- The next batch, without end: indices, epoch, batch.
-- @return circlet.LongTensor rows
-- @return integer epoch
-- @return integer batch
-- @example
-- local sampler = data.PKSampler(circlet.LongTensor { 1, 1, 2, 2, 3, 3 }, 2, 2)
-- select(2, sampler:next())    --> 1  1
function PKSampler:next()
  local epoch, b = self.next_epoch, self.next_batch
  local indices = self:get(epoch, b)
  if b < self.batches then self:seek(epoch, b + 1) else self:seek(epoch + 1, 1) end
  return indices, epoch, b
end

--- Iterates over one epoch from batch `first` (default 1) on; yields number and indices.
-- @param epoch integer from 1
-- @param first? integer 1 by default
-- @return function iterator
-- @example
-- local sampler = data.PKSampler(circlet.LongTensor { 1, 1, 2, 2, 3, 3 }, 2, 2)
-- for b, rows in sampler:epoch(1) do assert(rows:size(1) == 4) end
function PKSampler:epoch(epoch, first)
  self:seek(epoch, first or 1)
  return function()
    if self.next_epoch ~= epoch or self.next_batch > self.batches then return nil end
    local indices, _, b = self:next()
    return b, indices
  end
end

--- Where the sampler stands, as a table of numbers for a checkpoint.
-- @return table state
-- @example
-- local sampler = data.PKSampler(circlet.LongTensor { 1, 1, 2, 2, 3, 3 }, 2, 2)
-- type(sampler:state())    --> table
function PKSampler:state()
  return {
    epoch = self.next_epoch, batch = self.next_batch, seed = self.seed, P = self.P, K = self.K,
    batches = self.batches, samples = self.order:nElement(), classes = self.classes:nElement(),
  }
end

--- Goes on where state() was taken. Raises when the sampler is made for other batches.
-- @param state table
-- @error Raises for the state of another sampler.
-- @return circlet.data.PKSampler self
-- @example
-- local sampler = data.PKSampler(circlet.LongTensor { 1, 1, 2, 2, 3, 3 }, 2, 2)
-- local state = sampler:state()
-- local rows = sampler:next()
-- sampler:restore(state)
-- circlet.equal(rows, (sampler:next()))    --> true
function PKSampler:restore(state)
  local own = self:state()
  for _, key in ipairs { "seed", "P", "K", "batches", "samples", "classes" } do
    if own[key] ~= state[key] then
      error(("PKSampler: the state was taken with %s = %s, here it is %s"):format(key,
        tostring(state[key]), tostring(own[key])), 2)
    end
  end
  return self:seek(state.epoch, state.batch)
end

function PKSampler:__tostring()
  return ("data.PKSampler(%d classes x %d samples, %d batches an epoch)"):format(self.P, self.K,
    self.batches)
end

return PKSampler
