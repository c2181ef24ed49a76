local files = require "circlet.report.files"
local html = require "circlet.report.study.html"
local json = require "circlet.json"
local study = require "circlet.study"
local journals = require "spec.study.support"
local support = require "spec.report.study.support"

-- What the page draws is checked in a browser, by `make check-report`.
describe("a study's page", function()
  local folder, path, library
  before_each(function()
    folder = journals.folder()
    path = folder .. "/a.journal"
    -- Not every machine that runs specs has D3.
    library = { library = folder .. "/d3.js", licence = folder .. "/copyright" }
    assert(files.write(library.library, "var d3 = '</script>';"))
    assert(files.write(library.licence, "Permission is granted. */ alert(1)"))
  end)
  after_each(function() journals.remove(folder) end)

  it("holds the data, the library and its licence, and asks for nothing else", function()
    local s = support.study(path, 12)
    assert(html.write(s, folder .. "/report.html", library))
    local page = assert(files.read(folder .. "/report.html"))
    local text = page:match '<script id="study" type="application/json">(.-)</script>'
    local facts = assert(json.decode(text))
    assert.equal(12, #facts.trials)
    assert.equal(json.null, facts.trials[6].values[1]) -- infinity is no JSON
    assert.truthy(page:find("Permission is granted. * / alert(1)", 1, true))
    assert.truthy(page:find("var d3 = '<\\/script>';", 1, true))
    assert.equal(3, select(2, page:gsub("</script>", "")))
    assert.is_nil(page:find " src=" or page:find "<link" or page:find "@import")
    assert.truthy(page:find(("circlet study reproduce %s %d"):format(s.journal.path,
      s:best().number), 1, true))
  end)

  it("names a study that is not called like its journal, and escapes what it shows", function()
    local s = assert(study.open { path = path, name = "it's <b>" })
    assert(s:optimize(function() return 1 end, { trials = 1 }))
    local page = assert(html.text(s, library))
    assert.truthy(page:find("<h1>it's &lt;b&gt;</h1>", 1, true))
    assert.truthy(page:find("--study 'it'\\''s &lt;b&gt;'", 1, true))
    page = assert(html.text(s, setmetatable({ command = function(n) return "run " .. n end },
      { __index = library })))
    assert.truthy(page:find('<code id="reproduce">run 0</code>', 1, true))
  end)

  it("says what is missing", function()
    local s = assert(study.open { path = path })
    assert.truthy(html.text(s, library):find "No trial is complete")
    local page, message, code = html.text(s, { library = folder .. "/none" })
    assert.is_nil(page)
    assert.equal("io", code)
    assert.truthy(message:find("needs D3 (Debian: node-d3)", 1, true))
    library.licence = folder .. "/none"
    assert.truthy(select(2, html.text(s, library)):find "licence of D3")
  end)
end)
