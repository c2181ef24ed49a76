local circlet = require "circlet"
local support = require "spec.support"

local function sizes(t) return t:size():totable() end

describe("tensor views", function()
  local t
  before_each(function() t = circlet.FloatTensor { { 1, 2, 3 }, { 4, 5, 6 } } end)

  it("share the storage of their source", function()
    t:narrow(2, 2, 2):fill(9)
    assert.same({ 1, 9, 9, 4, 9, 9 }, support.flat(t))
    t:t():select(1, 1):fill(7)
    assert.same({ 7, 9, 9, 7, 9, 9 }, support.flat(t))
  end)

  it("know where their first element is", function()
    local size = 4
    assert.equal("userdata", type(t:data()))
    assert.equal(t:data(), t:view(6):data())
    assert.equal(t:data(true) + 4 * size, t[2]:narrow(1, 2, 1):data(true))
    assert.equal(0, circlet.FloatTensor():data(true))
  end)

  it("index from 1, negative from the end", function()
    assert.equal(6, t[2][3])
    assert.equal(6, t[{ -1, -1 }])
    assert.same({ 2, 3, 5, 6 }, support.flat(t[{ {}, { 2, 3 } }]))
    assert.same({ 2 }, sizes(t[{ {}, 2 }]))
    assert.same({ 2, 1 }, sizes(t[{ {}, { 2 } }]))
  end)

  it("assign through an index", function()
    t[{ { 1, 2 }, 1 }] = 0
    t[2] = circlet.FloatTensor { 7, 8, 9 }
    t[{ 1, 3 }] = -1
    assert.same({ 0, 2, -1, 7, 8, 9 }, support.flat(t))
  end)

  it("keep one dimension when everything is squeezed", function()
    assert.same({ 3 }, sizes(circlet.FloatTensor(1, 3, 1):squeeze()))
    assert.equal(5, circlet.FloatTensor { { 5 } }:squeeze())
  end)

  it("expand without copying", function()
    local row = circlet.FloatTensor { { 1, 2, 3 } }
    assert.same({ 1, 2, 3, 1, 2, 3 }, support.flat(row:expand(2, 3)))
    assert.same({ 1, 2, 3, 1, 2, 3 }, support.flat(row:expandAs(t)))
    support.raises("expand: size 2x3 cannot become 2x4", t.expand, t, 2, 4)
  end)

  it("view needs contiguous memory and the same number of elements", function()
    assert.same({ 3, 2 }, sizes(t:view(3, -1)))
    support.raises("not contiguous", function() t:t():view(6) end)
    support.raises("does not hold the 6 elements of 2x3", function() t:view(4) end)
  end)

  it("unfold makes overlapping windows", function()
    local windows = circlet.FloatTensor { 1, 2, 3, 4, 5 }:unfold(1, 3, 1)
    assert.same({ 1, 2, 3, 2, 3, 4, 3, 4, 5 }, support.flat(windows))
  end)

  it("name what was wrong", function()
    support.raises("index: 3 is out of range 1..2 of dimension 1", function() return t[3] end)
    support.raises("exceed dimension 1 of size 2", function() t:narrow(1, 2, 2) end)
    support.raises("dimension 3 is out of range", function() t:size(3) end)
    support.raises("no integer representation", function() t:narrow(1, 1.5, 1) end)
    support.raises("number expected, got string", function() t:fill("x") end)
    support.raises("exceed the address space", circlet.FloatTensor, 2 ^ 40, 2 ^ 40)
    support.raises("exceed the address space", circlet.FloatTensor, 0, 2 ^ 40, 2 ^ 40)
    support.raises("not enough memory", circlet.FloatTensor, 2 ^ 50)
  end)
end)
