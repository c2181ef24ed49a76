std = "lua54"
max_line_length = 100
exclude_files = { "build/", "runs/", ".luarocks/" }
files["spec/"] = { std = "lua54+busted" }
files["*.rockspec"] = { std = "rockspec" }
