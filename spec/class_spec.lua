local class = require "circlet.class"
local support = require "spec.support"

describe("class", function()
  local Animal = class("spec.Animal")
  function Animal:__init(name) self.name = name end
  function Animal:speak() return self.name .. " speaks" end
  function Animal:__tostring() return "<" .. self.name .. ">" end
  local Dog, parent = class("spec.Dog", "spec.Animal")
  function Dog:speak() return parent.speak(self) .. ": woof" end

  it("inherits methods, constructor and metamethods", function()
    local dog = Dog("Rex")
    assert.equal("Rex speaks: woof", dog:speak())
    assert.equal("<Rex>", tostring(dog))
    assert.equal(Animal, parent)
  end)

  it("knows types by name", function()
    local dog = Dog("Rex")
    assert.equal("spec.Dog", class.type(dog))
    assert.is_true(class.is(dog, "spec.Animal"))
    assert.is_false(class.is(Animal("Tom"), "spec.Dog"))
    assert.is_false(class.is(3, "spec.Dog"))
    assert.equal("number", class.type(3))
    assert.equal("circlet.FloatTensor", class.type(require("circlet").FloatTensor()))
  end)

  it("makes instances for readers without running the constructor", function()
    local raw = class.instance("spec.Dog")
    assert.is_nil(raw.name)
    assert.equal(Dog, getmetatable(raw))
    support.raises("there is no class spec.Cat", class.instance, "spec.Cat")
  end)

  it("refuses a second class of the same name and an unknown parent", function()
    support.raises("spec.Dog exists already", class, "spec.Dog")
    support.raises("there is no parent class spec.Cow", class, "spec.Calf", "spec.Cow")
    support.raises("a type name expected, got number", class, 3)
  end)

  it("is reached, with the names of types, from the module", function()
    local circlet = require "circlet"
    assert.equal(class, circlet.class)
    assert.equal("nn.Identity", circlet.type(circlet.nn.Identity()))
    assert.equal("circlet.LongStorage", circlet.type(circlet.LongStorage(2)))
    assert.equal("nil", circlet.type(nil))
    assert.is_function(circlet.train.Trainer.new)
  end)
end)
