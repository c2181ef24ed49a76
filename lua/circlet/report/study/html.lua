--- A study as one HTML file that opens without a network: D3 (Debian's package node-d3) with its
-- licence, the data, and the figures of page.js stand in it.
local data = require "circlet.report.study.data"
local files = require "circlet.report.files"
local json = require "circlet.json"
local text = require "circlet.report.text"

local html = {}

--- D3 and its licence: d3.min.js and copyright in the folder CIRCLET_D3, otherwise where Debian has
-- them.
local folder = os.getenv "CIRCLET_D3"
html.library = folder and folder .. "/d3.min.js" or "/usr/share/nodejs/d3/dist/d3.min.js"
html.licence = folder and folder .. "/copyright" or "/usr/share/doc/node-d3/copyright"

local style = [[
body { font: 15px/1.5 system-ui, sans-serif; color: #222; margin: 2rem auto; max-width: 1000px;
  padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
svg { max-width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: #333; }
.axis path, .axis line { stroke: #999; } .label { text-anchor: middle; }
.axis text { paint-order: stroke; stroke: #fff; stroke-width: 3px; }
.line { fill: none; stroke: #d55e00; stroke-width: 1.5; }
.strand { fill: none; stroke-width: 1.2; opacity: .6; }
.strand:hover { stroke-width: 3; opacity: 1; }
.dot { stroke: #fff; stroke-width: .7; } .dot:hover { stroke: #000; }
.dot.best { stroke: #d55e00; stroke-width: 2; } .strand.best { stroke-width: 3; opacity: 1; }
.level { stroke: #fff; stroke-opacity: .35; } .bar { stroke: #fff; stroke-width: .5; }
.dim { opacity: .06; } tr.dim { display: none; }
.tip { display: none; position: fixed; white-space: pre-wrap; background: #222; color: #fff;
  padding: .4rem .6rem; border-radius: 4px; font-size: 13px; pointer-events: none;
  max-width: 24rem; }
.scroll { overflow: auto; max-height: 30rem; } table { border-collapse: collapse; font-size: 13px; }
th, td { text-align: right; padding: 2px 10px; border-bottom: 1px solid #eee; }
th { position: sticky; top: 0; background: #fff; } tr.best td { font-weight: bold; }
code { background: #f4f4f4; padding: .2rem .4rem; display: inline-block; overflow-wrap: anywhere; }
.note { color: #666; font-size: 13px; }]]

local sections = {
  { "history", "Optimisation history", "Each trial's value, and the best so far." },
  { "front", "The objectives against each other", "Trials that none beats are red." },
  { "importance", "Importance of the parameters",
    "PED-ANOVA: how much a parameter decides whether a trial is among the best tenth." },
  { "parallel", "Parallel coordinates",
    "Draw along an axis to pick trials, in every figure; click it to let them go." },
  { "contour", "Value over two parameters",
    "Between the trials weighted by distance: a guide for the eye, not a model." },
  { "slices", "The value over each parameter", nil },
  { "curves", "Intermediate values", "Pruned trials are orange." },
  { "best", "Curves of the best trial", "Over the steps; what it reported, and logged." },
  { "timeline", "Timeline of the workers", "A lane for each process that ran trials." },
  { "table", "Trials", nil },
}

local function escape(s)
  return (s:gsub('[&<>"]', { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }))
end

local function beside(name)
  local path = package.searchpath("circlet.report.study.html", package.path)
  return path:gsub("[^/]*$", "") .. name
end

-- The first lines of the page: what the study is, its best trial, and how that is run again.
local function summary(facts, options)
  local parts, counted = {}, {}
  for _, state in ipairs { "complete", "pruned", "fail", "running", "waiting" } do
    if facts.counts[state] then
      counted[#counted + 1] = ("%d %s"):format(facts.counts[state],
        state == "fail" and "failed" or state)
    end
  end
  local function add(form, ...) parts[#parts + 1] = form:format(...) end
  add("<h1>%s</h1>", escape(facts.name))
  add('<p class="note">%s; %s; %d trials: %s; drawn %s</p>', escape(facts.path),
    table.concat(facts.directions, ", "), facts.total, table.concat(counted, ", "),
    os.date "!%Y-%m-%d %H:%M UTC")
  if #facts.trials < facts.total then
    add('<p class="note">%d of them are shown: the best, and the others at even distances.</p>',
      #facts.trials)
  end
  local best = facts.best[1]
  for _, trial in ipairs(best and facts.trials or {}) do
    if trial.number == best then
      local words = {}
      for i, value in ipairs(trial.values) do words[i] = text.number(value) end
      add("<p>%s trial <b>%d</b>: value <b>%s</b>.</p>",
        #facts.best > 1 and #facts.best .. " trials are beaten by none, the first is" or "Best",
        best, table.concat(words, ", "))
      add('<p>To run it again:<br><code id="reproduce">%s</code></p>',
        escape(options.command(best)))
    end
  end
  if not best then add "<p>No trial is complete.</p>" end
  return table.concat(parts, "\n")
end

-- The command line that runs a trial of the study again.
local function default_command(study)
  return function(number)
    local own = study.journal.path:match("([^/]+)$"):gsub("%.[^.]*$", "") == study.name
    return ("circlet study reproduce %s %d%s"):format(study.journal.path, number,
      own and "" or " --study '" .. study.name:gsub("'", "'\\''") .. "'")
  end
end

local function library(options)
  local code, message, word = files.read(options.library or html.library)
  if not code then
    return nil, ("the report needs D3 (Debian: node-d3): %s"):format(message), word
  end
  local licence
  licence, message, word = files.read(options.licence or html.licence)
  if not licence then return nil, ("the licence of D3 is missing: %s"):format(message), word end
  return "/*\n" .. licence:gsub("%*/", "* /") .. "*/\n" .. code
end

--- The page as a string; or nil, message, "io" without D3. options: most (trials shown, 2000),
-- library and licence (paths of D3's), command(number): the line that reproduces a trial.
function html.text(study, options)
  options = setmetatable({}, { __index = options })
  options.command = options.command or default_command(study)
  local code, message, word = library(options)
  if not code then return nil, message, word end
  local script
  script, message, word = files.read(beside "page.js")
  if not script then return nil, message, word end
  local facts = data.of(study, { most = options.most })
  local body = {}
  for i, section in ipairs(sections) do
    local id, title, note = table.unpack(section, 1, 3)
    body[i] = ('<section id="%s"><h2>%s</h2>%s</section>'):format(id, title,
      note and '<p class="note">' .. note .. "</p>" or "")
  end
  return table.concat({
    "<!DOCTYPE html>", '<html lang="en">', '<head><meta charset="utf-8">',
    "<title>" .. escape(facts.name) .. "</title>", "<style>", style, "</style></head>", "<body>",
    summary(facts, options), table.concat(body, "\n"),
    -- "<" cannot stand in data within a page: "</script>" would end them.
    '<script id="study" type="application/json">'
      .. json.encode(facts, { nan = "null" }):gsub("<", "\\u003c") .. "</script>",
    "<script>" .. code:gsub("</script", "<\\/script") .. "</script>",
    "<script>" .. script .. "</script>", "</body>", "</html>", "",
  }, "\n")
end

--- Writes the page to a file. Returns true; or nil, message, code.
function html.write(study, path, options)
  local page, message, code = html.text(study, options)
  if not page then return nil, message, code end
  return files.write(path, page)
end

return html
