local editor = require "circlet.prompt.editor"
local files = require "circlet.report.files"

describe("the prompt's history", function()
  it("keeps entries of several lines whole, and cuts itself", function()
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    assert(files.write(path, "a\nfor\\n  x\\\\n\\nend\n"))
    assert.same({ "a", "for\n  x\\n\nend" }, editor.read_history(path))
    local lines = {}
    for i = 1, 4001 do lines[i] = "line " .. i end
    assert(files.write(path, table.concat(lines, "\n") .. "\n"))
    local list = editor.read_history(path)
    assert.equal(2000, #list)
    assert.equal("line 4001", list[2000])
    assert.equal(2000, select(2, files.read(path):gsub("\n", "")))
    assert.same({}, editor.read_history(path .. ".none"))
  end)
end)
