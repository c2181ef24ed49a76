--- nn.CircleSimilarityCriterion(m, gamma [, options]): Circle Loss of given similarities.
--
-- Input {s_p, s_n}: similarities of one anchor to its positives [K] and negatives [L], or of B
-- anchors, [B,K] and [B,L]. There is no target. gradInput is a table of two, sized alike. Options:
-- aggregate, reduction, through_alpha.
-- @param m? number 0.25 by default
-- @param gamma? number 256 by default
-- @param options? table aggregate, reduction, through_alpha
-- @error Raises for inputs of other types or shapes, naming what came.
-- @example
-- local criterion = nn.CircleSimilarityCriterion(0.25, 1)
-- criterion:forward { circlet.Tensor { 0.8 }, circlet.Tensor { 0.8 } }    --> 1.0087
local core = require "circlet.core"
local class = require "circlet.class"
local circle = require "circlet.nn.circle"
require "circlet.nn.Criterion"

local CircleSimilarityCriterion, parent = class("nn.CircleSimilarityCriterion", "nn.Criterion")

function CircleSimilarityCriterion:__init(m, gamma, options)
  parent.__init(self)
  circle.configure(self, m or 0.25, gamma or 256, options)
  self.gradInput = {}
end

function CircleSimilarityCriterion:updateOutput(input)
  self.output, self.gradients, self.info =
    core.circle_similarity_loss(input, circle.options(self))
  return self.output
end

function CircleSimilarityCriterion:updateGradInput(input)
  if not self.gradients then
    error("nn.CircleSimilarityCriterion: backward needs a forward pass first", 2)
  end
  for i = 1, 2 do
    self.gradInput[i] = circle.buffer(self.gradInput[i], input[i])
    self.gradInput[i]:resizeAs(self.gradients[i]):copy(self.gradients[i])
  end
  return self.gradInput
end

function CircleSimilarityCriterion:__tostring()
  return ("nn.CircleSimilarityCriterion(m=%g, gamma=%g)"):format(self.m, self.gamma)
end

return CircleSimilarityCriterion
