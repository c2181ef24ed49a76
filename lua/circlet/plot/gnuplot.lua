--- The words of gnuplot: strings, numbers, named data blocks, colours. Everything that a picture is
-- made of passes through here, so that no title and no value can become a command.
local text = require "circlet.report.text"

local gnuplot = {}

--- A string of gnuplot, in single quotes, where only the quote itself has a meaning.
function gnuplot.quote(s) return "'" .. tostring(s):gsub("%c", " "):gsub("'", "''") .. "'" end

--- A number with every digit that counts. NaN and the infinities are gaps in a picture.
function gnuplot.numeral(x)
  if x ~= x or x == math.huge or x == -math.huge then return "NaN" end
  return text.number(x)
end

--- A line of data: numbers, and words in double quotes.
function gnuplot.row(...)
  local words = { ... }
  for i, word in ipairs(words) do
    words[i] = type(word) == "number" and gnuplot.numeral(word)
      or '"' .. word:gsub('["\\%c]', "_") .. '"'
  end
  return table.concat(words, " ")
end

--- A named block of lines: commands refer to it as $name.
function gnuplot.block(name, rows)
  return ("$%s << EOD\n%s\nEOD"):format(name, table.concat(rows, "\n"))
end

--- "set NAMEtics (...)" from a list of { label, position }.
function gnuplot.tics(axis, list)
  local parts = {}
  for i, tic in ipairs(list) do
    parts[i] = gnuplot.quote(tic[1]) .. " " .. gnuplot.numeral(tic[2])
  end
  return ("set %stics (%s)"):format(axis, table.concat(parts, ", "))
end

--- The tics of an axis that has logarithms to the base 2 in place of numbers: powers of two, at
-- most seven of them.
function gnuplot.log_tics(axis, low, high)
  local list, step = {}, math.max(1, math.ceil((high - low) / 6))
  for power = math.ceil(low), math.floor(high), step do
    list[#list + 1] = { ("%.4g"):format(2.0 ^ power), power }
  end
  return gnuplot.tics(axis, list)
end

--- "set xrange [a:b]" and the like.
function gnuplot.range(axis, low, high)
  return ("set %srange [%s:%s]"):format(axis, gnuplot.numeral(low), gnuplot.numeral(high))
end

--- Title and labels of the axes that a table of options has.
function gnuplot.labels(options)
  local lines = {}
  for option, what in pairs { title = "title", x_label = "xlabel", y_label = "ylabel",
                              y2_label = "y2label", value_label = "cblabel" } do
    if options[option] then
      lines[#lines + 1] = ("set %s %s"):format(what, gnuplot.quote(options[option]))
    end
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

-- Perceptually even and readable in grey: dark violet, blue, green, yellow.
gnuplot.palette = [[set palette defined (0 "#440154", 1 "#414487", 2 "#2a788e", 3 "#22a884", \
  4 "#7ad151", 5 "#fde725")]]

--- Colours that people with any colour vision tell apart (Okabe and Ito), in the order of use.
gnuplot.colours = { "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f",
                    "#000000" }

--- The colour of the k-th thing, and whether colours begin anew for the second time and later.
function gnuplot.colour(k)
  local count = #gnuplot.colours
  return gnuplot.colours[(k - 1) % count + 1], k > count
end

--- What the commands of every picture begin with. Grid lines are for images: drawn in characters,
-- they would hide the picture. Commands may leave the grid out again.
function gnuplot.head(image)
  return table.concat({ "set encoding utf8", gnuplot.palette,
    image and "set grid linetype 1 linewidth 0.6 linecolor '#dddddd'" or nil }, "\n")
end

return gnuplot
