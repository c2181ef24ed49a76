rockspec_format = "3.0"
package = "circlet"
version = "0.1.0-1"
source = { url = "." } -- for `luarocks make` in a checkout
description = {
  summary = "Circle Loss, tensors and training for metric learning, scripted in Lua",
  detailed = [[
    C kernels expose strided tensors and the Circle Loss forward and backward pass as a Lua module.
    The loss streams over tiles of similarities and never stores the B x B matrix.
    Needs OpenBLAS, zlib, libpng and libjpeg-turbo with their headers, gcc and make.]],
  license = "MIT",
}
dependencies = { "lua >= 5.4, < 5.5", "argparse", "luafilesystem", "luv" }
build = {
  type = "make",
  build_variables = { LUA_CFLAGS = "-I$(LUA_INCDIR)" },
  install_target = "install-rock",
  -- What lies in LIBDIR LuaRocks takes for modules, links of a library's names too, and moves it.
  install_variables = { PREFIX = "$(PREFIX)", LUADIR = "$(LUADIR)", LIBDIR = "$(LIBDIR)",
    SHLIBDIR = "$(PREFIX)/library", LUA_CFLAGS = "-I$(LUA_INCDIR)" },
}
