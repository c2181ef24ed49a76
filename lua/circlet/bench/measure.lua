--- Timing several ways of doing the same, side by side.
--
-- A way is a table with block(calls): seconds per call, averaged over that many calls in a row.
-- The ways take turns, round by round, in alternating order, so that noise and changes of clock
-- speed hit all of them; a ratio is the median over the rounds of the ratios within a round.
local circlet = require "circlet"

local measure = {}

--- The median of a list of numbers that is not empty: the mean of the middle two of an even number.
function measure.median(list)
  local sorted = table.move(list, 1, #list, 1, {})
  table.sort(sorted)
  local middle = #sorted // 2
  if #sorted % 2 == 1 then return sorted[middle + 1] end
  return (sorted[middle] + sorted[middle + 1]) / 2
end

--- Median, smallest and largest of a list, and how many there are.
function measure.summary(list)
  return { median = measure.median(list), low = math.min(table.unpack(list)),
    high = math.max(table.unpack(list)), samples = #list }
end

--- A way that calls f. `clock` returns seconds (default: the monotonic clock).
function measure.way(f, clock)
  clock = clock or circlet.tic
  return {
    block = function(calls)
      collectgarbage()
      if calls > 1 then f() end -- caches and clock speed as they are in a row of calls
      local start = clock()
      for _ = 1, calls do f() end
      return (clock() - start) / calls
    end,
  }
end

--- Waits until threads that a library keeps spinning after its work have gone to sleep (OpenBLAS's
-- do for 2^26 cycles, about 25 ms); awake itself, so that the clock speed stays up.
function measure.settle()
  local start = circlet.tic()
  while circlet.toc(start) < 0.04 do end -- luacheck: ignore
end

--- How often a way of `seconds` per call is run: calls per block, and blocks. Options: block (a
-- block lasts at least that many seconds), budget (seconds for all blocks, beyond the three that
-- are wanted anyway), most (blocks). Calls up to 0.5 s come in pairs at least, and so after one
-- that does not count: the first has caches and freed memory as the way before left them. A long
-- call says enough about itself, for it averages over the noise: beyond 5 s there is one block, and
-- beyond 8 s none, the first call being all there is.
function measure.plan(seconds, options)
  local calls = math.max(1, math.min(1000, math.ceil(options.block / math.max(seconds, 1e-7))))
  if seconds <= 0.5 then calls = math.max(2, calls) end
  if seconds > 8 then return 1, 0 end
  local least = seconds > 5 and 1 or 3
  local blocks = math.floor(options.budget / (calls * seconds))
  return calls, math.max(math.min(least, options.most), math.min(options.most, blocks))
end

--- Measures ways: a list of { name, block, first }, where `first` is the time of a call that was
-- made already (without it, one is made). Options: block (0.05), budget (1) and most (7) as in
-- measure.plan, and settle, called before each block. Returns a table by name of lists: seconds
-- per call, one for each round that the way took part in, first round first; of a way too long to
-- be called again, its first call.
function measure.rounds(ways, options)
  options = options or {}
  local limits = { block = options.block or 0.05, budget = options.budget or 1,
    most = options.most or 7 }
  local settle = options.settle or measure.settle
  local times, plans, last = {}, {}, 0
  for _, way in ipairs(ways) do
    local first = way.first or way.block(1)
    local calls, rounds = measure.plan(first, limits)
    plans[way], times[way.name] = { calls = calls, rounds = rounds }, {}
    if rounds == 0 then times[way.name][1] = first end
    last = math.max(last, rounds)
  end
  for round = 1, last do
    local from, to, step = 1, #ways, 1
    if round % 2 == 0 then from, to, step = to, from, -step end
    for k = from, to, step do
      local way = ways[k]
      if round <= plans[way].rounds then
        settle()
        local list = times[way.name]
        list[#list + 1] = way.block(plans[way].calls)
      end
    end
  end
  return times
end

--- The median of a[i] / b[i] over the rounds that both lists have.
function measure.ratio(a, b)
  local list = {}
  for i = 1, math.min(#a, #b) do list[i] = a[i] / b[i] end
  return measure.median(list)
end

--- The largest rate of multiply-adds that `threads` threads reach together, in operations a second
-- (a*b + c being two): the best of `tries` runs of 0.1 s or more.
function measure.peak(threads, tries)
  local fma = require("circlet.core").bench.fma
  local iterations, best = 100000, 0
  for _ = 1, tries do
    local start = circlet.tic()
    local operations = fma(iterations, threads)
    local seconds = circlet.toc(start)
    while seconds < 0.1 do
      iterations = iterations * 2
      start = circlet.tic()
      operations = fma(iterations, threads)
      seconds = circlet.toc(start)
    end
    best = math.max(best, operations / seconds)
  end
  return best
end

--- What the losses' driver spends its time on in `calls` calls of f on `threads` threads: seconds a
-- call of all threads together, { rows, similarities, sums, weights, gradient, wait } (as
-- core.bench.spent) and `rest`, which is outside the driver's passes or left to one thread.
function measure.work(f, threads, calls)
  local bench = require("circlet.core").bench
  f()
  bench.clocks(true)
  local start = circlet.tic()
  for _ = 1, calls do f() end
  local seconds = circlet.toc(start)
  local spent = bench.spent()
  bench.clocks(false)
  local work, rest = {}, threads * seconds
  for part, value in pairs(spent) do work[part], rest = value / calls, rest - value end
  work.rest = rest / calls
  return work
end

return measure
