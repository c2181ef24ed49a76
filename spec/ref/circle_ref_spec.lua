-- The oracle is itself checked: against published values, against numbers evaluated elsewhere to 50
-- digits, against differences of a plain Lua version, and on what the definition says of limits.
local circlet = require "circlet"
local cases = require "spec.loss.circle_cases"
local circle_lua = require "spec.loss.circle_lua"
local support = require "spec.support"

local ref = require "circlet.core".ref_circle_loss
local ref_class = require "circlet.core".ref_circle_class_loss
local ref_similarity = require "circlet.core".ref_circle_similarity_loss
local plain = require "circlet.core".ref_circle_plain

local flat = support.flat

-- Five points of an ellipse, the example of which the published values speak.
local ellipse = { x = {}, labels = { 1, 1, 2, 2, 3 } }
for i, degrees in ipairs { 0, 20, 40, 60, 80 } do
  local a = math.rad(degrees)
  ellipse.x[i] = { 2 * math.cos(a), 0.5 * math.sin(a) }
end

-- Rows of quarters, exact in every type: x[i][d] = ((7i^2 + 3id + 5d) mod 17 - 8) / 4 and
-- refs[j][d] = ((5j^2 + 4jd + 3d) mod 13 - 6) / 4.
local quarters = { x = {}, labels = { 1, 1, 1, 2, 2, 3 }, refs = {}, ref_labels = { 1, 2, 2, 4 } }
for i = 1, 6 do
  quarters.x[i] = {}
  for d = 1, 3 do quarters.x[i][d] = ((7 * i * i + 3 * i * d + 5 * d) % 17 - 8) / 4 end
end
for j = 1, 4 do
  quarters.refs[j] = {}
  for d = 1, 3 do quarters.refs[j][d] = ((5 * j * j + 4 * j * d + 3 * d) % 13 - 6) / 4 end
end

