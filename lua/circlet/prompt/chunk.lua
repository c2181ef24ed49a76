--- What is typed at the prompt, as a Lua function. An expression list gives its values; `local` at
-- the outermost level makes a global, so that the next line still knows the name.
local chunk = {}

local opens = { ["do"] = 1, ["function"] = 1, ["if"] = 1, ["repeat"] = 1 }
local closes = { ["end"] = 1, ["until"] = 1 }

-- The end of a string, a comment or a long bracket that begins at `at`; nil when none begins there,
-- #text when it is not closed.
local function skip(text, at)
  local start = at
  if text:find("^%-%-", at) then start = at + 2 end
  local level = text:match("^%[(=*)%[", start)
  if level then
    local _, finish = text:find("]" .. level .. "]", start + #level + 2, true)
    return finish or #text
  end
  if start > at then return (text:find("\n", start, true) or #text + 1) - 1 end
  local quote = text:match("^[\"']", at)
  if not quote then return nil end
  local position = at + 1
  while position <= #text do
    local c = text:sub(position, position)
    if c == "\\" then position = position + 1
    elseif c == quote or c == "\n" then return position end
    position = position + 1
  end
  return #text
end

-- Without the attribute of `local x <const> = 1`, which a global cannot have. Blanks stand in place
-- of what goes, so that messages name the right columns of nothing else.
local function globals_of(text, at)
  local first, last = text:find("^%s*function%f[^%w_]", at)
  if first then return text:sub(first, last), last + 1 end
  local _, stop = text:find("^%s*[%a_][%w_]*", at)
  if not stop then return nil end
  local names = { text:match("^%s*([%a_][%w_]*)", at) }
  while true do
    local _, attribute, kind = text:find("^%s*<%s*(%a+)%s*>", stop + 1)
    if attribute then
      if kind == "close" then return nil end
      stop = attribute
    end
    local _, comma, name = text:find("^%s*,%s*([%a_][%w_]*)", stop + 1)
    if not comma then break end
    names[#names + 1], stop = name, comma
  end
  local left = " " .. table.concat(names, ", ")
  local assigns = text:find("^%s*=[^=]", stop + 1) or text:find("^%s*=$", stop + 1)
  return assigns and left or left .. " = nil", stop + 1
end

--- The text with `local` taken off at the outermost level.
function chunk.globals(text)
  if not text:find("local", 1, true) then return text end
  local out, depth, at = {}, 0, 1
  while at <= #text do
    local finish = skip(text, at)
    local word = not finish and text:match("^[%a_][%w_]*", at)
    if finish then
      out[#out + 1] = text:sub(at, finish)
      at = finish + 1
    elseif word then
      depth = depth + (opens[word] or 0) - (closes[word] or 0)
      at = at + #word
      local rewritten, after
      if word == "local" and depth == 0 then rewritten, after = globals_of(text, at) end
      if rewritten then
        if rewritten:find "function" then depth = depth + 1 end
        out[#out + 1], at = "     " .. rewritten, after
      else
        out[#out + 1] = word
      end
    else
      local other = text:match("^[^%a_\"'%-%[]+", at) or text:sub(at, at)
      -- A number such as 0x1e is no word.
      local number = text:match("^%d[%w_%.]*", at)
      other = number or other:match "^[^%d]+" or other
      out[#out + 1] = other
      at = at + #other
    end
  end
  return table.concat(out)
end

local function is_incomplete(message)
  if message:find("unfinished string", 1, true) then return false end -- it ends with its line
  return message:sub(-5) == "<eof>" or message:find("unfinished long", 1, true) ~= nil
end

--- The function of what was typed; or nil, message; or nil, message, true when more lines are
-- needed. Its second result is true when it gives the values of an expression.
function chunk.compile(text, environment)
  local name = "=input"
  local expression = text:gsub("^%s*=", "", 1)
  local compiled = load("return " .. expression .. "\n", name, "t", environment)
  if compiled then return compiled end
  local message
  compiled, message = load(chunk.globals(text), name, "t", environment)
  if compiled then return compiled end
  if is_incomplete(message) then return nil, message, true end
  -- "1 +" is no statement, but an expression that goes on.
  local _, other = load("return " .. expression, name, "t", environment)
  if other and is_incomplete(other) and expression:find "%S" then return nil, other, true end
  return nil, message
end

return chunk
