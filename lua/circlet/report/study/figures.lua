--- The figures of a study as PNG and SVG, through gnuplot: history, importance, parallel
-- coordinates, slices, contour, curves, those of the best trial, timeline. Beside each stands the
-- script that drew it, with its data.
local data = require "circlet.report.study.data"
local files = require "circlet.report.files"
local gnuplot = require "circlet.plot.gnuplot"
local Picture = require "circlet.plot.Picture"
local contour = require "circlet.plot.contour"

local figures = {}

local block, quote, row = gnuplot.block, gnuplot.quote, gnuplot.row

local function finite(x) return x and x == x and x > -math.huge and x < math.huge end

-- Trials with finite values: what every figure but the timeline is of.
local function complete(facts)
  local list = {}
  for _, trial in ipairs(facts.trials) do
    if trial.state == "complete" and trial.values and finite(trial.values[1]) then
      list[#list + 1] = trial
    end
  end
  return list
end

local head = "unset key"

-- What a parameter's axis has at a value: itself, its logarithm (base 2), or a choice's place.
local function coordinate(p, value)
  return value and (p.log and value > 0 and math.log(value, 2) or value)
end

-- The tics of a parameter's axis.
local function tics(axis, p)
  local list = {}
  if p.choices then
    for i, choice in ipairs(p.choices) do list[i] = { choice, i - 1 } end
    return gnuplot.tics(axis, list) .. "\n" .. gnuplot.range(axis, -0.5, #p.choices - 0.5)
  elseif not p.log then
    return ("set %stics autofreq\n"):format(axis)
      .. gnuplot.range(axis, p.low + 0.0, p.high > p.low and p.high + 0.0 or p.low + 1.0)
  end
  local low, high = math.log(p.low, 2), math.log(p.high, 2)
  return gnuplot.log_tics(axis, low, high) .. "\n"
    .. gnuplot.range(axis, low, high > low and high or low + 1)
end

local draw = {}

function draw.history(facts, trials)
  local points, best, so_far = {}, {}, nil
  local sign = facts.directions[1] == "maximize" and -1 or 1
  for _, trial in ipairs(trials) do
    local value = trial.values[1]
    points[#points + 1] = row(trial.number, value)
    if trial.feasible and (not so_far or sign * value < sign * so_far) then
      so_far = value
      best[#best + 1] = row(trial.number, value)
    end
  end
  best[#best + 1] = so_far and row(facts.total - 1, so_far)
  return {
    data = block("trials", points) .. "\n" .. block("best", best),
    commands = head .. "\nset xlabel 'trial'\nset ylabel 'value'\n"
      .. "plot $trials with points pointtype 7 pointsize 0.6 linecolor '#2a788e'"
      .. (so_far and ", $best with steps linewidth 2 linecolor '#d55e00'" or ""),
  }
end

function draw.importance(facts)
  local rows = {}
  for _, p in ipairs(facts.parameters) do
    if p.importance then table.insert(rows, 1, row(p.name, p.importance)) end
  end
  if #rows == 0 then return nil end
  return {
    data = block("shares", rows),
    commands = head .. "\nset xlabel 'importance'\nset xrange [0:*]\n"
      .. ("set yrange [-0.6:%d.6]\nset style fill solid\n"):format(#rows - 1)
      .. "plot $shares using ($2/2):0:($2/2):(0.35):yticlabels(1) with boxxyerror "
      .. "linecolor '#2a788e'",
    height = 120 + 30 * #rows,
  }
end

-- Small figures, up to three in a row.
local function side_by_side(blocks, panels)
  if #panels == 0 then return nil end
  local columns = math.min(3, #panels)
  local lines = math.ceil(#panels / columns)
  return {
    data = table.concat(blocks, "\n"), height = 260 * lines,
    commands = head .. "\nunset colorbox\n"
      .. ("set multiplot layout %d,%d\n"):format(lines, columns) .. table.concat(panels, "\n")
      .. "\nunset multiplot",
  }
end

function draw.slices(facts, trials)
  local blocks, panels = {}, {}
  for i, p in ipairs(facts.parameters) do
    local rows = {}
    for _, trial in ipairs(trials) do
      local x = coordinate(p, trial.params[p.name])
      if x then rows[#rows + 1] = row(x, trial.values[1], trial.number) end
    end
    if #rows > 0 and i <= 12 then
      blocks[#blocks + 1] = block("slice" .. i, rows)
      panels[#panels + 1] = ("%s\nset xlabel %s\nplot $slice%d using 1:2:3 with points pointtype 7 "
        .. "pointsize 0.5 linecolor palette"):format(tics("x", p), quote(p.name), i)
    end
  end
  return side_by_side(blocks, panels)
end

-- The two parameters of the contour: gamma and m, or the two numbers that count most.
local function pair_of(facts)
  local numbers, named = {}, {}
  for _, p in ipairs(facts.parameters) do
    if not p.choices and p.high > p.low then
      numbers[#numbers + 1] = p
      named[p.name] = p
    end
  end
  if named.gamma and named.m then return named.gamma, named.m end
  return numbers[1], numbers[2]
end

function draw.contour(facts, trials)
  local a, b = pair_of(facts)
  if not b then return nil end
  local x, y, value = {}, {}, {}
  for _, trial in ipairs(trials) do
    if trial.params[a.name] and trial.params[b.name] then
      x[#x + 1], y[#y + 1] = trial.params[a.name], trial.params[b.name]
      value[#value + 1] = trial.values[1]
    end
  end
  if #x < 4 then return nil end
  return contour { x = x, y = y, value = value, log_x = a.log, log_y = b.log,
    x_range = { a.low, a.high }, y_range = { b.low, b.high }, x_label = a.name, y_label = b.name,
    value_label = "value" }
end

function draw.parallel(facts, trials)
  local axes, rows, labels = {}, {}, {}
  for i = 1, math.min(12, #facts.parameters) do axes[i] = facts.parameters[i] end
  local low, high = math.huge, -math.huge
  for _, trial in ipairs(trials) do
    low, high = math.min(low, trial.values[1]), math.max(high, trial.values[1])
  end
  axes[#axes + 1] = { name = "value", low = low, high = high, value = true }
  for i, p in ipairs(axes) do
    local ends = p.choices and { p.choices[1], p.choices[#p.choices] }
      or { ("%.4g"):format(p.low), ("%.4g"):format(p.high) }
    for k, text in ipairs { ends[1], ends[2], p.name } do
      labels[#labels + 1] = ("set label %s at %d,%s center"):format(quote(text), i,
        ({ "-0.06", "1.06", "1.14" })[k])
    end
    labels[#labels + 1] = ("set arrow from %d,0 to %d,1 nohead linecolor '#999999'"):format(i, i)
  end
  for _, trial in ipairs(trials) do
    for i, p in ipairs(axes) do
      local x = coordinate(p, p.value and trial.values[1] or trial.params[p.name])
      local from, to = 0, p.choices and #p.choices - 1
      if not p.choices then from, to = coordinate(p, p.low), coordinate(p, p.high) end
      if x then
        rows[#rows + 1] = row(i, to > from and (x - from) / (to - from) or 0.5, trial.values[1])
      end
    end
    rows[#rows + 1] = ""
  end
  return {
    data = block("strands", rows),
    commands = head .. "\nunset border\nunset tics\nset cbtics\nset cblabel 'value'\n"
      .. ("set xrange [0.7:%d.3]\nset yrange [-0.1:1.2]\n"):format(#axes)
      .. table.concat(labels, "\n") .. "\nplot $strands using 1:2:3 with lines linecolor palette",
  }
end

function draw.curves(facts)
  local rows = {}
  for _, trial in ipairs(facts.trials) do
    for _, point in ipairs(trial.curve) do
      if finite(point[2]) then rows[#rows + 1] = row(point[1], point[2], trial.number) end
    end
    if #trial.curve > 0 then rows[#rows + 1] = "" end
  end
  if #rows == 0 then return nil end
  return {
    data = block("curves", rows),
    commands = head .. "\nset xlabel 'step'\nset ylabel 'value reported'\nset cblabel 'trial'\n"
      .. "plot $curves using 1:2:3 with linespoints pointtype 7 pointsize 0.3 linecolor palette",
  }
end

-- A panel for each quantity of the best trial.
function draw.best(facts)
  local blocks, panels = {}, {}
  for i, curve in ipairs(facts.best_curves) do
    local rows = {}
    for _, point in ipairs(curve.points) do
      if finite(point[2]) then rows[#rows + 1] = row(point[1], point[2]) end
    end
    if #rows > 1 and #panels < 12 then
      blocks[#blocks + 1] = block("best" .. i, rows)
      panels[#panels + 1] = ("set xlabel 'step'\nset ylabel %s\nplot $best%d using 1:2 with "
        .. "linespoints pointtype 7 pointsize 0.3 linecolor '#2a788e'"):format(quote(curve.name), i)
    end
  end
  return side_by_side(blocks, panels)
end

local colours = { complete = 0x2a788e, pruned = 0xe69f00, fail = 0xd55e00, running = 0x999999 }

function draw.timeline(facts)
  local lanes, lane_count, rows, last = {}, 0, {}, 0
  for _, trial in ipairs(facts.trials) do last = math.max(last, trial.ended or trial.began or 0) end
  for _, trial in ipairs(facts.trials) do
    if trial.began and trial.worker and colours[trial.state] then
      if not lanes[trial.worker] then
        lane_count = lane_count + 1
        lanes[trial.worker] = lane_count
      end
      local lane, ended = lanes[trial.worker], trial.ended or last
      rows[#rows + 1] = row((trial.began + ended) / 2, lane, trial.began, ended, lane - 0.4,
        lane + 0.4, colours[trial.state])
    end
  end
  if #rows == 0 then return nil end
  return {
    data = block("bars", rows), height = 160 + 30 * lane_count,
    commands = head .. "\nset xlabel 'seconds since the first trial'\nset ylabel 'worker'\n"
      .. ("set yrange [0.4:%d.6]\nset ytics 1\nset style fill solid\n"):format(lane_count)
      .. "plot $bars using 1:2:3:4:5:6:7 with boxxyerror linecolor rgb variable",
  }
end

--- The names of all figures.
figures.names = { "history", "importance", "parallel", "slices", "contour", "curves", "best",
                  "timeline" }

--- Draws what the study (Study) has something to show for into FOLDER/NAME.png and .svg (and .gp).
-- options.only: a list of names. Returns the list of paths; or nil, message, code.
function figures.write(study, folder, options)
  local facts, paths = data.of(study), {}
  local ok, message, code = files.make_folder(folder)
  if not ok then return nil, message, code end
  local trials = complete(facts)
  for _, name in ipairs(options and options.only or figures.names) do
    local make = draw[name] or error("report.study.figures: there is no figure " .. name, 2)
    local figure = (#trials > 0 or name == "timeline") and make(facts, trials)
    if figure then
      local drawn
      drawn, message, code = Picture.new(figure):save(folder .. "/" .. name)
      if not drawn then return nil, message, code end
      table.move(drawn, 1, #drawn, #paths + 1, paths)
    end
  end
  return paths
end

return figures
