--- The gradient of a pair-wise loss at any similarities of one positive and one negative pair.
--
-- An anchor of one number, 1, and two references of one number have these numbers as dot products:
-- the gradients of the references are those of the similarities.
-- @param name string of the loss: "circle", "unified", "triplet_hard", ... (circlet.NAME_loss)
-- @param options? table of that loss
-- @return fun(s_n:number,s_p:number):number,number gradient gives dL/ds_n and dL/ds_p
-- @error Raises for a loss that there is not; what it returns raises for options that do not fit.
-- @example
-- local gradient = circlet.plot.gradient_of("circle", { m = 0.25, gamma = 1 })
-- gradient(0.8, 0.8)          --> 0.66705959  -0.28588268
local check = require "circlet.plot.check"
local circlet = require "circlet"

return function(name, options)
  local loss = type(name) == "string" and circlet[name .. "_loss"]
  if not loss then check.fail("gradient_of", "there is no loss %s", tostring(name)) end
  local settings = {}
  for key, value in pairs(options or {}) do settings[key] = value end
  settings.similarity = "dot"
  local anchor, pair = circlet.DoubleTensor { { 1 } }, circlet.DoubleTensor(2, 1)
  local labels = { circlet.LongTensor { 1 }, circlet.LongTensor { 1, 2 } }
  return function(s_n, s_p)
    pair[1][1], pair[2][1] = s_p, s_n
    local _, gradients = loss({ anchor, pair }, labels, settings)
    return gradients[2][2][1], gradients[2][1][1]
  end
end