-- What mpmath 1.3 gives at 50 digits on those rows: the loss from the formula (weights alpha from
-- the undisturbed rows unless through_alpha), the gradient by central differences of it with step
-- 1e-14, whose own error is below 1e-15 of the largest entry. "class": refs are the classes 1 to 4.
local values = {
  { form = "self", opts = {},
    loss = 431.92707895097381, mean_sp = -0.1246208634301121, mean_sn = 0.11312437295355552,
    grad_x = {
      -12.873005757080603, 44.423084368101306, 29.826201505961139, 6.2557067824256546,
      -18.219094074893455, 82.259936473212302, -16.826216920921799, -74.877922558088863,
      26.585925639051185, 63.70839010092183, -65.568106353602589, 1.8597162526807593,
      -43.811975145404309, 2.8588224938560674, -1.4294112469280337, 10.835956631010929,
      8.6687653048087528, 6.5015739786065562,
    },
  },
  { form = "self", opts = { m = -0.2, gamma = 80, reduction = "sum" },
    loss = 691.8413774389643, mean_sp = -0.1246208634301121, mean_sn = 0.11312437295355552,
    grad_x = {
      -15.539139533051572, 40.665410557227849, 31.684132974302784, 5.5650094927669205,
      -20.586434322437093, 90.693251528898751, -17.202439874254077, -89.747645327563973,
      32.458570156174774, 32.988161479076565, -52.511739844033415, 19.52357836495685,
      -23.936518369827987, 5.6396018600887425, -2.8198009300443712, 9.4950428506624197,
      7.5962012792394335, 5.6970018534389522,
    },
  },
  { form = "self", opts = { m = 0.4, gamma = 1, through_alpha = true, reduction = "mean_all" },
    loss = 2.452087671911012, mean_sp = -0.1246208634301121, mean_sn = 0.11312437295355552,
    grad_x = {
      -0.067506880528807295, 0.021788890855192767, 0.0860209909020061, -0.057375150805097303,
      -0.077837092360467734, 0.22528564323422498, -0.10790044430147369, -0.26541505056334203,
      0.084585931365042074, 0.058759516567586834, -0.043294650167790411, -0.015464866399796424,
      -0.053584983191987288, -0.0016254062670880706, 0.00081270313354403532,
      0.017800489022326575, 0.033530229273501559, 0.0079246022625901879,
    },
  },
  { form = "self", opts = { m = 1, gamma = 1e4 },
    loss = 5598.9749257505599, mean_sp = -0.1246208634301121, mean_sn = 0.11312437295355552,
    grad_x = {
      -803.92444778805199, 1911.3368483240184, 1575.0241385274001, 419.75485100385498,
      -1040.0552693275195, 4789.8533538158606, -1030.6818463200134, -4057.6597161251719,
      1416.9275171860661, 1365.3001067849284, -2321.0101815343783, 955.7100747494499,
      -652.66931425335618, 1228.2873199670237, -614.14365998351186, 0, 0, 0,
    },
  },
  { form = "self", opts = { m = 0, gamma = 80, aggregate = "batch" },
    loss = 253.66659298081629, mean_sp = -0.1246208634301121, mean_sn = 0.11312437295355552,
    grad_x = {
      1.4089391228057138e-5, 0.00013032687445210025, 2.7004668384633423e-5, 1.3864051365940532,
      -10.813959587691901, 45.335446055658685, 21.706482060053294, -64.763602211962287,
      30.246737296795573, 0.0001741605359910618, -0.00029607291173534995, 0.00012191237574428815,
      -21.333164079243473, -8.5332653131963393, 4.2666326565981696, 12.79989836323724,
      10.239918690593785, 7.6799390179417737,
    },
  },
  { form = "self", opts = { m = 0.25, gamma = 80, aggregate = "batch", through_alpha = true },
    loss = 243.66659298081629, mean_sp = -0.1246208634301121, mean_sn = 0.11312437295355552,
    grad_x = {
      2.8178782456114276e-5, 0.0002606537489042005, 5.4009336769266846e-5, 2.7728102731881063,
      -21.627919175383802, 90.670892111317369, 43.412964120106588, -129.52720442392457,
      60.493474593591147, 0.00034832107198212361, -0.0005921458234706999, 0.0002438247514885763,
      -42.666328158486945, -17.066530626392679, 8.5332653131963393, 25.59979672647448,
      20.47983738118757, 15.359878035883547,
    },
  },
  { form = "self", opts = { similarity = "euclidean", gamma = 1 },
    loss = 24.942761619949391, mean_sp = -3.3671875, mean_sn = -1.7869318181818182,
    grad_x = {
      7.1156598891225283, -6.9999999782816868, 3.0120431611875508, -8.0004048755942653,
      9.5010122215631331, -1.0492914210156623, 0.88474498647173704, -2.5010122432814463,
      -1.9627517401718885, 0.15435410127169613, -0.077177050635848064, -0.30870820254339226,
      -0.17024998188630224, 0.070818698390005621, 0.31188737866631348, 0.015895880614606109,
      0.0063583522458424435, -0.0031791761229212218,
    },
  },
  { form = "self", opts = { similarity = "dot", gamma = 1, m = 0.4, through_alpha = true },
    loss = 8.5289641811386308, mean_sp = -0.859375, mean_sn = 0.59659090909090909,
    grad_x = {
      0.96234540049562286, -1.4420664665874159, 0.7829549984238312, -3.0236069539033212,
      2.0165312920015676, 2.4272362058121705, 1.1921527153974279, -3.8580192774508902,
      -1.2292935135552447, 0.60183214371009367, 0.0090057196852339829, 0.76815691961769818,
      -0.50757866755324297, 0.86602306502419038, 3.0292289410481351, -0.38093683674302848,
      1.842758686959641, 1.8496534708261946,
    },
  },
  { form = "refs", opts = {},
    loss = 581.80928938519457, mean_sp = 0.066803378270110728, mean_sn = -0.13872327833765447,
    grad_x = {
      -19.786905183196178, 11.364561949387322, 26.872910030191315, -12.968936578671325,
      -14.036345769317678, 36.691978209263723, -24.918556060190084, -12.459278030095042, 0,
      -41.409430508219732, -1.8326383398750756, 43.242068848094807, 11.541272023850827,
      4.5659641441433371, -2.2829820720716685, 0, 0, 0,
    },
    grad_refs = {
      -13.077509509465671, -26.168882383932788, -13.077509509465671, -4.9591974656891252,
      -1.5259069125197308, 1.9073836406496635, 2.0418984161168545, 1.5673908024019797,
      -1.7255600069736047, 1.1816377699276046, 0.70878583343282636, 1.1806536273089225,
    },
  },
  { form = "refs", opts = { aggregate = "batch", m = 0.4, gamma = 80 },
    loss = 357.46179220040996, mean_sp = 0.066803378270110728, mean_sn = -0.13872327833765447,
    grad_x = {
      -2.11785432112479e-17, 5.0848551047468353e-17, 4.1657817428945334e-17,
      1.1879769088106517e-17, 0, 1.7110413686601177e-17, -26.186045803773392,
      -13.093022901886696, 0, -7.0421504727080613e-13, 0, 7.0421504727080693e-13,
      19.212348451018254, 7.6849393804073015, -3.8424696902036507, 1.8108461052515197e-18,
      1.4486768840483404e-18, 1.0865076631727511e-18,
    },
    grad_refs = {
      0, 0, 0, 45.723659377495109, 14.068818269998495, -17.586022837498119,
      6.4048641632864016e-17, -5.6703112135574815e-17, 1.6452527546095205e-17,
      2.5910053723987507e-17, 1.5546032233750028e-17, 2.5910053720775127e-17,
    },
  },
  { form = "class", opts = { gamma = 128, through_alpha = true },
    loss = 280.90981975092774, mean_sp = -0.1431478799142934, mean_sn = -0.057321378020199468,
    grad_x = {
      -12.654185403897098, 5.2475113555458065, 16.512386756395217, -10.300527518204861,
      -9.9446418085811035, 24.327775957017122, -13.725425159120485, -6.8627125795602426, 0,
      -43.474408864035919, 0, 43.474408864035919, 15.028014829412922, 6.0112059317651687,
      -3.0056029658825844, -5.1562366284757077, -4.1015971609902935, -3.0970837116268921,
    },
    grad_refs = {
      -9.5560516190586111, -20.125279529825005, -9.5560516190586111, -4.6828341421420797,
      -1.4408720437360245, 1.8010900546700307, 9.2881651192718562, 3.6919538179988052,
      -5.5573575850898222, 1.0110274439817644, 0.59756807747677734, 0.96578549942035797,
    },
  },
}

