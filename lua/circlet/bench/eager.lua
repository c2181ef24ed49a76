--- Circle Loss as a framework computes it: every step a whole matrix operation, every matrix kept
-- until it has been used. What the streaming engine is measured against, in the same tensors.
--
-- The gradient holds the weights alpha fixed; the loss is the mean over all rows, so each row must
-- have a positive and a negative.
local circlet = require "circlet"

local eager = {}

local huge = math.huge

-- x: [B,D] -> rows of length 1 and the lengths as [B,1].
local function normalised(x)
  local length = x:norm(2, 2)
  return circlet.cdiv(x, length:expandAs(x)), length
end

-- The gradient of the rows from that of the normalised rows, in place.
local function through_normalisation(gradient, unit, length)
  local along = circlet.cmul(gradient, unit):sum(2)
  return gradient:addcmul(-1, along:expandAs(unit), unit):cdiv(length:expandAs(unit))
end

-- Row-wise log-sum-exp [B,1] of logits: [B,C]; the logits become their softmax.
local function log_sum_exp(logits)
  local largest = circlet.max(logits, 2)
  local sum = logits:csub(largest:expandAs(logits)):exp():sum(2)
  logits:cdiv(sum:expandAs(logits))
  return largest:add(sum:log())
end

-- softplus(z) and its derivative for z: [B,1].
local function softplus(z)
  local tail = circlet.exp(-circlet.abs(z)):add(1):log()
  return circlet.cmax(z, 0):add(tail), circlet.sigmoid(z)
end

-- s, positive (ByteTensor), negative (ByteTensor): [B,C] -> mean loss, d loss / d s
local function from_similarities(s, positive, negative, m, gamma)
  local rows = s:size(1)
  local alpha_p, alpha_n = (-s):add(1 + m):clamp(0, huge), circlet.add(s, m):clamp(0, huge)
  local p = circlet.add(s, m - 1):cmul(alpha_p):mul(-gamma)
  local n = circlet.add(s, -m):cmul(alpha_n):mul(gamma)
  p:maskedFill(circlet.eq(positive, 0), -huge)
  n:maskedFill(circlet.eq(negative, 0), -huge)
  local loss, slope = softplus(log_sum_exp(p):add(log_sum_exp(n)))
  slope:mul(gamma / rows)
  n:cmul(alpha_n):addcmul(-1, p, alpha_p):cmul(slope:expandAs(n))
  return circlet.mean(loss), n
end

--- Pair-wise labels, as circlet.circle_loss. x: [B,D] FloatTensor, labels: [B] LongTensor.
-- Returns the loss and its gradient [B,D].
function eager.pair(x, labels, m, gamma)
  local rows = x:size(1)
  local unit, length = normalised(x)
  local s = circlet.mm(unit, unit:t())
  local columns = labels:view(1, rows):expand(rows, rows)
  local positive = circlet.eq(labels:view(rows, 1):expand(rows, rows), columns)
  local negative = circlet.eq(positive, 0)
  local itself = positive:new(positive:storage(), 1, rows, rows + 1) -- the diagonal
  itself:zero()
  local loss, weight = from_similarities(s, positive, negative, m, gamma)
  local gradient = circlet.mm(weight, unit):addmm(weight:t(), unit)
  return loss, through_normalisation(gradient, unit, length)
end

--- Class-level labels, as circlet.circle_class_loss. x: [B,D], labels: [B], w: [C,D].
-- Returns the loss and its gradients [B,D] and [C,D].
function eager.class(x, labels, w, m, gamma)
  local rows, classes = x:size(1), w:size(1)
  local unit, length = normalised(x)
  local w_unit, w_length = normalised(w)
  local s = circlet.mm(unit, w_unit:t())
  local positive = circlet.ByteTensor(rows, classes):zero()
  positive:scatter(2, labels:view(rows, 1), 1)
  local negative = circlet.eq(positive, 0)
  local loss, weight = from_similarities(s, positive, negative, m, gamma)
  local gradient = circlet.mm(weight, w_unit)
  local w_gradient = circlet.mm(weight:t(), unit)
  return loss, through_normalisation(gradient, unit, length),
    through_normalisation(w_gradient, w_unit, w_length)
end

return eager
