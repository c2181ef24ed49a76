-- Peak memory of circlet in one cell, in a process of its own: prints bytes of resident memory that
-- the call added, and bytes that circlet counted in tensors and workspaces.
--
--     lua scripts/bench/memory.lua pair-1024x64 2        cell, threads
dofile((arg[0]:match("^.*/") or "./") .. "../prelude.lua")
local cells = require "circlet.bench.cells"
local circlet = require "circlet"
local memory = require "circlet.bench.memory"

local name, threads = arg[1], tonumber(arg[2])
circlet.setnumthreads(threads)
for _, quick in ipairs { false, true } do
  local cell = cells.only(cells.list(quick), { name })[1]
  if cell then
    -- Threads and their stacks come with the first call that shares out work.
    local small = { kind = cell.kind, B = 256, D = 16, C = cell.C and 256 }
    cells.circlet(small, cells.inputs(small))
    local inputs = cells.inputs(cell)
    collectgarbage()
    local held = circlet.memory(true)
    local added = memory.added(function() cells.circlet(cell, inputs) end)
    local _, peak = circlet.memory()
    print(added and ("%d"):format(added) or "-", ("%d"):format(peak - held))
    return
  end
end
error("memory.lua: there is no cell " .. tostring(name))
