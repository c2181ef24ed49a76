--- What the facts of a loss warn of. It costs nothing: the facts are there after every step.
--
--     local loss, gradient, info = circlet.circle_loss(x, labels, { diagnostics = true })
--     for _, warning in ipairs(circlet.diagnose(info)) do print(warning) end

-- Similarities of unit rows this close to 1 and to each other come from rows that are nearly one.
local COLLAPSED, APART = 0.95, 0.01

--- A list of sentences about `info`, the third result of a pair-wise loss or the field of a
-- criterion after forward; empty when nothing is wrong:
--   anchors without a positive (a sampler gave their class one sample) or without a negative,
--   which have no loss and no gradient;
--   s_p and s_n collapsed together: both means above 0.95 and less than 0.01 apart, as when all
--   embeddings point one way (of cosine similarities; others have no such bound).
-- @param info table
-- @return string[] warnings
-- @error Raises for what are no facts of a loss.
-- @example
-- local _, _, info = circlet.circle_loss(circlet.randn(4, 2), circlet.LongTensor { 1, 1, 2, 3 })
-- #circlet.diagnose(info)    --> 1
return function(info)
  local list = {}
  if type(info) ~= "table" or not info.n_anchors then
    error("diagnose: the facts of a loss expected, got " .. type(info), 2)
  end
  for _, kind in ipairs { "positive", "negative" } do
    local count = info["n_without_" .. kind] or 0
    if count > 0 then
      list[#list + 1] = ("%d of %d anchors have no %s, and so no loss and no gradient")
        :format(count, info.n_anchors, kind)
    end
  end
  if info.mean_sp > COLLAPSED and info.mean_sn > COLLAPSED
    and info.mean_sp - info.mean_sn < APART then
    list[#list + 1] = ("s_p and s_n have collapsed together: their means are %.4f and %.4f")
      :format(info.mean_sp, info.mean_sn)
  end
  return list
end
