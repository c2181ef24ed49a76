-- The order in which tiles of pair-wise losses and of retrieval are met (core/cpu/pair_schedule.h).
local files = require "spec.io.support"
local shell = require "circlet.report.shell"

describe("the order of tiles", function()
  it("brings every two blocks together once, however threads interleave", function()
    local source = io.open "core/cpu/pair_schedule.h"
    if not source then return pending "skipped: a bundle has no sources of kernels" end
    source:close()
    if not (shell.has "gcc" and shell.has "timeout") then
      return pending "skipped: gcc or timeout is not installed"
    end
    local folder, remove = files.folder()
    finally(remove)
    local program = shell.quote(folder .. "/schedule")
    local command = "gcc -O2 -Wall -Wextra -Icore spec/cpu/schedule.c -o %s -lpthread 2>&1 && " ..
      "timeout 60 %s || echo ended by $?"
    local pipe = assert(io.popen(command:format(program, program)))
    local said = pipe:read "a"
    pipe:close()
    assert.equal("all passes\n", said)
  end)
end)
