--- Pictures, through gnuplot: as SVG, PNG and PDF files, and in the terminal.
--
--     local plot = circlet.plot
--     local picture = plot.similarities(embeddings, labels)
--     picture:save "similarities.svg"
--     picture:show()
--
-- Functions take numbers in lists or tensors and return a Picture, which the prompt shows. Where
-- gnuplot is missing, its methods return nil, message, "io"; where there is nothing to draw, nil,
-- message, "format". NaN and infinities are gaps: not drawn, and not counted.

--- What the functions of circlet.plot have in common.
-- @deffamily plot
-- @option title? string above the picture
-- @option width? integer of the picture in pixels; a pixel is 1/96 inch in a PDF file
-- @option height? integer
-- @return circlet.plot.Picture
-- @error Raises for arguments that do not fit and for unknown options.
local lazy = require "circlet.packages"

local parts = {
  Picture = "circlet.plot.Picture",
  lines = "circlet.plot.lines", heat_map = "circlet.plot.heat_map",
  contour = "circlet.plot.contour", training = "circlet.plot.training",
  live = "circlet.plot.live", similarities = "circlet.plot.similarities",
  boundary = "circlet.plot.boundary", hardest = "circlet.plot.hardest",
  gradient_field = "circlet.plot.gradient_field", gradient_of = "circlet.plot.gradient_of",
  roc = "circlet.plot.roc",
  cmc = "circlet.plot.cmc", sheet = "circlet.plot.sheet", map = "circlet.plot.map",
  pca = "circlet.plot.pca",
}

return lazy({}, parts)
