--- A line search for the strong Wolfe conditions:
-- `f, df, x, t, evaluations = optim.lswolfe(opfunc, x, t, d, f, df, slope [, options])`.
--
-- Looks for a step t, at first as given, from x along d such that f(x + t d) <= f + c1 t slope and
-- |slope at x + t d| <= c2 |slope|, where slope = df . d is below 0; brackets such a step, then
-- narrows the bracket with cubic interpolation (Nocedal and Wright, "Numerical Optimization",
-- Algorithms 3.5 and 3.6). options: c1 (1e-4), c2 (0.9), tolX (1e-9, the least width of a bracket),
-- maxIter (20). x becomes x + t d, whose f and df are returned; when no such step is found, that of
-- the least f. Raises for a slope that is not below 0.
-- @param opfunc function gets x, gives f(x) and df/dx
-- @param x circlet.Tensor where the search begins; x + t d when it ends
-- @param t number the first step
-- @param d circlet.Tensor the direction
-- @param f number at x
-- @param df circlet.Tensor at x
-- @param slope number df . d, below 0
-- @param options? table
-- @return number f
-- @return circlet.Tensor df
-- @return circlet.Tensor x
-- @return number t
-- @return integer evaluations
-- @example
-- local function square(p) return p[1] ^ 2, p * 2 end
-- local x = circlet.DoubleTensor { 3 }
-- local down, slope = circlet.DoubleTensor { -6 }, circlet.DoubleTensor { 6 }
-- local f = optim.lswolfe(square, x, 0.5, down, 9, slope, -36)
-- f < 9    --> true
local arguments = require "circlet.optim.arguments"
local number = arguments.number

-- Where the cubic with the values and slopes of a and b has its minimum, kept within [low, high].
local function minimum(a, b, low, high)
  local d1 = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t)
  local square = d1 * d1 - a.slope * b.slope
  if square < 0 or square ~= square then return (low + high) / 2 end
  local left, right = a, b
  if a.t > b.t then left, right = b, a end
  local d2 = math.sqrt(square)
  local t = right.t - (right.t - left.t) * (right.slope + d2 - d1)
    / (right.slope - left.slope + 2 * d2)
  if t ~= t then return (low + high) / 2 end
  return math.min(math.max(t, low), high)
end

return function(opfunc, x, t, d, f, df, slope, options)
  options = options or {}
  local c1 = number("lswolfe", options, "c1", 1e-4)
  local c2 = number("lswolfe", options, "c2", 0.9)
  local tol_x = number("lswolfe", options, "tolX", 1e-9)
  local max_iter = number("lswolfe", options, "maxIter", 20)
  if slope >= 0 or slope ~= slope then
    error(("lswolfe: the slope along d must be below 0, got %g"):format(slope), 2)
  end

  local start, evaluations = x:clone(), 0
  local function probe(step)
    x:copy(start):add(step, d)
    local value, gradient = arguments.evaluate("lswolfe", opfunc, x)
    evaluations = evaluations + 1
    return { t = step, f = value, df = gradient:clone(), slope = gradient:dot(d) }
  end
  local origin = { t = 0, f = f, df = df:clone(), slope = slope }
  local function enough(p) return p.f <= f + c1 * p.t * slope end
  local function flat(p) return math.abs(p.slope) <= -c2 * slope end

  -- Steps grow until they are good, or the last two hold a good one between them.
  local before, point, best, other = origin, probe(t), nil, nil
  for i = 1, max_iter do
    if not enough(point) or i > 1 and point.f >= before.f or point.f ~= point.f then
      best, other = before, point
    elseif flat(point) then
      best = point
    elseif point.slope >= 0 then
      best, other = point, before
    end
    if best then break end
    local longer = minimum(before, point, point.t + 0.01 * (point.t - before.t), 10 * point.t)
    before, point = point, probe(longer)
  end
  best = best or point

  while other and evaluations < max_iter do
    local low, high = math.min(best.t, other.t), math.max(best.t, other.t)
    if (high - low) * math.abs(slope) < tol_x then break end
    local margin = 0.1 * (high - low) -- an interpolation at an end of the bracket gains nothing
    local new = probe(minimum(best, other, low + margin, high - margin))
    if not enough(new) or new.f >= best.f or new.f ~= new.f then
      other = new
    elseif flat(new) then
      best, other = new, nil
    else
      if new.slope * (other.t - best.t) >= 0 then other = best end
      best = new
    end
  end
  x:copy(start):add(best.t, d)
  return best.f, best.df, x, best.t, evaluations
end
