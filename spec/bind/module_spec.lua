describe("the compiled module", function()
  -- Threads of the OpenMP runtime outlive the Lua state; unloading their code would end in a crash.
  it("lets a program that used several threads end in order", function()
    local program = [[
      local circlet = require "circlet"
      circlet.setnumthreads(4)
      circlet.FloatTensor(500, 500):fill(1):double()
    ]]
    for _ = 1, 5 do
      local ok, how, code = os.execute(("lua5.4 -e '%s'"):format(program))
      assert.same({ true, "exit", 0 }, { ok, how, code })
    end
  end)
end)
