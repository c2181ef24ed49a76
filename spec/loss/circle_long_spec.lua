-- The full product of kinds, sizes, gamma and m against the oracle: minutes, so only on request
-- (CIRCLET_LONG=1, as `make check` sets it). With B=1000 m takes turns instead of all its values.
local cases = require "spec.loss.circle_cases"

if not os.getenv "CIRCLET_LONG" then return end

describe("circle_loss at length", function()
  for _, kind in ipairs(cases.kinds) do
    for _, B in ipairs(cases.batches) do
      it(("agrees with the reference: %s, B=%d"):format(kind, B), function()
        local turn = 0
        for _, D in ipairs(cases.dimensions) do
          local x, labels = cases.make(kind, B, D, 1000 * B + D)
          for _, gamma in ipairs(cases.gammas) do
            turn = turn + 1
            for n, m in ipairs(cases.margins) do
              if B < 1000 or turn % 5 + 1 == n then
                cases.compare(("%s B=%d D=%d gamma=%g m=%g"):format(kind, B, D, gamma, m), x,
                  labels, { gamma = gamma, m = m })
              end
            end
          end
        end
      end)
    end
  end
end)
