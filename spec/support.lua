-- What specs share: tolerances with their arithmetic, tensors in awkward layouts, error checks.

local support = {}

--- Relative spacing of float32 and float64, the units in which tolerances are derived.
support.epsilon = { Float = 2 ^ -23, Double = 2 ^ -52 }

support.real_types = { "Float", "Double" }
support.types = { "Float", "Double", "Long", "Int", "Byte", "Short", "Char" }

--- The elements of any tensor as a flat Lua list in row-major order, read through size and stride
-- alone: independent of every kernel.
function support.flat(t)
  local list, size, stride = {}, t:size():totable(), t:stride():totable()
  local storage, offset = t:storage(), t:storageOffset()
  local function walk(dim, at)
    if dim > #size then
      list[#list + 1] = storage[at]
      return
    end
    for i = 0, size[dim] - 1 do walk(dim + 1, at + i * stride[dim]) end
  end
  if #size > 0 then walk(1, offset) end
  return list
end

--- The same elements in layouts that kernels must not be confused by:
-- { contiguous, transposed memory, every second element of a wider tensor with an offset }.
function support.layouts(t)
  local size = t:size():totable()
  if #size == 0 then return { t } end
  local list = { t:clone() }
  if #size > 1 then
    local swapped = { table.unpack(size) }
    swapped[1], swapped[#size] = size[#size], size[1]
    local other = t:new(table.unpack(swapped)):transpose(1, #size)
    other:copy(t)
    list[#list + 1] = other
  end
  local wide = { table.unpack(size) }
  wide[#wide + 1] = 2
  wide[1] = wide[1] + 1
  local spread = t:new(table.unpack(wide)):fill(77)
  spread = spread:narrow(1, 2, size[1]):select(#wide, 2)
  spread:copy(t)
  list[#list + 1] = spread
  return list
end

--- Asserts that `f(...)` raises an error whose message contains `text` (plain).
function support.raises(text, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok, "an error was expected that says: " .. text)
  message = tostring(message)
  assert(message:find(text, 1, true), ("error %q does not say %q"):format(message, text))
end

--- Asserts that two flat lists agree: |a-b| <= tolerance * max(1, |b|), NaN equal to NaN.
function support.near(expected, actual, tolerance, what)
  assert(#expected == #actual, ("%s: %d elements expected, got %d"):format(what or "list",
    #expected, #actual))
  for i = 1, #expected do
    local e, a = expected[i], actual[i]
    local same = e == a or (e ~= e and a ~= a)
      or math.abs(e - a) <= tolerance * math.max(1, math.abs(e))
    assert(same, ("%s: element %d should be %.17g, got %.17g"):format(what or "list", i, e, a))
  end
end

--- Refuses f's allocations one by one: each time it must raise for want of memory or succeed, and
-- leave nothing behind. Returns how many were refused.
function support.survives_allocations(f, most)
  local circlet = require "circlet"
  f()
  collectgarbage()
  collectgarbage()
  local before, refused = circlet.memory(), 0
  for nth = 1, most or 80 do
    circlet.fail_allocation(nth)
    local ok, message = pcall(f)
    circlet.fail_allocation(0)
    if not ok then
      refused = refused + 1
      assert(tostring(message):find("not enough memory", 1, true), message)
    end
    collectgarbage()
    collectgarbage()
    assert(before == circlet.memory(), "memory was kept")
  end
  return refused
end

--- |a-b| / |b| over all elements (Euclidean norms), the error measure of gradients; b is the truth.
function support.relative_error(a, b)
  local x, y = support.flat(a:double()), support.flat(b:double())
  local difference, norm = 0, 0
  for i = 1, #y do
    difference = difference + (x[i] - y[i]) ^ 2
    norm = norm + y[i] ^ 2
  end
  if norm == 0 then return difference == 0 and 0 or math.huge end
  return math.sqrt(difference / norm)
end

return support
