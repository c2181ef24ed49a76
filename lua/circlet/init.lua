--- circlet: tensors and Circle Loss for metric learning.
-- What `require "circlet"` returns: the functions of the compiled core under their public names,
-- and the Lua packages (nn, optim, data, metrics, report), loaded when first used.
local core = require "circlet.core"
local lazy = require "circlet.packages"

local circlet = { _VERSION = "circlet " .. core.version }

for name, value in pairs(core) do
  if type(value) == "function" then circlet[name] = value end
end

--- A tensor type as a class: `circlet.FloatTensor(2, 3)` or `circlet.FloatTensor.new(2, 3)`.
local function class_of(name, construct)
  return setmetatable({ __typename = "circlet." .. name, new = construct }, {
    __call = function(_, ...) return construct(...) end,
  })
end

for _, element in ipairs { "Float", "Double", "Long", "Int", "Byte", "Short", "Char",
  "Cuda", "CudaDouble", "CudaHalf", "CudaBFloat16", "CudaLong", "CudaInt", "CudaByte" } do
  for _, kind in ipairs { "Tensor", "Storage" } do
    circlet[element .. kind] = class_of(element .. kind, core[element .. kind])
  end
end

require "circlet.tensor.display"

circlet.cuda = require "circlet.cuda"

local serialize = require "circlet.serialize"
for _, name in ipairs { "load", "save", "serialize", "deserialize" } do
  circlet[name] = serialize[name]
end

--- The type name of anything: "circlet.FloatTensor", "nn.Linear", or Lua's own type name.
circlet.type = require("circlet.class").type

--- Facts of the build and the machine, and what holds it back (config.lua).
-- @return table facts its tostring is a report; circlet, lua, compiler, cpu, cores, threads,
--   simd, blas, cuda, warnings and more
-- @example
-- circlet.config().threads >= 1    --> true
function circlet.config() return require("circlet.config").read() end

local packages = {
  npy = "circlet.npy", json = "circlet.json",
  nn = "circlet.nn", optim = "circlet.optim", data = "circlet.data", metrics = "circlet.metrics",
  report = "circlet.report", train = "circlet.train", class = "circlet.class",
  diagnose = "circlet.diagnose", -- a function
  accumulate = "circlet.accumulate", -- a function
  study = "circlet.study", presets = "circlet.presets", plot = "circlet.plot",
}

return lazy(circlet, packages)
