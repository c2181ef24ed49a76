--- optim.ConfusionMatrix(classes): how often each class is taken for each other.
--
-- classes: their number, or a list of names. `mat` [C, C] counts: row = right class, column = the
-- class that was predicted.
--
--     local confusion = optim.ConfusionMatrix { "cat", "dog" }
--     confusion:add(scores, 2)                  -- an example: scores [C] or a class, its class
--     confusion:batchAdd(scores, labels)        -- [B, C] or [B], and [B]
--     print(confusion)                          -- the table, and the figures below
--     confusion:zero()
--
-- updateValids() (print does it) computes valids [C] (right of all in a row; NaN for a class that
-- did not occur), unionvalids [C] (right, of all that are or are taken for the class), averageValid
-- and averageUnionValid (means over classes that have one) and totalValid (right of all). Raises
-- for classes out of range.
-- @param classes integer|string[] how many, or their names
-- @param names? string[]
-- @example
-- local matrix = optim.ConfusionMatrix(2)
-- matrix:add(1, 1)
-- matrix:add(2, 1)
-- matrix:updateValids()
-- matrix.totalValid    --> 0.5
local circlet = require "circlet"
local class = require "circlet.class"

local ConfusionMatrix = class("optim.ConfusionMatrix")

function ConfusionMatrix:__init(classes, names)
  if type(classes) == "table" then classes, names = #classes, classes end
  if math.type(classes) ~= "integer" and (type(classes) ~= "number" or classes % 1 ~= 0)
    or classes < 1 then
    error("optim.ConfusionMatrix: the number of classes or a list of names expected, got "
      .. tostring(classes), 2)
  end
  self.nclasses, self.classes = math.tointeger(classes), {}
  for i = 1, self.nclasses do self.classes[i] = names and tostring(names[i]) or tostring(i) end
  self.mat = circlet.LongTensor(self.nclasses, self.nclasses)
  self:zero()
end

--- Forgets everything that was counted; returns self.
-- @return optim.ConfusionMatrix self
-- @example
-- optim.ConfusionMatrix(2):zero().mat:sum()    --> 0
function ConfusionMatrix:zero()
  self.mat:zero()
  self.valids = circlet.DoubleTensor(self.nclasses):zero()
  self.unionvalids = self.valids:clone()
  self.averageValid, self.averageUnionValid, self.totalValid = 0, 0, 0
  return self
end

-- A class from a number, or from scores [C].
local function class_of(self, what, value)
  if circlet.isTensor(value) then
    if value:nElement() == 1 and self.nclasses > 1 then
      value = value:contiguous():view(-1)[1]
    else
      if value:nElement() ~= self.nclasses then
        error(("optim.ConfusionMatrix: %s must be a class or %d scores, got %d"):format(what,
          self.nclasses, value:nElement()), 4)
      end
      local _, at = value:contiguous():view(-1):max(1)
      value = at[1]
    end
  end
  local whole = type(value) == "number" and math.tointeger(value)
  if not whole or whole < 1 or whole > self.nclasses then
    error(("optim.ConfusionMatrix: %s must be a class from 1 to %d, got %s"):format(what,
      self.nclasses, tostring(value)), 4)
  end
  return whole
end

local function count(self, prediction, target)
  local t, p = class_of(self, "target", target), class_of(self, "prediction", prediction)
  self.mat[t][p] = self.mat[t][p] + 1
end

--- Counts one example.
-- @param prediction integer|circlet.Tensor a class, or scores [C]
-- @param target integer|circlet.Tensor
-- @error Raises for classes that it does not have.
-- @example
-- local matrix = optim.ConfusionMatrix(2)
-- matrix:add(circlet.Tensor { 0.1, 0.9 }, 2)
-- matrix.mat    --> {{0, 0}, {0, 1}}
function ConfusionMatrix:add(prediction, target) count(self, prediction, target) end

--- Counts a batch; both are [B], or [B, C] of scores.
-- @param predictions circlet.Tensor
-- @param targets circlet.Tensor
-- @error Raises for classes that it does not have and for batches of different sizes.
-- @example
-- local matrix = optim.ConfusionMatrix(2)
-- matrix:batchAdd(circlet.LongTensor { 1, 2 }, circlet.LongTensor { 1, 1 })
-- matrix.mat    --> {{1, 1}, {0, 0}}
function ConfusionMatrix:batchAdd(predictions, targets)
  if not circlet.isTensor(predictions) or not circlet.isTensor(targets)
    or predictions:dim() < 1 or targets:dim() < 1 or predictions:size(1) ~= targets:size(1) then
    error("optim.ConfusionMatrix: batchAdd expects two tensors of as many rows", 2)
  end
  for i = 1, predictions:size(1) do count(self, predictions[i], targets[i]) end
end

--- Computes the shares of right answers, `valids` by class and `totalValid`.
-- @example
-- local matrix = optim.ConfusionMatrix(2)
-- matrix:add(1, 1)
-- matrix:add(2, 1)
-- matrix:updateValids()
-- matrix.totalValid    --> 0.5
function ConfusionMatrix:updateValids()
  local total, sums, counts = 0, { 0, 0 }, { 0, 0 }
  for c = 1, self.nclasses do
    local right = self.mat[c][c]
    local row, column = self.mat:select(1, c):sum(), self.mat:select(2, c):sum()
    local ratios = { right / row, right / (row + column - right) }
    self.valids[c], self.unionvalids[c] = ratios[1], ratios[2]
    for k, ratio in ipairs(ratios) do
      if ratio == ratio then sums[k], counts[k] = sums[k] + ratio, counts[k] + 1 end
    end
    total = total + right
  end
  self.averageValid = sums[1] / math.max(1, counts[1])
  self.averageUnionValid = sums[2] / math.max(1, counts[2])
  self.totalValid = total / math.max(1, self.mat:sum())
end

function ConfusionMatrix:__tostring()
  self:updateValids()
  local width = #tostring(self.mat:max()) + 1
  local lines = { "ConfusionMatrix:" }
  for r = 1, self.nclasses do
    local cells = {}
    for c = 1, self.nclasses do cells[c] = ("%" .. width .. "d"):format(self.mat[r][c]) end
    lines[#lines + 1] = ("%s[%s ]  %7.3f%%  [class: %s]"):format(r == 1 and "[" or " ",
      table.concat(cells), 100 * self.valids[r], self.classes[r])
  end
  lines[#lines] = lines[#lines] .. "]"
  lines[#lines + 1] = (" + average row correct: %.4f%%"):format(100 * self.averageValid)
  lines[#lines + 1] = (" + average rowUcol correct (VOC measure): %.4f%%"):format(
    100 * self.averageUnionValid)
  lines[#lines + 1] = (" + global correct: %.4f%%"):format(100 * self.totalValid)
  return table.concat(lines, "\n")
end

return ConfusionMatrix
