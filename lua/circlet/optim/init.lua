--- Optimisers with Torch7's contract: `x, { fx } = optim.method(opfunc, x, config [, state])`.
--
-- opfunc(x) returns f and df/dx, a tensor of x's type and size; x, a Float or Double tensor, is
-- updated in place and returned with a list of the function values seen. config holds settings and
-- is read at each call, so a schedule just changes it. What a method must remember it keeps in
-- state, which is config itself unless given: numbers and tensors only, so that it can be saved and
-- a run resumed to the same bits. An optimiser never changes the gradient it is given.
--
--     local optim, config = circlet.optim, { learningRate = 0.1 }
--     local x = circlet.DoubleTensor { 3, -2 }
--     for _ = 1, 100 do
--       optim.adam(function(p)
--         local f, g = 0, p:clone()
--         for i = 1, 2 do f, g[i] = f + p[i] ^ 2, 2 * p[i] end
--         return f, g
--       end, x, config)
--     end
--     print(math.abs(x[1]) < 0.1)         -- true
return {
  sgd = require "circlet.optim.sgd",
  adam = require "circlet.optim.adam",
  adamw = require "circlet.optim.adamw",
  rmsprop = require "circlet.optim.rmsprop",
  adagrad = require "circlet.optim.adagrad",
  lbfgs = require "circlet.optim.lbfgs",
  lswolfe = require "circlet.optim.lswolfe",
  Logger = require "circlet.optim.Logger",
  ConfusionMatrix = require "circlet.optim.ConfusionMatrix",
  checkgrad = require "circlet.optim.checkgrad",
}
