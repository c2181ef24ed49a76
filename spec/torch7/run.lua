-- Runs a program in real Torch7, luajit run.lua PROGRAM ARGUMENTS ...; the stand-in for nn serves
-- where that package is not installed.
if not pcall(require, "nn") then
  package.preload.nn = function() return dofile "spec/torch7/standin/nn.lua" end
end
local program = table.remove(_G.arg, 1)
_G.arg[0] = program
dofile(program)
