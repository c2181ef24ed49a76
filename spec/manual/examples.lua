-- Runs the examples of the manual. A line of Lua that ends in `--> text` shows text: as an
-- expression list its values, as a statement what it printed. Tensors and storages count as the
-- lists of their elements, "..." stands for any text, and a number is compared to the digits that
-- are written.
local circlet = require "circlet"
local lfs = require "lfs"
local show = require "circlet.prompt.show"

local examples = {}

local function listed(value)
  if circlet.isTensor(value) or circlet.isStorage(value) then return value:totable() end
  return value
end

local function text_of(...)
  local words = table.pack(...)
  for i = 1, words.n do
    local value = listed(words[i])
    if type(value) == "table" and not getmetatable(value) then
      local copy = {}
      for key, item in pairs(value) do copy[key] = listed(item) end
      value = copy
    end
    words[i] = type(value) == "string" and value or show.line(value)
  end
  return table.concat(words, "  ")
end

-- Whether `found` is the number that `wanted` writes with fewer digits.
local function same_number(wanted, found)
  local a, b = tonumber(wanted), tonumber(found)
  if not a or not b then return wanted == found end
  local digits = wanted:match "^%-?%d+%.(%d+)$"
  if digits then return tonumber(("%." .. #digits .. "f"):format(b)) == a end
  return a == b or tonumber(("%.3g"):format(b)) == a and wanted:find "e" ~= nil
end

-- A text as numbers and what stands between them.
local function tokens(text)
  local list, at = {}, 1
  while at <= #text do
    local first, last = text:find("%-?%d+%.?%d*[eE][%+%-]?%d+", at)
    local a, b = text:find("%-?%d+%.?%d*", at)
    if not first or a and a < first then first, last = a, b end
    if not first then break end
    list[#list + 1] = text:sub(at, first - 1)
    list[#list + 1] = text:sub(first, last)
    at = last + 1
  end
  list[#list + 1] = text:sub(at)
  return list
end

local function same_piece(wanted, found)
  local a, b = tokens(wanted), tokens(found)
  if #a ~= #b then return false end
  for i = 1, #a do
    if a[i] ~= b[i] and not same_number(a[i], b[i]) then return false end
  end
  return true
end

--- Whether an example showed what it says.
function examples.same(wanted, found)
  wanted, found = wanted:gsub("%s+", " "), found:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", "")
  local before, after = wanted:match "^(.-)%.%.%.(.*)$"
  if before then
    return found:sub(1, #before) == before and (after == "" or found:sub(-#after) == after)
  end
  return same_piece(wanted, found)
end

-- The chunk of an example: expressions that show something hand it to __show.
local function prepare(code)
  local lines, expected = {}, {}
  for line in (code .. "\n"):gmatch "(.-)\n" do
    local before, text = line:match "^(.-)%s*%-%->%s*(.*)$"
    -- What stands alone on a line belongs to the line before.
    if before == "" and #lines > 0 then before = table.remove(lines) end
    if before then
      local number = #expected + 1
      expected[number] = { text = text, line = line }
      if load("return " .. before) then
        line = ("__show(%d, %s)"):format(number, before)
      else
        line = ("__statement(%d) %s"):format(number, before)
      end
    end
    lines[#lines + 1] = line
  end
  return table.concat(lines, "\n"), expected
end

-- Most examples leave nothing behind: no other program is started for them.
local function remove(folder)
  if not lfs.rmdir(folder) then os.execute("rm -rf '" .. folder .. "'") end
end

--- Runs the code in a folder of its own, with random numbers from seed 1. Raises what it raises,
-- and when it shows something else than it says.
function examples.run(code, name)
  local chunk, expected = prepare(code)
  local shown, statement = {}, nil
  local environment = setmetatable({
    circlet = circlet, nn = circlet.nn, optim = circlet.optim, data = circlet.data,
    metrics = circlet.metrics, study = circlet.study, report = circlet.report,
    __show = function(number, ...) shown[number] = text_of(...) end,
    __statement = function(number) statement = number end,
    print = function(...)
      local text = text_of(...)
      local before = shown[statement]
      if statement then shown[statement] = (before and before .. " " or "") .. text end
    end,
  }, { __index = _G })
  circlet.manualSeed(1)
  local kind = circlet.getdefaulttensortype()
  local before = lfs.currentdir()
  local folder = os.tmpname()
  os.remove(folder)
  assert(lfs.mkdir(folder))
  assert(lfs.chdir(folder))
  local ok, message = pcall(function() assert(load(chunk, "=" .. name, "t", environment))() end)
  assert(lfs.chdir(before))
  circlet.setdefaulttensortype(kind)
  remove(folder)
  if not ok then error(message, 0) end
  for number, case in ipairs(expected) do
    local found = shown[number] or ""
    if not examples.same(case.text, found) then
      error(("%s: %s\nshows\n%s"):format(name, case.line, found), 0)
    end
  end
end

return examples
