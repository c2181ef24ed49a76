--- Random numbers of a study: a pure function of the seed, the trial's number and a name, so that a
-- proposal never depends on how many workers there are, nor on what was suggested before it. And
-- what a number in [0, 1) means to a distribution.
local core = require "circlet.core"

local draw = {}

-- 64-bit FNV-1a: two words that tell names apart. A study has few names and many trials.
local hashes = setmetatable({}, { __mode = "k" })
local function hash(name)
  local value = hashes[name]
  if value then return value end
  value = 0xcbf29ce484222325
  for i = 1, #name do value = (value ~ name:byte(i)) * 0x100000001b3 end
  hashes[name] = value
  return value
end

--- The 32-bit words w1, w2, w3, w4 for (seed, number, name).
function draw.words(seed, number, name)
  local h = hash(name)
  return core.philox(number & 0xffffffff, number >> 32, h & 0xffffffff, h >> 32,
    seed & 0xffffffff, seed >> 32 & 0xffffffff)
end

--- A float in [0, 1) with 53 random bits for (seed, number, name).
function draw.unit(seed, number, name)
  local high, low = draw.words(seed, number, name)
  return ((high >> 5) * 67108864.0 + (low >> 6)) / 9007199254740992.0
end

--- A function that gives one float in (0, 1) after the other, for (seed, number, name).
function draw.stream(seed, number, name)
  local h, k, kept = hash(name), 0, nil
  return function()
    if kept then
      local value = kept
      kept = nil
      return value
    end
    local a, b, c, d = core.philox(number & 0xffffffff, h & 0xffffffff, h >> 32, k,
      seed & 0xffffffff, seed >> 32 & 0xffffffff)
    k = k + 1
    kept = ((c >> 5) * 67108864.0 + (d >> 6) + 0.5) / 9007199254740992.0
    return ((a >> 5) * 67108864.0 + (b >> 6) + 0.5) / 9007199254740992.0
  end
end

--- A standard normal number from such a function (Box and Muller).
function draw.normal(uniform)
  return math.sqrt(-2 * math.log(uniform())) * math.cos(2 * math.pi * uniform())
end

local function clamp(x, low, high) return math.max(low, math.min(high, x)) end

--- The number in the journal that u in [0, 1) stands for: every choice and every step has the same
-- share, of a continuous range (or its logarithm) every interval its length.
function draw.from_unit(d, u)
  if d.choices then return math.min(#d.choices - 1, math.floor(u * #d.choices)) end
  local low, high = d.low, d.high
  if d.name == "IntDistribution" then
    if d.log then
      local from, to = math.log(low - 0.5), math.log(high + 0.5)
      return clamp(math.floor(math.exp(from + u * (to - from)) + 0.5), low, high) + 0.0
    end
    local step = d.step or 1
    local count = (high - low) // step + 1
    return low + step * math.min(count - 1, math.floor(u * count)) + 0.0
  end
  if d.step then
    local count = math.floor((high - low) / d.step + 1e-8) + 1
    return clamp(low + d.step * math.min(count - 1, math.floor(u * count)), low, high)
  end
  if d.log then
    local from, to = math.log(low), math.log(high)
    return clamp(math.exp(from + u * (to - from)), low, high)
  end
  -- Not low + u (high - low): that range may overflow.
  return clamp(low * (1 - u) + high * u, low, high)
end

return draw
