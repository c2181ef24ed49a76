--- The program that runs a study: what started it, and what repeats it.
local uv = require "luv"
local json = require "circlet.json"
local record = require "circlet.report.record"
local shell = require "circlet.report.shell"

local run = {}

--- The interpreter with its options, the script and the script's arguments: three lists of words
-- (the script alone a word); nil for an interactive session, a chunk (-e) or standard input.
function run.words()
  local words = rawget(_G, "arg")
  if type(words) ~= "table" or type(words[0]) ~= "string" or not words[-1] then return nil end
  local first, interpreter = -1, {}
  while words[first - 1] do first = first - 1 end
  table.move(words, first, -1, 1, interpreter)
  local file = io.open(words[0])
  if not file then return nil end
  file:close()
  return interpreter, words[0], table.move(words, 1, #words, 1, {})
end

--- What stands in a trial's record.json as `run`.
function run.facts()
  local interpreter, script, arguments = run.words()
  local facts = record.new(script, nil, shell.output "git rev-parse --show-toplevel" or ".")
  facts.program = nil
  facts.interpreter, facts.script = interpreter, script
  facts.arguments, facts.folder = json.array(arguments or {}), uv.cwd()
  return facts
end

return run
