--- Verification by folds, as Labeled Faces in the Wild prescribes it.
--
--     local pairs = assert(circlet.data.lfw_pairs("pairs.txt", rows))
--     circlet.metrics.lfw(embeddings, pairs [, options])
--
-- embeddings: [N, D] Float or Double. pairs: a table of tensors with one element for each pair, of
-- any type: `first` and `second` (rows of embeddings), `same` (1 or 0) and `fold` (from 1). In turn
-- each fold is tested with thresholds that the other folds chose; a pair is taken for the same
-- identity when its similarity is at least the threshold. Returns
--   accuracy         mean over folds of the share of pairs that are decided rightly
--   accuracy_std     its standard deviation over the folds (divided by their number)
--   accuracy_error   standard error of the mean: sample deviation / root of the number of folds
--   val, val_std     mean and deviation of VAL: the share of genuine pairs accepted at the
--                    threshold for the rate `far`
--   far              mean share of impostors accepted there
--   folds            list of { accuracy, threshold, val, far, far_threshold, n }
--
-- Options: far, the rate for VAL (default 1e-3); similarity: "cosine" (default), "dot", or
-- "euclidean" (then thresholds are distances, and distances up to them are accepted).
--
-- The threshold for accuracy decides most of the other folds' pairs rightly; it lies halfway
-- between two of their similarities (or is infinite), of several equally good ones the strictest.
-- The threshold for VAL is the least similarity of theirs that accepts at most a share `far` of
-- their impostors, infinite when there is none. Equal similarities are decided together.
--
-- Raises for rows beyond the embeddings, NaN and infinities, fewer than two folds, and a fold
-- without a genuine pair or without an impostor.
-- Huang, Ramesh, Berg and Learned-Miller, "Labeled Faces in the Wild", 2007 (view 2); VAL: Schroff,
-- Kalenichenko and Philbin, "FaceNet", CVPR 2015.
--
--     local x = circlet.DoubleTensor { { 1, 0 }, { 2, 0.1 }, { 0, 1 }, { 0.1, 3 } }
--     local pairs = { first = { 1, 1, 3, 2 }, second = { 2, 3, 4, 4 }, same = { 1, 0, 1, 0 },
--       fold = { 1, 1, 2, 2 } }
--     for name, list in next, pairs do pairs[name] = circlet.LongTensor(list) end
--     print(circlet.metrics.lfw(x, pairs).accuracy)      -- 1.0
-- @param x circlet.Tensor [N, D] Float or Double
-- @param pairs table {first, second, same, fold}, as data.lfw_pairs gives them
-- @param options? table
-- @return table measures
-- @example
-- local x = circlet.DoubleTensor { { 1, 0 }, { 2, 0.1 }, { 0, 1 }, { 0.1, 3 } }
-- local pairs = { first = { 1, 1, 3, 3 }, second = { 2, 3, 4, 2 }, same = { 1, 0, 1, 0 },
--   fold = { 1, 1, 2, 2 } }
-- for name, list in next, pairs do pairs[name] = circlet.LongTensor(list) end
-- metrics.lfw(x, pairs, { far = 0.5 }).accuracy    --> 1.0
local circlet = require "circlet"

local CHUNK = 4096 -- pairs whose rows are copied at a time

local function fail(message, ...) error("lfw: " .. message:format(...), 3) end

local measures = {}

function measures.dot(a, b) return a:cmul(b):sum(2) end

function measures.cosine(a, b)
  local norms = a:norm(2, 2):cmul(b:norm(2, 2))
  norms[norms:eq(0)] = 1 -- a zero row is at 0 from everything
  return a:cmul(b):sum(2):cdiv(norms)
end

function measures.euclidean(a, b) return a:add(-1, b):norm(2, 2):mul(-1) end

local function check_tensor(pairs, name, count)
  local t = pairs[name]
  if not circlet.isTensor(t) then fail("pairs.%s must be a tensor, got %s", name, type(t)) end
  if count and t:nElement() ~= count then
    fail("pairs.%s must have %d elements, one per pair, got %d", name, count, t:nElement())
  end
  return t:double():contiguous():view(-1):totable()
end

local function check_whole(list, name, least, most)
  for i, v in ipairs(list) do
    if not (v >= least and v <= most and v == math.floor(v)) then
      fail("pairs.%s must hold integers from %d%s, got %g at %d", name, least,
        most < math.huge and (" to %d"):format(most) or "", v, i)
    end
  end
end

