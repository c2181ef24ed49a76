--- Where the prompt's lines come from: GNU readline on a terminal, through lua-readline; plain
-- lines where that is missing or the input is no terminal.
--
-- An editor has read(prompt) -> line, or nil and "interrupt" (Ctrl-C) or "end" (Ctrl-D, the end of
-- the input), and remember(text), which adds to the history.
--
-- While a line is edited Ctrl-C is ignored but for the time in which the process waits for a key;
-- there it is seen by wait_input, so that no signal handler of readline's or Lua's ever runs in the
-- middle of readline. `handler` is what Ctrl-C did before, and is put back after each line.
local files = require "circlet.report.files"
local process = require("circlet.core").process

local editor = {}

local KEEP = 2000 -- lines of history

--- Where the history is kept: CIRCLET_HISTORY, or a file in XDG_STATE_HOME; nil: nowhere.
function editor.history_path()
  local path = os.getenv "CIRCLET_HISTORY"
  if path then return path ~= "" and path or nil end
  local home = os.getenv "HOME"
  local state = os.getenv "XDG_STATE_HOME"
  if not state or state == "" then state = home and home .. "/.local/state" end
  return state and state .. "/circlet/history"
end

-- One entry a line: what was typed in several lines is kept as one.
local function encode(entry)
  return (entry:gsub("[\\\n]", { ["\\"] = "\\\\", ["\n"] = "\\n" }))
end
local function decode(line)
  return (line:gsub("\\(.)", function(c) return c == "n" and "\n" or c end))
end

--- The entries of a history file, oldest first; the file is cut when it has grown to twice what is
-- kept.
function editor.read_history(path)
  local list, file = {}, io.open(path)
  if not file then return list end
  for line in file:lines() do list[#list + 1] = line end
  file:close()
  local kept = table.move(list, math.max(1, #list - KEEP + 1), #list, 1, {})
  if #list > 2 * KEEP then files.write(path, table.concat(kept, "\n") .. "\n") end
  for i, line in ipairs(kept) do kept[i] = decode(line) end
  return kept
end

-- Adds one entry at once, so that nothing is lost when the process is killed and several prompts
-- share the file.
local function append(path, entry)
  local folder = path:match "^(.*)/[^/]*$"
  if folder and not files.kind(folder) then files.make_folder(folder) end
  local file = io.open(path, "a")
  if not file then return end
  file:write(encode(entry), "\n")
  file:close()
end

-- An editor's part that both kinds share.
local function with_history(self, path, add)
  local last
  for _, entry in ipairs(path and editor.read_history(path) or {}) do
    add(entry)
    last = entry
  end
  function self.remember(entry)
    if entry == last or not entry:find "%S" then return end
    last = entry
    add(entry)
    if path then append(path, entry) end
  end
  return self
end

-- Answers a signal that came instead of a key: what read() returns, or nothing to go on.
local function answer(event)
  if event == "interrupt" then return "interrupt" end
  if event == "end" then return "end" end
  process.suspend()
end

--- Lines from standard input without editing; prompts only on a terminal. `interactive` says so.
function editor.plain(handler, interactive)
  local self = {}
  if interactive then io.stdin:setvbuf "no" end
  function self.read(prompt)
    if not interactive then return io.read "L" end
    io.write(prompt)
    io.stdout:flush()
    while true do
      local event = process.wait_input(0)
      if event == "ready" then break end
      local told = answer(event)
      if told then return nil, told end
      io.write(prompt)
      io.stdout:flush()
    end
    process.ignore_interrupt()
    local line = io.read "L"
    process.restore_interrupt(handler)
    if not line then return nil, "end" end
    return (line:gsub("\n$", ""))
  end
  return with_history(self, nil, function() end)
end

--- Lines edited with readline; nil when lua-readline is not installed. complete(line) gives a list
-- of texts and what they stand in place of.
function editor.readline(handler, complete, path)
  local found, readline = pcall(require, "readline")
  if not found then return nil end
  readline.set_options { histfile = "", auto_add = false, completion = true }
  readline.set_readline_name "circlet"
  readline.set_complete_function(function(text, from, after)
    readline.set_completion_append_character "" -- readline forgets it each time
    local ok, list, typed = pcall(complete, text:sub(1, after - 1))
    if not ok then return {} end
    -- readline's own word may begin elsewhere than ours: at a brace, not at a comma.
    local before = text:sub(from, after - 1 - #typed)
    for i, candidate in ipairs(list) do list[i] = before .. candidate end
    return list
  end)
  local self, cooked = {}, process.keep_terminal()
  -- Only in the handler of a complete line may handler_remove be called: it closes the stream that
  -- readline otherwise still gives the terminal back through. So what comes instead of a line gives
  -- it back here, and leaves the line by beginning another one (for which lua-readline opens the
  -- terminal once more).
  local function leave(event)
    if event == "interrupt" or not cooked then return answer(event) end
    local raw = process.keep_terminal()
    process.restore_terminal(cooked)
    io.write "\27[?2004l\r" -- pastes are no longer marked
    io.stdout:flush()
    local told = answer(event)
    if not told and raw then process.restore_terminal(raw) end
    return told
  end
  local function edit(prompt)
    local line, ended
    local function install()
      readline.handler_install(prompt, function(typed)
        line, ended = typed, true
        readline.handler_remove()
      end)
    end
    install()
    while not ended do
      local event = process.wait_input(0)
      if event == "ready" then
        readline.read_char()
      else
        local told = leave(event)
        if told then return nil, told end
        install()
      end
    end
    if not line then return nil, "end" end
    return line
  end
  function self.read(prompt)
    io.stdout:flush()
    process.ignore_interrupt()
    local line, event = edit(prompt)
    process.restore_interrupt(handler)
    return line, event
  end
  return with_history(self, path, readline.add_history)
end

return editor
