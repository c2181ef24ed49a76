-- Run by the bundle's Lua, with the bundle's folder: everything comes from the bundle, but for the
-- C library.
local root = arg[1] .. "/"

for _, name in ipairs { "circlet", "circlet.core", "argparse", "lfs", "luv", "busted", "cliargs",
  "luassert", "mediator", "pl", "say", "system", "system.core", "term", "term.core", "readline" } do
  require(name)
end

local found = 0
for name in pairs(package.loaded) do
  local path = package.searchpath(name, package.path) or package.searchpath(name, package.cpath)
  if path then
    assert(path:sub(1, #root) == root, name .. " comes from " .. path)
    found = found + 1
  end
end
assert(found > 20)

local glibc = { libc = true, libm = true, libdl = true, librt = true, libpthread = true }
local own, others = 0, {}
for line in io.lines "/proc/self/maps" do
  local path = line:match "%s(/.*)$"
  if path and path:sub(1, #root) == root then
    own = own + 1
  elseif path then
    local name = path:match "([^/]+)%.so[^/]*$"
    assert(name and (glibc[name] or name:find "^ld%-"), path .. " is not of the bundle")
    others[name] = true
  end
end
assert(own > 0 and others.libc)
