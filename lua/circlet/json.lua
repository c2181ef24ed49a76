--- JSON (RFC 8259): deterministic writing, strict reading.
--
--     json.encode { gamma = 80, m = 0.25, recall = { 0.9, 0.95 } }
--         --> {"gamma":80,"m":0.25,"recall":[0.9,0.95]}
--     json.decode '[1, 2.5, null]'      --> { 1, 2.5, json.null }
--
-- Keys are written in sorted order. A number is written as the shortest of %.14g, %.15g, %.16g and
-- %.17g that reads back as the same number. A table is an array when its keys are 1..n with n >= 1
-- or when json.array() marked it, and an object otherwise; the empty table is {} unless marked.
-- decode() marks arrays, so that what was read is written alike.
local json = {}

--- Stands for null, which a Lua table cannot hold. decode() returns it too.
json.null = setmetatable({}, {
  __tostring = function() return "null" end,
  __newindex = function() error("json.null cannot be changed", 2) end,
})

local Array = { __name = "json.array" }

--- Marks a table (a new one by default) as an array and returns it.
-- @param list? table
-- @return table list
-- @example
-- circlet.json.encode(circlet.json.array())    --> []
function json.array(list) return setmetatable(list or {}, Array) end

local max_depth = 512

-- Encoding

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n",
  ["\r"] = "\\r", ["\t"] = "\\t" }

-- path: the keys and indices on the way to a value.
local function refuse(path, what)
  local place = #path == 0 and "the value" or "value"
  for _, key in ipairs(path) do
    place = place .. (type(key) == "number" and "[%d]" or ".%s"):format(key)
  end
  error(("json: %s %s"):format(place, what), 0)
end

local function encode_string(s, path)
  if not s:find '[^ !#-%[%]-~]' then return '"' .. s .. '"' end
  if not utf8.len(s) then refuse(path, "is or has as a key a string that is not UTF-8") end
  return '"' .. s:gsub('[%c"\\]', function(c)
    return escapes[c] or c:byte() < 32 and ("\\u%04x"):format(c:byte()) or nil
  end) .. '"'
end

local function encode_number(n, path, nan)
  if math.type(n) == "integer" then return ("%d"):format(n) end
  if n ~= n or n == math.huge or n == -math.huge then
    if nan == "null" then return "null" end
    if nan == "bare" then return n ~= n and "NaN" or n > 0 and "Infinity" or "-Infinity" end
    refuse(path, ("is %s, which JSON cannot hold (option nan = \"null\" writes null)"):format(n))
  end
  for digits = 14, 16 do
    local text = ("%%.%dg"):format(digits):format(n)
    if tonumber(text) == n then return text end
  end
  return ("%.17g"):format(n)
end

--- A number as encode() writes it, NaN and the infinities as with { nan = "bare" }.
-- @param n number
-- @return string
-- @example
-- circlet.json.number(0.1)    --> 0.1
function json.number(n) return encode_number(n, nil, "bare") end

-- The number of elements when `t` is an array, otherwise nil.
local function array_length(t, path)
  local count, largest = 0, 0
  for key in next, t do
    if math.type(key) ~= "integer" or key < 1 then
      count = nil
      break
    end
    count, largest = count + 1, math.max(largest, key)
  end
  local marked = getmetatable(t) == Array
  if count and count == largest and (count > 0 or marked) then return count end
  if marked then refuse(path, "is marked as an array but its keys are not 1..n") end
  return nil
end

local encode_value

