--- Where samples lie in the plane of s_n and s_p under a class-level loss: the similarity of each
-- to its own class vector, and to the most similar of the others.
--
-- @param embeddings circlet.Tensor [N, D] Float
-- @param labels circlet.LongTensor [N]
-- @param vectors circlet.Tensor [C, D], of as many classes (criterion.weight), C >= 2
-- @return number[] s_n
-- @return number[] s_p
-- @internal
local check = require "circlet.plot.check"
local circlet = require "circlet"

local OUT = -3 -- below every cosine

return function(embeddings, labels, vectors)
  local n = embeddings:size(1)
  -- On the CPU, wherever the model was trained.
  local similar = circlet.mm(check.normalized(embeddings:float()),
    check.normalized(vectors:float()):t())
  local own = labels:view(n, 1)
  local s_p = similar:gather(2, own):view(-1):totable()
  local s_n = similar:scatter(2, own, OUT):max(2):view(-1):totable()
  return s_n, s_p
end
