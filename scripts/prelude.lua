-- What every script here begins with: finds the tree that the script stands in, so that it runs
-- from any folder after `make`, and says what to do when something is missing. Returns the root of
-- the tree.
--
--     local root = dofile((arg[0]:match("^.*/") or "./") .. "prelude.lua")
--
-- `lua` may be another version than 5.4 (on Debian it often is 5.1). Then the script is handed to
-- lua5.4, which is why this file, and the syntax of every script, keeps to what Lua 5.1 can parse.
local function fail(...)
  io.stderr:write(table.concat({ "circlet: ", ... }), "\n")
  os.exit(1)
end

if _VERSION ~= "Lua 5.4" then
  local words = { "exec lua5.4" }
  for i = 0, #arg do words[i + 2] = "'" .. arg[i]:gsub("'", "'\\''") .. "'" end
  local status = os.execute("command -v lua5.4 >/dev/null 2>&1")
  if status ~= 0 and status ~= true then
    fail("this is ", _VERSION, " and the scripts need Lua 5.4: install it (`make deps`) and run",
      "\n  lua5.4 ", arg[0])
  end
  local a, _, code = os.execute(table.concat(words, " "))
  if type(a) == "number" then -- Lua 5.1 returns what wait() does
    code = a % 256 > 0 and 128 + a % 256 or math.floor(a / 256)
  end
  os.exit(code)
end

local folder = arg[0]:match("^.*/") or "./"
local root = folder
for _ = 1, 3 do
  root = root .. "../"
  local file = io.open(root .. "lua/circlet/init.lua")
  if file then
    file:close()
    break
  end
end
-- "scripts/../" is what leads nowhere.
local again = 1
while again > 0 do root, again = root:gsub("[^/.]+/%.%./", "") end
if root == "" then root = "./" end
package.path = root .. "lua/?.lua;" .. root .. "lua/?/init.lua;" .. package.path
package.cpath = root .. "build/?.so;" .. package.cpath

for _, name in ipairs { "circlet.core", "argparse", "lfs" } do
  local found, message = pcall(require, name)
  if not found then
    if not tostring(message):find("module '" .. name .. "' not found", 1, true) then
      fail(tostring(message), "\n`make -C ", root, " deps all` installs and builds what is needed")
    elseif name == "circlet.core" then
      fail("not built. Build it with\n  make -C ", root, " deps all")
    else
      fail("the Lua module ", name, " is missing. Install it with\n  make -C ", root, " deps")
    end
  end
end

return root
