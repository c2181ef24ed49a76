--- The cosine of rows and its gradients, for nn.CosineDistance and nn.CosineEmbeddingCriterion. To
-- each squared norm 1e-12 is added, as in Torch7: zero rows have cosine 0 and a finite gradient.
local cosine = {}

local EPSILON = 1e-12

--- x, y: [B, D] -> cosines [B, 1], and what gradients need.
function cosine.forward(x, y)
  local xy = x:clone():cmul(y):sum(2)
  local inverse_x = x:clone():cmul(x):sum(2):add(EPSILON):rsqrt()
  local inverse_y = y:clone():cmul(y):sum(2):add(EPSILON):rsqrt()
  return xy:cmul(inverse_x):cmul(inverse_y), { inverse_x, inverse_y }
end

--- Gradients with respect to x and y of the sum over rows of g [B, 1] times the cosine c [B, 1].
function cosine.backward(x, y, c, kept, g)
  local inverse_x, inverse_y = kept[1], kept[2]
  local both = inverse_x:clone():cmul(inverse_y):cmul(g)
  local function gradient(own, other, inverse)
    local pull = c:clone():cmul(inverse):cmul(inverse):cmul(g)
    local result = other:clone():cmul(both:expandAs(other))
    return result:addcmul(-1, own, pull:expandAs(own))
  end
  return gradient(x, y, inverse_x), gradient(y, x, inverse_y)
end

return cosine
