--- Torch7's names for scripts written for it: `lua -l circlet.torch7 script.lua`.
--
-- Sets the globals torch, nn, optim, paths, xlua and sys, which require "torch" and so on return as
-- well; the functions that Lua 5.1 had (lua51.lua); and Torch7's default type, DoubleTensor. In
-- this Lua state type() of a tensor says "torch.DoubleTensor", and so does print.
--
-- What differs from real Torch7 stands in the README, section "From Torch7".
local circlet = require "circlet"
local lua51 = require "circlet.torch7.lua51"

lua51.install(_G)
circlet.settypenames "torch"
circlet.setdefaulttensortype "torch.DoubleTensor"

local packages = {
  torch = require "circlet.torch7.torch", nn = circlet.nn, optim = circlet.optim,
  paths = require "circlet.torch7.paths", xlua = require "circlet.torch7.xlua",
  sys = require "circlet.torch7.sys",
}

for name, package_table in pairs(packages) do
  _G[name] = package_table
  package.loaded[name] = package_table
end

return packages.torch