--- The form of the call that `problem` needs: loss, {gradients}, facts.
local function call(problem, opts, form)
  local x, labels = circlet.DoubleTensor(problem.x), circlet.LongTensor(problem.labels)
  if form == "self" then
    local loss, grad, facts = ref(x, labels, opts)
    return loss, { grad }, facts
  end
  local refs = circlet.DoubleTensor(problem.refs)
  if form == "class" then return ref_class(x, refs, labels, opts) end
  return ref({ x, refs }, { labels, circlet.LongTensor(problem.ref_labels) }, opts)
end

--- |a-b| <= tolerance * max |b|, element by element.
local function near_largest(expected, actual, tolerance, what)
  assert.equal(#expected, #actual, what)
  local most = 0
  for _, value in ipairs(expected) do most = math.max(most, math.abs(value)) end
  for i = 1, #expected do
    assert(math.abs(expected[i] - actual[i]) <= tolerance * most,
      ("%s: element %d should be %.17g, got %.17g"):format(what, i, expected[i], actual[i]))
  end
end

local function described(case)
  local words = {}
  for key, value in pairs(case.opts) do words[#words + 1] = key .. "=" .. tostring(value) end
  table.sort(words)
  return case.form .. " " .. table.concat(words, " ")
end

describe("the float64 reference of Circle Loss", function()
  it("gives the published values to all their digits", function()
    local x, labels = circlet.DoubleTensor(ellipse.x), circlet.LongTensor(ellipse.labels)
    local each = ref(x, labels, { m = 0.25, gamma = 256, reduction = "none" })
    -- nine digits are published (six decimals): half a unit of the last
    support.near({ 213.213767, 220.573023, 220.674872, 199.094681, 0 }, flat(each), 0.5e-6 / 199)
    local mean, _, facts = ref(x, labels, { m = 0.25, gamma = 256 })
    -- and to 50 digits, by mpmath
    assert.near(213.38908570803730, mean, 1e-12)
    assert.equal(4, facts.n_valid)
    assert.equal(5, facts.n_anchors)
    assert.near(170.71126856642984, (ref(x, labels, { reduction = "mean_all" })), 1e-12)
    assert.near(853.55634283214919, (ref(x, labels, { reduction = "sum" })), 4e-12)
    assert.near(51.110266916430689, (ref(x, labels, { m = 0.4, gamma = 80 })), 1e-13)
    -- each pair once: with (i,j) and (j,i) both it would be 222.705
    assert.near(221.318692960156, (ref(x, labels, { aggregate = "batch" })), 1e-12)
  end)

  it("gives the values of one positive and one negative at 0.8", function()
    local s = circlet.DoubleTensor { 0.8 }
    local loss, grad, facts = ref_similarity(s, s, { m = 0.25, gamma = 1 })
    assert.near(1.0086661, loss, 0.5e-7)
    assert.near(0.66705959, grad[2][1], 0.5e-8)
    assert.near(-0.28588268, grad[1][1], 0.5e-8)
    assert.near(0.63529485, grad[2][1] / 1.05, 1e-8) -- Z, for alpha_n = 0.8 + 0.25
    assert.equal(0.8, facts.mean_sp)
    loss, grad = ref_similarity(s, s, { m = 0.25, gamma = 1, through_alpha = true })
    assert.near(1.0086661, loss, 0.5e-7)
    assert.near(1.01647, grad[2][1], 0.5e-5)
    assert.near(-0.254118, grad[1][1], 0.5e-6)
  end)

  for _, case in ipairs(values) do
    it("agrees with 50 digits: " .. described(case), function()
      -- values have 17 digits; the results are rounded to 16: 2e-16 and some room for the rounding
      -- of the differences
      local loss, grad, facts = call(quarters, case.opts, case.form)
      support.near({ case.loss, case.mean_sp, case.mean_sn },
        { loss, facts.mean_sp, facts.mean_sn }, 4e-16, "loss and means")
      near_largest(case.grad_x, flat(grad[1]), 4e-15, "grad_x")
      if grad[2] then near_largest(case.grad_refs, flat(grad[2]), 4e-15, "grad_refs") end
    end)
  end

  it("agrees with a plain Lua version and its differences", function()
    for _, entry in ipairs(cases.combinations { m = { 0.3 }, gamma = cases.gammas,
      similarity = { "cosine", "dot", "euclidean" }, aggregate = { "anchor", "batch" },
      through_alpha = { false, true }, form = { "self", "queries" } }) do
      local opts, name = table.unpack(entry)
      local form = opts.form
      opts.form = nil
      local problem = form == "queries" and quarters
        or { x = quarters.x, labels = quarters.labels }
      local function at(moved)
        local frozen = { alpha_at = not opts.through_alpha and problem or nil }
        for key, value in pairs(opts) do frozen[key] = value end
        return (circle_lua.loss(moved, frozen))
      end
      local loss, grad = call(quarters, opts, form)
      local lua_loss, lua_x, lua_refs = circle_lua.loss(problem, opts)
      local h = math.min(1e-6, 1e-3 / opts.gamma)
      -- float64 in Lua: few terms in a loss; a weight is right to the error of its logit, 1e5 * eps
      support.near({ lua_loss }, { loss }, 1e-13, name)
      near_largest(circle_lua.flat(lua_x), flat(grad[1]), 1e-11, name)
      near_largest(circle_lua.flat(circle_lua.difference(at, problem, "x", h)), flat(grad[1]),
        1e-7, name)
      if form == "queries" then
        near_largest(circle_lua.flat(lua_refs), flat(grad[2]), 1e-11, name)
        near_largest(circle_lua.flat(circle_lua.difference(at, problem, "refs", h)),
          flat(grad[2]), 1e-7, name)
      end
    end
  end)

  it("gives anchors without a positive or a negative no loss and no weight in the mean", function()
    local x = circlet.DoubleTensor(quarters.x)
    for _, labels in ipairs { { 1, 2, 3, 4, 5, 6 }, { 7, 7, 7, 7, 7, 7 } } do
      for _, reduction in ipairs { "mean", "mean_all", "sum" } do
        for _, aggregate in ipairs { "anchor", "batch" } do
          local loss, grad, facts = ref(x, circlet.LongTensor(labels),
            { reduction = reduction, aggregate = aggregate })
          assert.equal(0, loss)
          assert.equal(0, facts.n_valid)
          for _, g in ipairs(flat(grad)) do assert.equal(0, g) end
        end
      end
    end
    local each = ref(x, circlet.LongTensor { 1, 1, 2, 3, 4, 5 }, { reduction = "none" })
    assert.is_true(each[1] > 0 and each[2] > 0)
    assert.same({ 0, 0, 0, 0 }, flat(each:narrow(1, 3, 4)))
    local sum = ref(x, circlet.LongTensor { 1, 1, 2, 3, 4, 5 }, { reduction = "sum" })
    local mean = ref(x, circlet.LongTensor { 1, 1, 2, 3, 4, 5 }, {})
    assert.near(sum / 2, mean, 1e-13)
  end)

  it("counts a valid anchor whose loss underflows", function()
    -- two tight classes far apart: z is below -1e4, exp(z) is 0
    local x = circlet.DoubleTensor { { 1, 0 }, { 1, 0 }, { -1, 0 }, { -1, 0 } }
    local loss, _, facts = ref(x, circlet.LongTensor { 1, 1, 2, 2 }, { gamma = 1e6 })
    assert.equal(0, loss)
    assert.equal(4, facts.n_valid)
  end)

  it("has nothing to say of nothing", function()
    for _, x in ipairs { circlet.DoubleTensor(), circlet.DoubleTensor(0, 3) } do
      local loss, grad, facts = ref(x, circlet.LongTensor(), { reduction = "mean_all" })
      assert.equal(0, loss)
      assert.equal(0, grad:nElement())
      assert.equal(0, facts.n_anchors)
    end
    local loss, grad = ref({ circlet.DoubleTensor(quarters.x), circlet.DoubleTensor(0, 3) },
      { circlet.LongTensor(quarters.labels), circlet.LongTensor() })
    assert.equal(0, loss)
    assert.equal(18, grad[1]:nElement())
    assert.equal(0, (ref_similarity(circlet.DoubleTensor(), circlet.DoubleTensor { 1 })))
  end)

  it("takes a zero row as similar to nothing, without a gradient", function()
    local x = circlet.DoubleTensor { { 0, 0 }, { 1, 2 }, { 3, -1 }, { 2, 2 } }
    local labels = circlet.LongTensor { 1, 1, 2, 2 }
    local loss, grad, facts = ref(x, labels, { m = 0.25, gamma = 16 })
    assert.is_true(loss > 0 and facts.n_valid == 4)
    assert.same({ 0, 0 }, flat(grad[1]))
    -- s_p = 0 for rows 1 and 2: what a row at a right angle to all others would give
    local wide = circlet.DoubleTensor { { 0, 0, 1 }, { 1, 2, 0 }, { 3, -1, 0 }, { 2, 2, 0 } }
    assert.near((ref(wide, labels, { m = 0.25, gamma = 16 })), loss, 1e-14)
  end)

  it("knows no scale: rows times 1e-200, 1e200 or anything between", function()
    local labels = circlet.LongTensor(quarters.labels)
    local loss, grad = ref(circlet.DoubleTensor(quarters.x), labels)
    for _, power in ipairs { -900, -660, -100, 100, 660, 900 } do -- powers of two: exact
      local rows = {}
      for i, row in ipairs(quarters.x) do
        rows[i] = { row[1] * 2.0 ^ power, row[2] * 2.0 ^ power, row[3] * 2.0 ^ power }
      end
      local scaled_loss, scaled = ref(circlet.DoubleTensor(rows), labels)
      assert.equal(loss, scaled_loss)
      local back = {}
      for i, g in ipairs(flat(scaled)) do back[i] = g * 2.0 ^ power end
      assert.same(flat(grad), back)
    end
  end)

  it("takes every layout and Float as well as Double", function()
    local loss, grad = ref(circlet.DoubleTensor(quarters.x), circlet.LongTensor(quarters.labels))
    for _, x in ipairs(support.layouts(circlet.FloatTensor(quarters.x))) do
      for _, labels in ipairs(support.layouts(circlet.IntTensor(quarters.labels))) do
        local other_loss, other = ref(x, labels)
        assert.equal(loss, other_loss)
        assert.same(flat(grad), flat(other))
      end
    end
  end)

  it("refuses what it would read out of bounds, and options it does not know", function()
    local x = circlet.DoubleTensor(quarters.x)
    support.raises("a label per row", ref, x, circlet.LongTensor { 1, 2 })
    support.raises("2 dimensions, got 1", ref, x[1], circlet.LongTensor { 1, 2, 3 })
    support.raises("no option gama", ref, x, circlet.LongTensor(quarters.labels), { gama = 1 })
    support.raises("same width", ref, { x, circlet.DoubleTensor(2, 5) },
      { circlet.LongTensor(quarters.labels), circlet.LongTensor { 1, 2 } })
  end)
end)

describe("the plain float32 version", function()
  it("is right to what float32 can hold", function()
    for _, case in ipairs(values) do
      local x, labels = circlet.FloatTensor(quarters.x), circlet.LongTensor(quarters.labels)
      local loss, grad_x, grad_refs
      if case.form == "self" then
        loss, grad_x = plain(x, labels, case.opts)
      else
        local ref_labels = case.form == "class" and { 1, 2, 3, 4 } or quarters.ref_labels
        loss, grad_x, grad_refs = plain({ x, circlet.FloatTensor(quarters.refs) },
          { labels, circlet.LongTensor(ref_labels) }, case.opts)
      end
      -- similarities to a few 2^-24, each moving a logit by up to 2*gamma times that
      local tolerance = 8 * 2 ^ -24 * math.max(1, 2 * (case.opts.gamma or 256))
      support.near({ case.loss }, { loss }, 1e-6, described(case))
      near_largest(case.grad_x, flat(grad_x), tolerance, described(case))
      if grad_refs then
        near_largest(case.grad_refs, flat(grad_refs), tolerance, described(case))
      end
    end
  end)
end)
