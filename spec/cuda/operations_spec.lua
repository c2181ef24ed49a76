-- Every operation on the GPU beside the CPU: the calls of spec/calls and more, for each type, on
-- small and large fixtures, contiguous and not.
local circlet = require "circlet"
local support = require "spec.cuda.nn_support"
local calls = require "spec.calls.list"
local parity = require "spec.cuda.parity"

if support.absent(pending, "operations on the GPU") then return end

-- Functions of Lua per element stay on the CPU; e:int() and randperm make tensors there; a seed is
-- new each time; the state of a generator is a LongTensor.
local except = { "apply", ":map2?%(", "e:int%(%)", "^randperm%(9%)", "^seed%(", "RNGState",
  "^Timer", "^tic", "^toc", "^philox" }
local groups = { "elementwise", "products", "reductions", "order", "indexing", "joining",
  "creation" }

local more = {
  integers = [[
    e + e; e - 3; 2 * e; e / 2; 7 / e; -e; e % 4; e ^ 3; 2 ^ e; e:cdiv(g);
    e:cfmod(g); e:cremainder(g); e:cpow(g); e:cmax(g); e:cmin(5); e:clamp(2, 7); e:sign(); e:abs();
    e:clone():mul(-1):cdiv(g); e:clone():mul(-3):remainder(5); e:clone():mul(-3):fmod(5);
    e:addcmul(2, g, g); e:addcdiv(3, e, g); e:add(2, g); e:eq(g); e:lt(5); e:ge(2.5); e:ne(1 / 0);
    e:sum(); e:sum(1); e:prod(2); e:max(); e:min(1); e:cumsum(2); e:t():sum(1); e:dot(g);
    e:sort(1, true); e:topk(2); e:median(); m:sum(); m:sum(2); m:max(1); any(m); all(m:fill(1));
    m:cumsum(1); m:add(1):cmul(m); e:narrow(2, 2, 2):sum(); mm(e, e:t()); mm(m, m:t());
    e:fill(0):div(3); (e - e):nonzero(); e:equal(e:clone()); e:equal(g); e:trace();
  ]],
  edges = [[
    Tensor(); Tensor(0, 3); FloatTensor(0):sum(); FloatTensor(0):add(1); FloatTensor(3, 0):t();
    FloatTensor(0):exp(); FloatTensor(2, 0):sum(2); cat(FloatTensor(), x); FloatTensor(0):nonzero();
    FloatTensor(1, 1, 1):fill(3):squeeze(); u:view(1, 6):expand(5, 6):sum(1);
    x:unfold(2, 3, 2):sum();
    u:view(1, 6):expand(4, 6) + x; x:t() + n:t(); x:narrow(2, 2, 3):cmul(n:narrow(2, 1, 3));
    x:select(2, 3):sum(); x:select(1, 2):norm(); x:transpose(1, 2):max(1);
    images:transpose(1, 4):sum(3);
    images:permute(3, 1, 4, 2):mean(2); images:var(3); images:max(2); images:transpose(2, 4):min(4);
    FloatTensor { 0, -0.0, 0, -0.0 }:sort(1); x:indexCopy(1, LongTensor { 2, 1, 2, 1 }, n);
    x:indexAdd(1, LongTensor { 2, 1, 2, 2 }, n);
    x:indexCopy(2, LongTensor { 3, 3 }, n:narrow(2, 1, 2));
    FloatTensor { 1, 0 / 0, 3 }:max(); FloatTensor { 1, 0 / 0, 3, 0 / 0 }:max(1);
    FloatTensor { 1, 0 / 0, 3 }:sort(1); FloatTensor { 2, 0 / 0, -1 }:min(1);
    FloatTensor { 0 / 0 }:eq(0 / 0);
    FloatTensor { 1e30, 1e30 }:norm(); FloatTensor { 1e-30, 1e-30 }:norm(2, 1);
    DoubleTensor { 1e200, 1e200 }:norm(2, 1); DoubleTensor { 1e-200, 0 }:norm(3, 1);
    FloatTensor { -1 / 0, 1 / 0 }:clamp(-1, 1);
    FloatTensor { 88, -104, 1 / 0, -1 / 0, 0 / 0 }:exp();
    FloatTensor { 0, -1, 1 / 0 }:log(); FloatTensor { -0.0, 0 }:sign(); p:norm(0); p:norm(1 / 0, 1);
    x:norm(3, 2); x:norm(0.5, 1); x:add(x:narrow(1, 1, 4)); u:add(1, u); sq:copy(sq:t());
    sq:add(sq:t());
    LongTensor(3):fill(2 ^ 40):sum();
    u:resize(2, 3);
    range(0, 1, 0.1); range(LongTensor(), 9, -3, -4); linspace(0, 1, 1); logspace(-2, 2, 5);
    eye(3, 5); eye(LongTensor(), 2); x:repeatTensor(1, 3, 2); x[{ { 2, 3 }, {} }]:fill(7);
    index_with(x, { 2, { 2, 4 } }, 5); index_with(x, { {}, 3 }, w); index_with(x, 2, u);
  ]],
  failures = [[
    u:index(1, LongTensor { 7 }); x:gather(1, e:clone():fill(5));
    x:maskedFill(m:clone():fill(2), 1);
    e:div(0); e:cdiv(e:clone():zero()); e:pow(-1); e:cpow(e:clone():fill(-1)); cat(x, u); mm(a, a);
    x:add(a); x:exp(d); x:cmul(d); dot(u, w); x:view(7); IntTensor(3):fill(2 ^ 30):sum(1);
    ByteTensor(300):fill(1):sum(1); FloatTensor(0):max(); FloatTensor(2, 0):max(2); e:mean();
    e:exp();
    x:topk(9); x:scatter(1, g:clone():zero(), 1); x:indexAdd(1, k, x);
    IntTensor(3):fill(2 ^ 30):cumsum(1);
    x:bernoulli(2); x:uniform(2, 1); e:normal(); x:maskedCopy(m:clone():fill(1), u); bmm(A, A);
  ]],
  random = [[
    n:uniform(-1, 1); x:uniform(1, 1 + 2 ^ -23); d:uniform(1, 1 + 2 ^ -52); x:normal(3, 0.5);
    x:exponential(2); x:cauchy(1, 2);
    x:logNormal(0, 0.25); x:bernoulli(0.3); m:bernoulli(0.7); e:geometric(0.2); x:geometric(0.9);
    e:random(); e:random(7); e:random(-5, 5); m:random(0, 1); x:random(1, 100); x:bernoulli(p);
    randperm(LongTensor(), 100); randn(7, 3); rand(5); randn(5):add(randn(5)); d:normal();
    d:uniform();
    x:narrow(2, 2, 3):uniform(); Tensor(1001):normal():sum();
  ]],
}

