--- An entry of the manual as text for a terminal.
local text = {}

-- Words of prose filled to lines; an indented paragraph or a list keeps its own.
local function fill(s, width, indent)
  local out, line = {}, indent
  for word in s:gmatch "%S+" do
    if #line + #word + 1 > width and line:find "%S" then
      out[#out + 1] = line
      line = indent
    end
    line = line == indent and indent .. word or line .. " " .. word
  end
  if line:find "%S" then out[#out + 1] = line end
  return table.concat(out, "\n")
end

-- How it is called: circlet.circle_loss(x, labels [, options]).
function text.signature(entry, name)
  name = name or entry.name
  if entry.class or not (entry.params or entry.arguments) then return name end
  local arguments = entry.params
  if not arguments then
    arguments = {}
    for i, argument in ipairs(entry.arguments) do arguments[i] = { name = argument } end
  end
  -- Brackets around what may be left out stay open to the end, but where a needed one follows.
  local words, open = {}, 0
  local last_needed = 0
  for i, param in ipairs(arguments) do
    if not param.optional then last_needed = i end
  end
  for i, param in ipairs(arguments) do
    if param.name ~= "self" and param.name ~= "_" then
      local first = #words == 0
      if not param.optional then
        words[#words + 1] = (first and "" or ", ") .. param.name
      elseif i < last_needed then
        words[#words + 1] = (first and "[" or " [, ") .. param.name .. "]"
      else
        words[#words + 1] = (first and "[" or " [, ") .. param.name
        open = open + 1
      end
    end
  end
  return name .. "(" .. table.concat(words) .. ("]"):rep(open) .. ")"
end

local function section(out, title, style)
  out[#out + 1] = ""
  out[#out + 1] = style(title)
end

local function table_of(out, title, items, width, style)
  if not items then return end
  section(out, title, style)
  local longest = 0
  for _, item in ipairs(items) do longest = math.max(longest, #(item.name or item.type)) end
  longest = math.min(longest, 20)
  for _, item in ipairs(items) do
    local head = item.name or item.type
    local kind = item.name and item.type or ""
    local body = fill(kind .. (kind ~= "" and item.text ~= "" and ": " or "") .. item.text, width,
      (" "):rep(longest + 4))
    local gap = "  " .. head .. (" "):rep(longest + 2 - #head)
    if #head > longest then
      out[#out + 1] = "  " .. head
      out[#out + 1] = body
    else
      out[#out + 1] = gap .. body:sub(longest + 5)
    end
  end
end

local function prose(out, title, items, width, style)
  if not items then return end
  section(out, title, style)
  for _, item in ipairs(items) do out[#out + 1] = fill(item, width, "  ") end
end

local function plain(s) return s end

--- The entry as lines. options: width (80), style: a function that makes a title stand out, name:
-- under which it is asked for.
function text.lines(entry, options)
  options = options or {}
  local width, style = options.width or 80, options.style or plain
  local out = { style(text.signature(entry, options.name)) }
  out[2] = ""
  for line in (entry.description .. "\n"):gmatch "(.-)\n" do out[#out + 1] = line end
  if entry.method then
    out[#out + 1] = ("Also a method, x:%s%s"):format(entry.name:match "[%w_]+$",
      entry.method ~= "" and ": " .. entry.method or ".")
  end
  if entry.parent then out[#out + 1] = "Inherits from " .. entry.parent .. "." end
  table_of(out, "Arguments", entry.params, width, style)
  table_of(out, "Options", entry.options, width, style)
  table_of(out, "Returns", entry.returns, width, style)
  table_of(out, "Fields", entry.fields, width, style)
  prose(out, "Errors", entry.errors, width, style)
  prose(out, "Source", entry.sources, width, style)
  for i, code in ipairs(entry.examples or {}) do
    section(out, #entry.examples > 1 and "Example " .. i or "Example", style)
    for line in (code .. "\n"):gmatch "(.-)\n" do out[#out + 1] = "  " .. line end
  end
  if entry.see then prose(out, "See", entry.see, width, style) end
  return out
end

return text
