-- Wrong use of the Circle Loss functions: each error names the function, what was expected and what
-- came.
local circlet = require "circlet"
local cases = require "spec.loss.circle_cases"
local support = require "spec.support"

local raises = support.raises
local Float, Double, Long = circlet.FloatTensor, circlet.DoubleTensor, circlet.LongTensor
local nan, inf = 0 / 0, 1 / 0

describe("circle_loss refuses", function()
  local x, labels
  local loss = circlet.circle_loss
  before_each(function()
    x = Float { { 1, 2 }, { 2, 1 }, { -1, 1 }, { 1, -3 } }
    labels = Long { 1, 1, 2, 2 }
  end)

  it("labels that are not one per row", function()
    raises("circle_loss: labels must have 512 elements, one per row of x, got 511", loss,
      Float(512, 4):fill(1), Long(511):fill(1))
    raises("circle_loss: labels must have 4 elements, one per row of x, got 0", loss, x, Long())
    raises("circle_loss: labels must have 0 elements, one per row of x, got 4", loss, Float(0, 2),
      labels)
    raises("circle_loss: labels must have one dimension", loss, x, Long { { 1, 1 }, { 2, 2 } })
    raises("circle_loss: ref_labels must have 4 elements, one per row of refs, got 1", loss,
      { x, x }, { labels, Long { 1 } })
  end)

  it("labels that are not positive integers", function()
    raises("circle_loss: labels must hold integers >= 1, got 0 at element 3", loss, x,
      Long { 1, 1, 0, 2 })
    raises("got -1 at element 4", loss, x, circlet.IntTensor { 1, 1, 2, -1 })
    raises("got 0 at element 1", loss, x, circlet.ByteTensor { 0, 1, 2, 1 })
    raises("got 1.5 at element 2", loss, x, Float { 1, 1.5, 2, 2 })
    raises("at element 2", loss, x, Double { 1, nan, 2, 2 })
    raises("got inf at element 2", loss, x, Double { 1, inf, 2, 2 })
    raises("at element 2", loss, x, Double { 1, 2.0 ^ 70, 2, 2 })
    raises("circle_loss: ref_labels must hold integers >= 1, got 0 at element 2", loss, { x, x },
      { labels, Long { 1, 0, 1, 1 } })
    -- 3.0 is an integer
    assert.is_number((loss(x, Double { 3.0, 3.0, 1.0, 1.0 })))
  end)

  it("labels and rows of a wrong type", function()
    raises("circle_loss: labels must be a tensor, got table", loss, x, { 1, 1, 2, 2 })
    raises("circle_loss: labels must be a tensor, got nil", loss, x)
    raises("circle_loss: labels must be a tensor, got string", loss, x, "1122")
    raises("circle_loss: x must be", loss, nil, labels)
    raises("circle_loss: x must be", loss, 3, labels)
    raises("circle_loss: x must be", loss, "x", labels)
    raises("circle_loss", loss, { { 1, 2 }, { 3, 4 } }, labels)
    for _, of in ipairs { "long", "int", "byte" } do
      raises("circle_loss: x must be a Float or Double tensor, got ", loss, x[of](x), labels)
    end
    raises("circle_loss: x and refs must have one type, got Float and Double", loss,
      { x, x:double() }, { labels, labels })
    raises("circle_loss", loss, { x, x, x }, { labels, labels, labels })
    raises("circle_loss", loss, { x }, { labels })
    raises("circle_loss", loss, { x, x }, labels)
    raises("circle_loss", loss, x, { labels, labels })
  end)

  it("rows that are not a matrix", function()
    raises("circle_loss: x must be [rows, D] with D >= 1, got 3", loss, Float { 1, 2, 3 }, labels)
    raises("circle_loss: x must be [rows, D] with D >= 1, got 2x2x2", loss, Float(2, 2, 2), labels)
    raises("circle_loss: x must be [rows, D] with D >= 1, got 4x0", loss, Float(4, 0), labels)
    raises("circle_loss: x must be [rows, D] with D >= 1, got empty", loss, Float(), labels)
    raises("circle_loss: refs must have as many columns as x, 2, got 3", loss, { x, Float(4, 3) },
      { labels, labels })
  end)

  it("NaN and Inf, naming the first bad row", function()
    for _, bad in ipairs { nan, inf, -inf } do
      for _, of in ipairs { "float", "double" } do
        local y = x[of](x):clone()
        y[4][1], y[2][2] = bad, bad
        raises("circle_loss: x has a NaN or an infinite value in row 2", loss, y, labels)
        raises("circle_loss: refs has a NaN or an infinite value in row 2", loss,
          { x[of](x), y }, { labels, labels })
        raises("circle_class_loss: x has a NaN or an infinite value in row 2",
          circlet.circle_class_loss, { y, x[of](x) }, labels)
        raises("circle_class_loss: w has a NaN or an infinite value in row 2",
          circlet.circle_class_loss, { x[of](x), y }, labels)
      end
    end
    -- far down, in the middle of wide rows, seen through strides; a row among invalid anchors too
    local wide, many = cases.make("distinct", 700, 67, 2)
    local transposed = Float(67, 700):t():copy(wide)
    wide[613][40], transposed[613][40] = nan, inf
    wide[699][1] = nan
    raises("x has a NaN or an infinite value in row 613", loss, wide, many)
    raises("x has a NaN or an infinite value in row 613", loss, transposed, many)
  end)

  it("options that it does not know or that have no meaning", function()
    raises("circle_loss: there is no option gama", loss, x, labels, { gama = 256 })
    raises("circle_loss: there is no option Gamma", loss, x, labels, { Gamma = 256 })
    raises("circle_loss: options must be a table, got number", loss, x, labels, 0.25)
    for _, gamma in ipairs { 0, -1, nan, inf } do
      raises("circle_loss: gamma must be a number > 0, got ", loss, x, labels, { gamma = gamma })
    end
    for _, m in ipairs { nan, inf, -inf } do
      raises("circle_loss: m must be a finite number, got ", loss, x, labels, { m = m })
    end
    raises("circle_loss: option gamma must be a number, got string", loss, x, labels,
      { gamma = "256" })
    raises("circle_loss: option through_alpha must be a boolean, got number", loss, x, labels,
      { through_alpha = 1 })
    raises("circle_loss: option reduction must be one of mean, mean_all, sum, none, mean_nonzero, "
      .. "got average", loss, x, labels, { reduction = "average" })
    raises("circle_loss: option aggregate must be one of anchor, batch, got all", loss, x, labels,
      { aggregate = "all" })
    raises("circle_loss: option similarity must be one of cosine, dot, euclidean, got cos", loss,
      x, labels, { similarity = "cos" })
    raises("circle_loss: reduction \"none\" needs one term per anchor", loss, x, labels,
      { reduction = "none", aggregate = "batch" })
  end)

  it("similarities whose loss or gradient leaves the range of its type", function()
    local large = Double { { 1e200, 1 }, { 1e200, 2 }, { 1e200, 1 } }
    raises("circle_loss: ", loss, large, Long { 1, 1, 2 }, { similarity = "dot" })
    raises("circle_loss: ", loss, Float { { 1e30, 1 }, { -1e30, 2 }, { 1e30, 1 } },
      Long { 1, 1, 2 }, { similarity = "euclidean" })
    -- rows of the smallest numbers that Float has: a gradient in inverse proportion does not fit
    raises("circle_loss: ", loss, Float { { 1e-44, 0 }, { 0, 1e-44 }, { 1e-44, 1e-44 } },
      Long { 1, 1, 2 })
  end)

  it("bad rows among the inputs of circle_class_loss and circle_similarity_loss", function()
    local class_loss, similarity_loss = circlet.circle_class_loss, circlet.circle_similarity_loss
    local w = Float { { 1, 0 }, { 0, 1 }, { 1, 1 } }
    raises("circle_class_loss: labels must hold classes 1..3, got 4 at element 4", class_loss,
      { x, w }, Long { 1, 2, 3, 4 })
    raises("circle_class_loss: labels must hold", class_loss, { x, w }, Long { 1, 0, 3, 1 })
    raises("circle_class_loss: labels must have 4 elements, one per row of x, got 1", class_loss,
      { x, w }, Long { 1 })
    raises("circle_class_loss: w must have as many columns as x, 2, got 3", class_loss,
      { x, Float(3, 3) }, labels)
    raises("circle_class_loss: x and w must have one type, got Float and Double", class_loss,
      { x, w:double() }, labels)
    raises("circle_class_loss: the first argument must be a table {x, w}", class_loss, x, labels)
    raises("circle_class_loss: there is no option gama", class_loss, { x, w }, labels, { gama = 1 })
    raises("circle_similarity_loss: the first argument must be a table {s_p, s_n}", similarity_loss,
      Float { 1 })
    raises("circle_similarity_loss: s_p has a NaN or an infinite value in row 1", similarity_loss,
      { Float { nan }, Float { 1 } })
    raises("circle_similarity_loss: s_n has a NaN or an infinite value in row 2", similarity_loss,
      { Float { { 1 }, { 1 } }, Float { { 1, 1 }, { 1, inf } } })
    raises("circle_similarity_loss: s_p and s_n must have the same anchors, got 2x1 and 1x2",
      similarity_loss, { Float { { 1 }, { 1 } }, Float { { 1, 1 } } })
    raises("circle_similarity_loss: s_p and s_n must both be Float or both Double tensors",
      similarity_loss, { Float { 1 }, Double { 1 } })
    raises("circle_similarity_loss: ", similarity_loss, { Long { 1 }, Long { 1 } })
    raises("circle_similarity_loss: ", similarity_loss, { Float(1, 1, 1), Float(1, 1, 1) })
    raises("circle_similarity_loss: ", similarity_loss, { Float { 1 } })
    raises("circle_similarity_loss: there is no option gama", similarity_loss,
      { Float { 1 }, Float { 1 } }, { gama = 1 })
    raises("circle_similarity_loss: reduction \"mean_nonzero\" is for losses of rows",
      similarity_loss, { Float { 1 }, Float { 1 } }, { reduction = "mean_nonzero" })
  end)

  it("names the first label that is no class, and options that mean nothing", function()
    local rows, w = circlet.randn(4, 3), circlet.randn(3, 3)
    support.raises("labels must hold classes 1..3, got 5 at element 2", circlet.circle_class_loss,
      { rows, w }, circlet.LongTensor { 1, 5, 3, 9 })
    support.raises("there is no option similarity", circlet.circle_similarity_loss,
      { circlet.Tensor { .5 }, circlet.Tensor { .5 } }, { similarity = "dot" })
  end)
end)
