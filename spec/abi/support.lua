-- Where the library under test stands, and how programs link with it.
local support = {}

--- The folder of libcirclet.so.
support.build = (os.getenv "LUA_CPATH" or ""):match "^([^;]*)/%?%.so" or "build"

local pipe = io.popen(("nm -D '%s/libcirclet.so'"):format(support.build))
local symbols = pipe:read "a"
pipe:close()

--- Whether the library needs the runtime of a sanitizer, which only programs that are compiled for
-- it bring along.
support.sanitized = symbols:find("__asan_init", 1, true) ~= nil

--- Flags of gcc for a program that uses the library.
support.flags = (support.sanitized and "-fsanitize=address,undefined " or "")
  .. ("-Icore -L'%s' -Wl,-rpath,'%s'"):format(support.build, support.build)

return support
