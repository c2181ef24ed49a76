-- Trains embeddings over a grid of gamma and m and shows which settings retrieve best.
--
--     lua scripts/sweep.lua                              the grid of `make sweep`, on Fashion-MNIST
--     lua scripts/sweep.lua --gamma 16,64 --m 0,0.25     a grid of one's own
--     lua scripts/sweep.lua --help
--
-- (The syntax keeps to Lua 5.1 for the reason that prelude.lua gives.)
local root = dofile((arg[0]:match("^.*/") or "./") .. "prelude.lua")
local circlet = require "circlet"
local train = require "circlet.train"
local report, options, Sweep = circlet.report, train.options, train.Sweep
local text = report.text

local parser = options.parser("lua scripts/sweep.lua",
  "Trains one model per setting of gamma and m, ranks the settings by retrieval beside two "
  .. "baselines (raw input, untrained model), and repeats the best with fresh seeds.",
  "Results go to trials.jsonl, results.csv, sweep.png, sweep.svg and config.json in --out. "
  .. "Stopped with Ctrl-C and started again with the same flags, the sweep goes on; finished "
  .. "trials are not run again, failed ones are. Other flags make another folder, and an --out "
  .. "that holds a sweep with other flags is refused. Exit codes: 0 done, 1 failed, 2 wrong "
  .. "usage, 130 interrupted.")
parser:option("--gamma", "Scales, as a list (default: 4,8,16,32,64,128,256,512)."):argname("<list>")
  :convert(options.list(options.positive))
parser:option("--m", "Margins, as a list; --m=-0.1,0 where it begins with a minus sign (default: "
  .. "0,0.1,0.25,0.4)."):argname("<list>"):convert(options.list(options.real))
parser:option("--repeats", "Fresh seeds for the best setting (default: 3)."):argname("<n>")
  :convert(options.seed)
parser:option("--rank-by", "recall_at_1, r_precision or map_at_r (default: map_at_r).")
  :argname("<name>"):choices(Sweep.measures)
parser:option("--stop-after", "Stop as Ctrl-C would after this many trials."):argname("<n>")
  :convert(options.count)
parser:flag("--fresh", "Forget an earlier sweep in the folder and start anew.")

local flags = options.parse(parser, arg)
local settings = options.settings(flags, {
  gamma = { 4, 8, 16, 32, 64, 128, 256, 512 }, m = { 0, 0.1, 0.25, 0.4 }, repeats = 3,
  rank_by = "map_at_r",
})
settings.gammas, settings.ms = settings.gamma, settings.m
settings.gamma, settings.m = nil, nil
local out, stop_after, fresh = settings.out, settings.stop_after, settings.fresh
if settings.threads then circlet.setnumthreads(settings.threads) end
-- What the results depend on; the number of threads is not among it.
settings.out, settings.stop_after, settings.fresh, settings.threads = nil, nil, nil, nil

local function fail(message)
  io.stderr:write("sweep: ", tostring(message), "\n")
  os.exit(1, true)
end

