std = "lua54"
max_line_length = 100
exclude_files = { "build/", "runs/", ".luarocks/" }
files["spec/"] = { std = "lua54+busted" }
files["lua/circlet/manual/core/"] = { -- never run: declarations of what C defines, for the manual
  globals = { "circlet", "Tensor", "Storage", "Generator", "Timer" }, unused_args = false,
  max_line_length = false,
}
files["lua/circlet/ffi.lua"] = { std = "luajit" }
files["spec/torch7/scripts/"] = { -- written for Torch7, as its scripts are
  std = "lua51", globals = { "torch", "nn", "optim", "paths", "xlua", "sys" },
  ignore = { "143" }, -- table.getn
}
files["*.rockspec"] = { std = "rockspec" }
