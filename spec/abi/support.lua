-- Where the library under test stands, and how programs link with it.
local support = {}

--- The folder of libcirclet.so.
support.build = (os.getenv "LUA_CPATH" or ""):match "^([^;]*)/%?%.so" or "build"

local pipe = io.popen(("nm -D '%s/libcirclet.so' 2>/dev/null"):format(support.build))
local symbols = pipe:read "a"
pipe:close()

--- Whether the library needs the runtime of a sanitizer, which only programs that are compiled for
-- it bring along.
support.sanitized = symbols:find("__asan_init", 1, true) ~= nil

--- Flags of gcc for a program that uses the library.
support.flags = (support.sanitized and "-fsanitize=address,undefined " or "")
  .. ("-Icore -L'%s' -Wl,-rpath,'%s'"):format(support.build, support.build)

--- A Python whose NumPy speaks DLPack 1.x (2.1 or later), quoted: $PYTHON, that of bench-peers,
-- or python3. Otherwise nil and why.
function support.numpy()
  local peers = (os.getenv "HOME" or "") .. "/.cache/circlet/peers/bin/python"
  for _, name in ipairs { os.getenv "PYTHON" or "", peers, "python3" } do
    local quoted = "'" .. name:gsub("'", "'\\''") .. "'"
    local test = quoted .. " -c 'import numpy; v = numpy.__version__.split(\".\"); " ..
      "exit((int(v[0]), int(v[1])) < (2, 1))' 2>/dev/null"
    if name ~= "" and os.execute(test) then return quoted end
  end
  return nil, "no Python with NumPy 2.1 is here"
end

return support
