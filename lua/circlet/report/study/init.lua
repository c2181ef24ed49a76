--- A study to look at: report.study.html.write(study, path), report.study.figures.write(study,
-- folder), and the data behind both.
return setmetatable({}, {
  __index = function(self, name)
    local known = { data = true, export = true, figures = true, html = true }
    if not known[name] then return nil end
    local loaded = require("circlet.report.study." .. name)
    rawset(self, name, loaded)
    return loaded
  end,
})