describe("on the GPU", function()
  for _, name in ipairs(groups) do
    it("calls give what they give on the CPU: " .. name, function()
      parity.check(calls[name], {}, except)
    end)

    it("calls of narrow types give it as far as these are exact: " .. name, function()
      for _, there in ipairs { "CudaHalf", "CudaBFloat16" } do
        parity.check(calls[name], { types = { Float = there } }, except)
      end
    end)
  end

  for name, text in pairs(more) do
    it("gives what the CPU gives: " .. name, function()
      parity.check(text, { fails = name == "failures" })
    end)
  end

  it("#large computes on blocks of many kernels' blocks alike", function()
    -- 64 * 24 columns and 64 * 16 rows and more: several blocks, pieces and runs everywhere.
    for _, name in ipairs { "reductions", "order", "indexing" } do
      parity.check(calls[name], { scale = 64, tolerance = 512 }, except)
    end
  end)

  it("computes with Int and Byte where Long stands", function()
    for _, there in ipairs { "CudaInt", "CudaByte" } do
      local x = circlet.LongTensor(5, 7):random(1, 9):type("circlet."
        .. there:match "Cuda(.*)" .. "Tensor")
      parity.check("x + x; x:cdiv(x); x % 4; x:sum(); x:sum(1); x:sort(2); x:cumsum(2);"
        .. "x ^ 2; x:max(1); x - 5; x:eq(3); x:t():mm(x); x:mul(100); x:dot(x);",
        { arguments = { x = x } })
    end
  end)

  it("gives the same bits each time", function()
    local x = circlet.randn(100003):cuda()
    local sum, norm = x:sum(), x:norm()
    for _ = 1, 3 do
      assert.equal(sum, x:sum())
      assert.equal(norm, x:norm())
    end
  end)

  it("draws the CPU's numbers, bit for bit", function()
    for _, kind in ipairs { "uniform", "normal", "exponential", "cauchy" } do
      for _, there in ipairs { "CudaTensor", "CudaDoubleTensor" } do
        circlet.manualSeed(5)
        local t = circlet[there](1001)
        t[kind](t)
        circlet.manualSeed(5)
        local expected = there == "CudaTensor" and circlet.FloatTensor(1001)
          or circlet.DoubleTensor(1001)
        expected[kind](expected)
        assert.is_true(circlet.equal(expected, t:typeAs(expected)), kind .. " " .. there)
      end
    end
  end)

  it("keeps uniform draws of narrow types below the interval's end", function()
    for there, step in pairs { CudaHalfTensor = 2 ^ -10, CudaBFloat16Tensor = 2 ^ -7 } do
      assert.equal(1, circlet[there](1000):uniform(1, 1 + step):max())
      assert.equal(-1 - step, circlet[there](1000):uniform(-1 - step, -1):max())
      assert.is_true(circlet[there](1000):uniform(-step, 0):max() < 0)
    end
  end)

  it("names the operation and both sides of a mixture", function()
    local x, y = circlet.randn(2, 3), circlet.randn(2, 3):cuda()
    for operation, call in pairs {
      add = function() return y:add(x) end, ["+"] = function() return x + y end,
      mm = function() return circlet.mm(x, y:t()) end,
      cat = function() return circlet.cat(x, y) end,
      index = function() return y:index(1, circlet.LongTensor { 1 }) end,
    } do
      local ok, message = pcall(call)
      assert.is_false(ok)
      assert.truthy(message:find(operation, 1, true), message)
      assert.truthy(message:find "Float" or message:find "Long", message)
      assert.truthy(message:find "Cuda", message)
    end
  end)

  it("refuses tensors of two GPUs", function()
    if circlet.cuda.getDeviceCount() < 2 then return pending "skipped: one GPU" end
    local x = circlet.randn(3, 3):cuda()
    circlet.cuda.setDevice(2)
    local y = circlet.randn(3, 3):cuda()
    assert.equal(1, (x + 1):getDevice()) -- results lie beside their inputs
    assert.equal(1, (x * x):getDevice())
    assert.equal(1, x:sum(1):getDevice())
    assert.equal(1, x:sort(1):getDevice())
    local ok, message = pcall(function() return x + y end)
    circlet.cuda.setDevice(1)
    assert.is_false(ok)
    assert.truthy(message:find("GPU 1 and GPU 2", 1, true), message)
  end)

  it("says which file of cuBLAS was looked for when none is there", function()
    local program = ([[
      local circlet = require "circlet"
      local x = circlet.randn(2, 2):cuda()
      local ok, message = pcall(function() return x * x end)
      print(ok, message, (x + x):sum() == 2 * x:sum())
    ]]):gsub("\n", " ")
    local command = "CIRCLET_CUBLAS=/nowhere/libcublas.so %s -e '%s' 2>&1"
    local pipe = io.popen(command:format(os.getenv "LUA" or "lua5.4", program))
    local said = pipe:read "a"
    pipe:close()
    assert.truthy(said:find("mm: cuBLAS is not found: CIRCLET_CUBLAS=/nowhere", 1, true), said)
    assert.truthy(said:find "true%s*$", said)
  end)
end)