-- The similarity of each pair.
local function similarities(x, first, second, kind)
  local list = {}
  for from = 1, #first, CHUNK do
    local to = math.min(from + CHUNK - 1, #first)
    local a = x:index(1, circlet.LongTensor { table.unpack(first, from, to) }):double()
    local b = x:index(1, circlet.LongTensor { table.unpack(second, from, to) }):double()
    local s = measures[kind](a, b):view(-1):totable()
    table.move(s, 1, #s, from, list)
  end
  for i, s in ipairs(list) do
    if s ~= s or s == math.huge or s == -math.huge then
      fail("rows %d and %d have no finite similarity", first[i], second[i])
    end
  end
  return list
end

-- What accepting down to each similarity of the pairs outside of a fold does: a list, strictest
-- first, of { s =, right = pairs decided rightly, wrongly = impostors accepted }.
local function steps(order, s, same, fold, left_out, impostors)
  local list, right, wrongly = {}, impostors, 0
  for _, pair in ipairs(order) do
    if fold[pair] ~= left_out then
      if same[pair] == 1 then right = right + 1 else right, wrongly = right - 1, wrongly + 1 end
      local last = list[#list]
      if last and last.s == s[pair] then
        last.right, last.wrongly = right, wrongly
      else
        list[#list + 1] = { s = s[pair], right = right, wrongly = wrongly }
      end
    end
  end
  return list
end

-- The thresholds for accuracy and for VAL.
local function choose(list, impostors, far)
  local best, at, val_threshold = impostors, 0, math.huge -- nothing accepted
  for i, step in ipairs(list) do
    if step.right > best then best, at = step.right, i end
    if step.wrongly / impostors <= far then val_threshold = step.s end
  end
  if at == 0 then return math.huge, val_threshold end
  if at == #list then return -math.huge, val_threshold end
  local accepted, refused = list[at].s, list[at + 1].s
  local middle = refused + (accepted - refused) / 2
  return middle > refused and middle or accepted, val_threshold
end

local function test_fold(s, same, fold, tested, threshold, val_threshold)
  local n, right, genuine, accepted, wrongly = 0, 0, 0, 0, 0
  for i = 1, #s do
    if fold[i] == tested then
      n, genuine = n + 1, genuine + same[i]
      if (s[i] >= threshold) == (same[i] == 1) then right = right + 1 end
      if s[i] >= val_threshold then
        accepted, wrongly = accepted + same[i], wrongly + 1 - same[i]
      end
    end
  end
  return { n = n, accuracy = right / n, val = accepted / genuine, far = wrongly / (n - genuine) }
end

local function mean_and_deviation(list, field)
  local sum, squares = 0, 0
  for _, f in ipairs(list) do sum = sum + f[field] end
  local mean = sum / #list
  for _, f in ipairs(list) do squares = squares + (f[field] - mean) ^ 2 end
  return mean, math.sqrt(squares / #list)
end

local function read_options(options)
  local kind, far = "cosine", 1e-3
  for name, value in next, options or {} do
    if name == "similarity" then
      if not measures[value] then
        fail("option similarity must be one of cosine, dot, euclidean, got %s", value)
      end
      kind = value
    elseif name == "far" then
      if type(value) ~= "number" or not (value >= 0 and value <= 1) then
        fail("option far must be a number from 0 to 1, got %s", value)
      end
      far = value
    else
      fail("there is no option %s", name)
    end
  end
  return kind, far
end

-- The impostors of each fold, and of all at [0].
local function count_impostors(same, fold)
  local genuine, impostors, folds = {}, { [0] = 0 }, 0
  for i, f in ipairs(fold) do
    folds = math.max(folds, f)
    genuine[f] = (genuine[f] or 0) + same[i]
    impostors[f] = (impostors[f] or 0) + 1 - same[i]
    impostors[0] = impostors[0] + 1 - same[i]
  end
  if folds < 2 then fail("two folds or more expected, got %d", folds) end
  for f = 1, folds do
    if (genuine[f] or 0) == 0 or impostors[f] == 0 then
      fail("fold %d must hold genuine pairs and impostors", f)
    end
  end
  return impostors, folds
end

return function(x, pairs, options)
  local kinds = { ["circlet.FloatTensor"] = true, ["circlet.DoubleTensor"] = true }
  if not circlet.isTensor(x) or x:dim() ~= 2 or not kinds[x:type()] then
    fail("embeddings must be a Float or Double tensor of two dimensions")
  end
  if type(pairs) ~= "table" then fail("pairs must be a table, got %s", type(pairs)) end
  local kind, far = read_options(options)
  local first = check_tensor(pairs, "first")
  local second = check_tensor(pairs, "second", #first)
  local same, fold = check_tensor(pairs, "same", #first), check_tensor(pairs, "fold", #first)
  check_whole(first, "first", 1, x:size(1))
  check_whole(second, "second", 1, x:size(1))
  check_whole(same, "same", 0, 1)
  check_whole(fold, "fold", 1, math.max(#first, 1))
  local impostors, folds = count_impostors(same, fold)
  local s, order, results = similarities(x, first, second, kind), {}, {}
  for i = 1, #s do order[i] = i end
  table.sort(order, function(a, b) return s[a] > s[b] end)
  for f = 1, folds do
    local others = impostors[0] - impostors[f]
    local threshold, val_threshold = choose(steps(order, s, same, fold, f, others), others, far)
    local result = test_fold(s, same, fold, f, threshold, val_threshold)
    local sign = kind == "euclidean" and -1 or 1
    result.threshold, result.far_threshold = sign * threshold, sign * val_threshold
    results[f] = result
  end
  local accuracy, deviation = mean_and_deviation(results, "accuracy")
  local val, val_std = mean_and_deviation(results, "val")
  return { accuracy = accuracy, accuracy_std = deviation,
    accuracy_error = deviation / math.sqrt(folds - 1), val = val, val_std = val_std,
    far = (mean_and_deviation(results, "far")), folds = results }
end