local function encode_array(t, length, path, options, out)
  out[#out + 1] = "["
  for i = 1, length do
    if i > 1 then out[#out + 1] = "," end
    path[#path + 1] = i
    encode_value(t[i], path, options, out)
    path[#path] = nil
  end
  out[#out + 1] = "]"
end

local function encode_object(t, path, options, out)
  local keys = {}
  for key in next, t do
    if type(key) ~= "string" then
      refuse(path, ("has the key %s: keys must all be strings, or 1..n"):format(tostring(key)))
    end
    keys[#keys + 1] = key
  end
  table.sort(keys)
  out[#out + 1] = "{"
  for i, key in ipairs(keys) do
    out[#out + 1] = (i > 1 and "," or "") .. encode_string(key, path) .. ":"
    path[#path + 1] = key
    encode_value(t[key], path, options, out)
    path[#path] = nil
  end
  out[#out + 1] = "}"
end

function encode_value(value, path, options, out)
  local kind = type(value)
  if value == nil or rawequal(value, json.null) then
    out[#out + 1] = "null"
  elseif kind == "boolean" then
    out[#out + 1] = tostring(value)
  elseif kind == "number" then
    out[#out + 1] = encode_number(value, path, options.nan)
  elseif kind == "string" then
    out[#out + 1] = encode_string(value, path)
  elseif kind == "table" then
    if #path >= max_depth then refuse(path, "is nested too deeply, or contains itself") end
    local length = array_length(value, path)
    if length then
      encode_array(value, length, path, options, out)
    else
      encode_object(value, path, options, out)
    end
  else
    refuse(path, "is a " .. kind)
  end
end

--- The JSON text of a value, on one line.
-- options.nan, for NaN and the infinities: "error" (default), "null", or "bare", which writes the
-- words NaN, Infinity and -Infinity as Python does. Raises for functions, userdata, keys of mixed
-- kinds, strings that are not UTF-8, and nesting beyond 512 (cycles).
-- @param value any tables, strings, numbers, booleans, json.null
-- @param options? table
-- @option nan "error"|"null"|"bare" what becomes of NaN and the infinities
-- @return string text
-- @error Raises for what JSON cannot hold, with its place.
-- @example
-- circlet.json.encode { gamma = 80, recall = { 0.9, 0.95 } }  --> {"gamma":80,"recall":[0.9,0.95]}
function json.encode(value, options)
  options = options or {}
  local nan = options.nan
  if nan and nan ~= "null" and nan ~= "error" and nan ~= "bare" then
    error("json.encode: option nan must be \"null\", \"bare\" or \"error\", got " .. tostring(nan),
      2)
  end
  local out = {}
  local ok, message = pcall(encode_value, value, {}, options, out)
  if not ok then error(message, 2) end
  return table.concat(out)
end

-- Decoding. Each decode_* takes the text and a position and returns the value and the position
-- after it; broken() leaves with the place in words.

local Broken = {}

local function broken(text, at, what)
  local before = text:sub(1, at - 1)
  local _, lines = before:gsub("\n", "")
  local column = at - (before:find "\n[^\n]*$" or 0)
  error(setmetatable({ ("json: line %d, column %d: %s"):format(lines + 1, column, what) }, Broken))
end

local function skip(text, at) return text:find("[^ \t\r\n]", at) or #text + 1 end

local unescape = { ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r",
  t = "\t" }

-- \uXXXX at `at` (the backslash); pairs of surrogates make one character.
local function decode_unicode(text, at)
  local hex = text:match("^\\u(%x%x%x%x)", at)
  if not hex then broken(text, at, "\\u needs four hexadecimal digits") end
  local code = tonumber(hex, 16)
  if code < 0xD800 or code > 0xDFFF then return utf8.char(code), at + 6 end
  local low = tonumber(text:match("^\\u(%x%x%x%x)", at + 6) or "0", 16)
  if code > 0xDBFF or low < 0xDC00 or low > 0xDFFF then
    broken(text, at, "half of a surrogate pair")
  end
  return utf8.char(0x10000 + (code - 0xD800 << 10) + (low - 0xDC00)), at + 12
end

local function decode_string(text, at)
  local plain, after = text:match('^"([^%c"\\]*)"()', at)
  if plain then return plain, after end
  local parts, i = {}, at + 1
  while true do
    local stop = text:find('[%c"\\]', i)
    if not stop then broken(text, at, "a string without an end") end
    parts[#parts + 1] = text:sub(i, stop - 1)
    local c = text:sub(stop, stop)
    if c == '"' then return table.concat(parts), stop + 1 end
    if c == "\\" then
      local escaped = text:sub(stop + 1, stop + 1)
      if escaped == "u" then
        parts[#parts + 1], i = decode_unicode(text, stop)
      elseif unescape[escaped] then
        parts[#parts + 1], i = unescape[escaped], stop + 2
      else
        broken(text, stop, "an unknown escape sequence")
      end
    elseif c == "\127" then
      parts[#parts + 1], i = c, stop + 1
    else
      broken(text, stop, "a control character in a string")
    end
  end
end

-- Whether the words NaN, Infinity and -Infinity are numbers in the text being decoded.
local bare = false
local bare_numbers = { NaN = 0 / 0, Infinity = math.huge, ["-Infinity"] = -math.huge }

local function decode_number(text, at)
  local name = bare and text:match("^-?%u%l+%u?", at)
  if name and bare_numbers[name] then return bare_numbers[name], at + #name end
  local whole = text:match("^-?%d+", at)
  if not whole or whole:find "^-?0%d" then broken(text, at, "a value expected") end
  local fraction = text:match("^%.%d+", at + #whole) or ""
  local exponent = text:match("^[eE][+-]?%d+", at + #whole + #fraction) or ""
  local after = at + #whole + #fraction + #exponent
  if text:find("^[%w.+-]", after) then broken(text, after, "a malformed number") end
  local n = tonumber(text:sub(at, after - 1))
  if n == 0 and whole:sub(1, 1) == "-" then n = -0.0 end
  return n, after
end

local decode_value

local function decode_array(text, at, depth)
  local list = json.array()
  at = skip(text, at + 1)
  if text:byte(at) == 93 then return list, at + 1 end
  while true do
    list[#list + 1], at = decode_value(text, at, depth + 1)
    at = skip(text, at)
    local c = text:sub(at, at)
    if c == "]" then return list, at + 1 end
    if c ~= "," then broken(text, at, "',' or ']' expected") end
    at = skip(text, at + 1)
  end
end

local function decode_object(text, at, depth)
  local object = {}
  at = skip(text, at + 1)
  if text:byte(at) == 125 then return object, at + 1 end
  while true do
    if text:byte(at) ~= 34 then broken(text, at, "a key in double quotes expected") end
    local key, after = decode_string(text, at)
    if object[key] ~= nil then broken(text, at, ("the key %q comes twice"):format(key)) end
    at = skip(text, after)
    if text:byte(at) ~= 58 then broken(text, at, "':' expected") end
    object[key], at = decode_value(text, skip(text, at + 1), depth + 1)
    at = skip(text, at)
    local c = text:sub(at, at)
    if c == "}" then return object, at + 1 end
    if c ~= "," then broken(text, at, "',' or '}' expected") end
    at = skip(text, at + 1)
  end
end

function decode_value(text, at, depth)
  if depth > max_depth then broken(text, at, "nested too deeply") end
  local c = text:sub(at, at)
  if c == "{" then return decode_object(text, at, depth) end
  if c == "[" then return decode_array(text, at, depth) end
  if c == '"' then return decode_string(text, at) end
  local word = text:match("^%a+", at)
  if word == "true" then return true, at + 4 end
  if word == "false" then return false, at + 5 end
  if word == "null" then return json.null, at + 4 end
  return decode_number(text, at)
end

local function decode_all(text)
  local valid, wrong = utf8.len(text)
  if not valid then broken(text, wrong, "the text is not UTF-8") end
  local value, at = decode_value(text, skip(text, 1), 1)
  at = skip(text, at)
  if at <= #text then broken(text, at, "the text goes on after the value") end
  return value
end

--- The value of a JSON text. Whole numbers that fit 64 bits are Lua integers, null is json.null.
-- options.nan = "bare" reads the words NaN, Infinity and -Infinity as Python writes them. Returns
-- the value; or nil, message with line and column, "format".
-- @param text string
-- @param options? table
-- @option nan "bare" reads the words NaN, Infinity, -Infinity
-- @return any value
-- @example
-- circlet.json.decode("[1, 2.5, null]")    --> json.array {1, 2.5, null}
function json.decode(text, options)
  if type(text) ~= "string" then
    error("json.decode: a string expected, got " .. type(text), 2)
  end
  bare = options ~= nil and options.nan == "bare"
  local ok, value = pcall(decode_all, text)
  if ok then return value end
  if getmetatable(value) == Broken then return nil, value[1], "format" end
  error(value, 0)
end

return json
