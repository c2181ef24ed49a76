-- The page of a report in real Chromium, without a network; run by `make check-report`:
--     lua5.4 spec/report/study/page_check.lua CHROMIUM FOLDER
-- Leaves report.html and report.png in FOLDER. Exit codes: 0 all holds, 1 something does not.
package.path = "./?.lua;" .. package.path
local files = require "circlet.report.files"
local html = require "circlet.report.study.html"
local shell = require "circlet.report.shell"
local study = require "circlet.study"
local support = require "spec.report.study.support"

local chromium, folder = arg[1], arg[2]
assert(files.make_folder(folder))
local path = folder .. "/report.journal"
os.remove(path)

-- Draws a brush along the first axis and hovers over the best trial, as a mouse does.
local hand = [[<script>
window.addEventListener("error", e => document.body.setAttribute("data-error", e.message));
const mouse = (node, type, x, y) => node.dispatchEvent(new MouseEvent(type, { view: window,
  bubbles: true, cancelable: true, clientX: x, clientY: y }));
document.body.setAttribute("data-marks", document.querySelectorAll("[data-trial]").length);
const axis = document.querySelector("#parallel .brush .overlay"), box =
  axis.getBoundingClientRect(), x = box.left + box.width / 2;
mouse(axis, "mousedown", x, box.top + box.height * 0.3);
mouse(window, "mousemove", x, box.top + box.height * 0.7);
mouse(window, "mouseup", x, box.top + box.height * 0.7);
document.body.setAttribute("data-dim", document.querySelectorAll("#slices .dim").length);
const dot = document.querySelector("#history .dot.best").getBoundingClientRect();
mouse(document.querySelector("#history .dot.best"), "mouseover", dot.left + 1, dot.top + 1);
document.body.setAttribute("data-tip", document.querySelector(".tip").textContent);
</script>]]

local function browse(...)
  local words = { shell.quote(chromium), "--no-sandbox", "--disable-gpu", "--incognito",
    "--proxy-server=127.0.0.1:9", "--virtual-time-budget=10000" }
  for _, word in ipairs { ... } do words[#words + 1] = shell.quote(word) end
  return assert(shell.output(table.concat(words, " ") .. " 2>/dev/null"))
end

local function attribute(dom, name) return dom:match("<body[^>]*data%-" .. name .. '="([^"]*)"') end

local function expect(good, what)
  if not good then
    print("FAILED: " .. what)
    os.exit(1, true)
  end
  print("ok  " .. what)
end

local s = support.study(path, 60)
local page = assert(html.text(s))
assert(files.write(folder .. "/report.html", page))
assert(files.write(folder .. "/driven.html", (page:gsub("</body>", function()
  return hand .. "</body>"
end))))
local url = "file://" .. folder .. "/"
local dom = browse("--dump-dom", url .. "driven.html")
expect(attribute(dom, "trials") == "60", "the script comes to its end, with all trials")
-- History, importance, parallel coordinates, contour, five slices, curves, two of the best trial,
-- timeline.
local drawn = attribute(dom, "drawn")
expect(drawn == "13", "thirteen figures, got " .. tostring(drawn))
expect(not attribute(dom, "error"), "no error: " .. tostring(attribute(dom, "error")))
local dim = tonumber(attribute(dom, "dim"))
expect(dim and dim > 0 and dim < 5 * 60, ("brushing an axis dims some of the slices: %s dots")
  :format(tostring(dim)))
expect((attribute(dom, "tip") or ""):find(("trial %d, complete, best"):format(s:best().number), 1,
  true), "hovering shows the best trial")
expect(not dom:find('id="front"', 1, true), "a figure without data is gone")

local two = assert(study.open { path = path, name = "two",
  directions = { "minimize", "maximize" } })
assert(two:optimize(function(t)
  local x, y = t:suggest_float("x", 0, 1), t:suggest_float("y", 0, 1)
  return x, x * y
end, { trials = 20 }))
assert(html.write(two, folder .. "/two.html"))
dom = browse("--dump-dom", url .. "two.html")
expect(dom:find '<section id="front"' and not dom:find '<section id="history"',
  "two objectives stand against each other")
local empty = assert(study.open { path = path, name = "empty" })
assert(html.write(empty, folder .. "/empty.html"))
dom = browse("--dump-dom", url .. "empty.html")
expect(attribute(dom, "trials") == "0", "an empty study opens")

os.remove(folder .. "/report.png")
browse("--window-size=1100,3600", "--screenshot=" .. folder .. "/report.png", url .. "report.html")
local image = files.read(folder .. "/report.png") or ""
expect(image:sub(1, 4) == "\137PNG" and #image > 50000, ("a screenshot of %d bytes: %s/report.png")
  :format(#image, folder))