local function show_best(sweep, bar)
  local rows = sweep:best(5)
  local lines = report.table.lines({
    { key = "gamma", title = "best: gamma" }, { key = "m" },
    { key = "recall_at_1", title = "R@1", format = "%.3f" },
    { key = "r_precision", title = "R-precision", format = "%.3f" },
    { key = "map_at_r", title = "MAP@R", format = "%.3f" },
    { key = "loss", format = "%.2f" },
  }, rows, { ascii = not bar.unicode })
  table.insert(lines, 1, "")
  lines[#lines + 1] = ""
  bar:above(#rows > 0 and lines or {})
end

local function title_of(entry)
  if entry.name then return entry.name end
  return ("gamma %s, m %s%s"):format(text.number(entry.gamma), text.number(entry.m),
    entry.kind == "repeat" and ", seed " .. entry.seed or "")
end

-- Runs what is left of the plan and then the repeats; returns how many trials it ran.
local function run_all(sweep, task)
  local plan = sweep:plan(task.raw_name)
  local total, ran, done = #plan + settings.repeats, 0, 0
  local function count_done(list)
    for _, entry in ipairs(list) do
      if sweep:done(entry) then done = done + 1 end
    end
  end
  count_done(plan)
  -- Before the grid is complete another setting may turn out to be the best.
  if done == #plan then count_done(sweep:repeats()) end
  local bar = report.progress { total = total, label = "sweep", start = done }
  if done > 0 then
    bar:line(("%d of %d trials were finished earlier (%s)"):format(done, total, sweep.folder))
  end
  show_best(sweep, bar)
  local place = 0
  local function run(list)
    for _, entry in ipairs(list) do
      place = place + 1
      if not sweep:done(entry) then
        bar:update(done, title_of(entry))
        local outcome = sweep:run(task, entry, function(share) bar:update(done + 0.8 * share) end)
        done, ran = done + 1, ran + 1
        if outcome.status ~= "complete" then
          bar:line(("%s failed: %s"):format(title_of(entry), outcome.error))
        elseif not bar.terminal then
          bar:update(done)
          local _, left = bar:times()
          bar:line(("[%d/%d] %s: %s %.3f, %.1f s, %s left"):format(place, total, title_of(entry),
            Sweep.label[settings.rank_by], outcome[settings.rank_by], outcome.seconds,
            text.duration(left)))
        end
        show_best(sweep, bar)
        if stop_after and ran >= stop_after then error("interrupted!", 0) end
      end
    end
  end
  local good, message = pcall(function()
    run(plan)
    run(sweep:repeats())
  end)
  bar:finish()
  if not good then error(message, 0) end
  return ran
end

local function plus_minus(format)
  local sign = report.terminal.unicode() and " ± " or " +- "
  return function(value) return (format .. sign .. format):format(value.mean, value.sd) end
end

local function show_results(sweep, description)
  local rows = {}
  for rank, outcome in ipairs(sweep:ranked()) do
    rows[rank] = { rank = rank, model = outcome.name or settings.model }
    for name, value in pairs(outcome) do rows[rank][name] = rows[rank][name] or value end
  end
  local columns = {
    { key = "rank", title = "#" }, { key = "model" }, { key = "gamma", missing = "" },
    { key = "m", missing = "" },
    { key = "recall_at_1", title = "R@1", format = "%.3f" },
    { key = "r_precision", title = "R-precision", format = "%.3f" },
    { key = "map_at_r", title = "MAP@R", format = "%.3f" },
    { key = "loss", format = "%.3f", missing = "" },
    { key = "seconds", title = "s", format = "%.2f" },
  }
  print(description .. "\n")
  print(report.table.render(columns, rows, { ascii = not report.terminal.unicode() }))
  for _, outcome in ipairs(sweep:failed()) do
    print(("failed: %s: %s"):format(title_of(outcome), outcome.error))
  end
  local spread = sweep:spread()
  if spread then
    print(("\nThe best setting (gamma %s, m %s) with the fresh seeds %s, mean and deviation:\n")
      :format(text.number(spread.gamma), text.number(spread.m), table.concat(spread.seeds, ", ")))
    print(report.table.render({
      { key = "recall_at_1", title = "R@1", format = plus_minus "%.3f" },
      { key = "r_precision", title = "R-precision", format = plus_minus "%.3f" },
      { key = "map_at_r", title = "MAP@R", format = plus_minus "%.3f" },
      { key = "loss", format = plus_minus "%.3f" },
      { key = "seconds", title = "s", format = plus_minus "%.2f" },
    }, { spread }, { ascii = not report.terminal.unicode() }))
  end
end

local function main()
  report.terminal.attached("stderr") -- asked now: Ctrl-C is not heard while the shell answers
  local timer = circlet.Timer()
  local task, message = train.task.load(settings.data, settings.protocol)
  if not task then return fail(message) end
  options.complete(settings, task)
  out = out or ("runs/sweep-%s-%s-%s"):format(task.name:lower():gsub("[^%w]+", "_"), settings.model,
    report.record.fingerprint(settings))
  if fresh then Sweep.forget(out) end
  local sweep
  sweep, message = Sweep.open(out, settings, report.record.new("scripts/sweep.lua", settings, root))
  if not sweep then return fail(message) end
  if sweep.earlier and sweep.earlier.revision ~= report.record.revision(root) then
    io.stderr:write(("sweep: the trials in %s were begun by revision %s of the source\n"):format(
      out, tostring(sweep.earlier.revision)))
  end
  local description = ("%s; %d epoch%s, seed %d"):format(options.describe(settings, task),
    settings.epochs, settings.epochs > 1 and "s" or "", settings.seed)
  local ran = run_all(sweep, task)
  show_results(sweep, description)
  local paths, reason = sweep:write(description)
  if not paths then return fail(reason) end
  print(("\n%d trials in %s; written: %s"):format(ran, text.duration(timer:time().real),
    table.concat(paths, " ")))
  if reason then print(reason) end
  if #sweep:ranked("trial") == 0 then return fail("every trial failed") end
end

local good, message = pcall(main)
if not good then
  if not train.Trainer.interrupted(message) then return fail(message) end
  io.stderr:write("\ninterrupted; the same command goes on where it stopped",
    out and " (" .. out .. ")" or "", "\n")
  os.exit(130, true)
end
