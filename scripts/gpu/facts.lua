-- Prints one line of JSON: whether there is a GPU, what it is, and what it would be used by.
dofile((arg[0]:match("^.*/") or "./") .. "../prelude.lua")
local circlet = require "circlet"
local cuda = circlet.cuda

local available, reason = cuda.available()
local config = circlet.config()
local facts = { available = available, reason = reason, built = cuda.built(),
  version = circlet._VERSION, cpu = config.cpu, cores = config.cores }
if available then facts.device = cuda.getDeviceProperties() end
print(circlet.json.encode(facts))
