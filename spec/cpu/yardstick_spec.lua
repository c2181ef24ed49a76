local bench = require("circlet.core").bench
local circlet = require "circlet"
local support = require "spec.support"

describe("the bare product of benchmarks", function()
  it("is the product that mm gives, for every transposition and number of threads", function()
    circlet.manualSeed(5)
    local a, b = circlet.randn(33, 20), circlet.randn(20, 41)
    local expected = support.flat(circlet.mm(a, b))
    local transpositions = { { false, false }, { true, false }, { false, true }, { true, true } }
    for threads = 1, 3 do
      for _, turned in ipairs(transpositions) do
        local c = circlet.FloatTensor(33, 41):fill(0 / 0)
        local left = turned[1] and a:t():contiguous() or a
        local right = turned[2] and b:t():contiguous() or b
        bench.gemm(c, left, right, turned[1], turned[2], threads)
        -- Sums of 20 products of numbers below 4, each rounded by at most 2^-24 of sums below 100.
        support.near(expected, support.flat(c), 20 * 100 * 2 ^ -24)
      end
    end
  end)

  it("leaves OpenBLAS on one thread, as the engine needs it", function()
    circlet.manualSeed(6)
    local x = circlet.randn(64, 32)
    local before = support.flat(circlet.mm(x, x:t()))
    bench.gemm(circlet.FloatTensor(64, 64), x, x, false, true, 2)
    assert.same(before, support.flat(circlet.mm(x, x:t())))
  end)

  it("refuses what OpenBLAS would read or write beyond its end", function()
    local a, b, c = circlet.ones(2, 3), circlet.ones(3, 4), circlet.ones(2, 4)
    support.raises("2x3 times 3x4 does not make 2x3", bench.gemm, circlet.ones(2, 3), a, b, false,
      false, 1)
    support.raises("2x3 times 2x3 does not make 2x4", bench.gemm, c, a, a, false, false, 1)
    support.raises("contiguous", bench.gemm, c, b:t(), b, true, false, 1)
    support.raises("contiguous matrix", bench.gemm, c, circlet.ones(6), b, false, false, 1)
    support.raises("sizes from 1", bench.gemm, c, circlet.FloatTensor(2, 0), b, false, false, 1)
    support.raises("FloatTensor", bench.gemm, c, a:double(), b, false, false, 1)
    support.raises("number of threads", bench.gemm, c, a, b, false, false, 0)
    local square = circlet.ones(2, 2)
    support.raises("share memory", bench.gemm, square, square, square, false, false, 1)
  end)
end)

describe("the multiply-adds of benchmarks", function()
  it("counts the same operations per iteration and thread", function()
    local one = bench.fma(1, 1)
    assert.is_true(one >= 2 * 12 * 4) -- twelve chains or more of four floats or more
    assert.equal(50 * one, bench.fma(50, 1))
    assert.equal(100 * one, bench.fma(50, 2))
    assert.equal(0, bench.fma(0, 1))
  end)

  it("refuses impossible numbers", function()
    support.raises("iterations >= 0", bench.fma, -1, 1)
    support.raises("number of threads", bench.fma, 1, 0)
  end)

  it("is no part of the public module", function()
    assert.is_nil(circlet.bench)
  end)
end)
