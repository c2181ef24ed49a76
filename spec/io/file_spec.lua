local circlet = require "circlet"
local files = require "spec.io.support"
local support = require "spec.support"

describe("whole files", function()
  local folder, remove
  before_each(function() folder, remove = files.folder() end)
  after_each(function() remove() end)

  it("come back as they were written", function()
    for _, bytes in ipairs { "", "a", "\0\255\n\0", ("x"):rep(100000) } do
      assert.is_true(circlet.write_file(folder .. "/f", bytes))
      assert.equal(bytes, circlet.read_file(folder .. "/f"))
      assert.equal("f", files.list(folder))
    end
  end)

  it("are written from pieces: strings and the raw bytes of storages", function()
    local storage = circlet.IntStorage { 1, -1 }
    assert.is_true(circlet.write_file(folder .. "/f", { "ab", storage, "", "c" }))
    assert.equal("ab" .. string.pack("=i4i4", 1, -1) .. "c", files.read(folder .. "/f"))
    assert.is_true(circlet.write_file(folder .. "/f", {}))
    assert.equal("", files.read(folder .. "/f"))
    support.raises("each piece must be a string or a storage, got boolean", circlet.write_file,
      folder .. "/g", { "a", true })
    support.raises("the contents must be a string or a storage, got nil", circlet.write_file,
      folder .. "/g")
    assert.equal("f", files.list(folder))
  end)

  it("are made anew only where there is nothing", function()
    local create = require("circlet.core").io.create_file
    assert.is_true(create(folder .. "/f", "a\0b"))
    assert.equal("a\0b", files.read(folder .. "/f"))
    assert.is_false(create(folder .. "/f", "other"))
    assert.is_false(create(folder, "other"))
    assert.equal("a\0b", files.read(folder .. "/f"))
    files.refused("io", "No such file or directory", create(folder .. "/no/f", "x"))
    support.raises("string expected", create, folder .. "/g")
    support.raises("no zero bytes", create, folder .. "/g\0h", "x")
    assert.equal("f", files.list(folder))
  end)

  it("that are missing, folders, or in no folder are refused with the reason", function()
    files.write(folder .. "/plain", "x")
    files.refused("io", "/none: No such file or directory", circlet.read_file(folder .. "/none"))
    files.refused("io", "Is a directory", circlet.read_file(folder))
    files.refused("io", "Not a directory", circlet.read_file(folder .. "/plain/f"))
    files.refused("io", "Is a directory", circlet.write_file(folder, "x"))
    files.refused("io", "Not a directory", circlet.write_file(folder .. "/plain/f", "x"))
    files.refused("io", "No such file or directory", circlet.write_file(folder .. "/no/f", "x"))
    files.refused("io", "No such file or directory", circlet.write_file("", "x"))
    assert.equal("plain", files.list(folder))
  end)

  it("keep the reason in the message when the path is long", function()
    local path = folder .. ("/name"):rep(100)
    files.refused("io", "name/name: No such file or directory", circlet.read_file(path))
  end)

  it("are read up to the limit and no further", function()
    files.write(folder .. "/f", "12345")
    assert.equal("12345", circlet.read_file(folder .. "/f", 5))
    files.refused("io", "larger than allowed", circlet.read_file(folder .. "/f", 4))
    files.refused("io", "larger than allowed", circlet.read_file("/dev/zero", 100000))
    assert.equal("", circlet.read_file("/dev/null"))
    support.raises("a number of bytes expected", circlet.read_file, folder .. "/f", -1)
  end)

  it("say when the disk is full", function()
    files.refused("io", "/dev/full: No space left on device",
      circlet.write_file("/dev/full", "x"))
    assert.is_true(circlet.write_file("/dev/null", "x"))
  end)

  it("stay as they were when writing fails half-way, and leave nothing beside them", function()
    files.write(folder .. "/f", "old")
    -- 8 blocks of 512 or 1024 bytes, with the signal ignored: write() fails with EFBIG
    local command = ([[trap '' XFSZ; ulimit -f 8; exec lua5.4 -e '
      local ok, message, code = require("circlet").write_file("%s/f", ("x"):rep(1e6))
      assert(ok == nil and code == "io" and message:find("File too large", 1, true), message)']])
      :format(folder)
    assert.is_true(os.execute(command))
    assert.equal("old", files.read(folder .. "/f"))
    assert.equal("f", files.list(folder))
  end)

  it("keep their mode and the links that lead to them", function()
    files.write(folder .. "/f", "old")
    os.execute(("chmod 640 '%s/f' && ln -s f '%s/link'"):format(folder, folder))
    assert.is_true(circlet.write_file(folder .. "/link", "new"))
    assert.equal("new", files.read(folder .. "/f"))
    assert.is_true(os.execute(("test -L '%s/link' && test \"$(stat -c %%a '%s/f')\" = 640"):format(
      folder, folder)))
  end)

  it("are never touched by a path that C would cut short", function()
    support.raises("holds no zero bytes", circlet.write_file, folder .. "/f\0g", "x")
    assert.equal("", files.list(folder))
  end)

  it("survive failing allocations", function()
    local path = folder .. "/f"
    files.write(path, "old")
    assert(files.failing_allocations(function()
      assert(circlet.write_file(path, "new"))
    end) >= 1)
    assert.equal("new", files.read(path))
    assert(files.failing_allocations(function() assert(circlet.read_file(path)) end) >= 1)
    assert.equal("f", files.list(folder))
  end)
end)
