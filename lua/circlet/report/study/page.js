// The figures of a study's report, drawn with D3 from the data that html.lua put into the page.
// Brushing an axis of the parallel coordinates picks trials in every figure; hovering shows one.
"use strict";
(function () {
  const study = JSON.parse(document.getElementById("study").textContent);
  const single = study.directions.length === 1;
  const sign = study.directions[0] === "maximize" ? -1 : 1;
  const states = { complete: "#2a788e", pruned: "#e69f00", fail: "#d55e00", running: "#999999",
                   waiting: "#cccccc" };
  const byNumber = new Map(study.trials.map(t => [t.number, t]));
  const best = new Set(study.best);
  const done = study.trials.filter(t => t.state === "complete" && t.values);
  const objective = t => t.values[0];
  const range = d3.extent(done.filter(t => isFinite(objective(t))), objective);
  // The better, the lighter, whatever the direction.
  const shade = d3.scaleSequential(d3.interpolateViridis)
    .domain(sign > 0 ? [range[1], range[0]] : range);
  const colour = t => t.values && isFinite(objective(t)) && t.feasible !== false
    ? shade(objective(t)) : "#bbbbbb";
  const format = x => x === undefined || x === null ? "" : typeof x !== "number" ? String(x)
    : Number.isInteger(x) ? String(x) : String(+x.toPrecision(6));
  const meaning = (p, x) => x === undefined ? "" : p.choices ? p.choices[x] : format(x);

  // Hovering ---------------------------------------------------------------------------------
  const tip = d3.select("body").append("div").attr("class", "tip");
  function describe(t) {
    const lines = ["trial " + t.number + ", " + t.state + (best.has(t.number) ? ", best" : "")];
    if (t.values) lines.push("value " + t.values.map(format).join(", "));
    if (t.feasible === false) lines.push("a constraint is missed");
    for (const p of study.parameters)
      if (t.params[p.name] !== undefined) lines.push(p.name + " = " + meaning(p, t.params[p.name]));
    if (t.error) lines.push(t.error);
    return lines.join("\n");
  }
  function show(text) {
    tip.text(text).style("display", "block");
    const e = d3.event, box = tip.node().getBoundingClientRect();
    const left = Math.min(e.clientX + 14, window.innerWidth - box.width - 8);
    const top = Math.min(e.clientY + 14, window.innerHeight - box.height - 8);
    tip.style("left", left + "px").style("top", Math.max(0, top) + "px");
  }
  const hide = () => tip.style("display", "none");
  function hover(marks, of) {
    return marks.on("mouseover.tip mousemove.tip", d => show(describe(of ? of(d) : d)))
      .on("mouseout.tip", hide);
  }

  // Picking ----------------------------------------------------------------------------------
  const followers = [];
  function pick(numbers) { // a Set, or null for all
    d3.selectAll("[data-trial]").classed("dim", function () {
      return numbers !== null && !numbers.has(+this.getAttribute("data-trial"));
    });
    for (const f of followers) f(numbers);
  }
  const mark = selection => selection.attr("data-trial", t => t.number);

  // Frames and axes --------------------------------------------------------------------------
  function frame(section, width, height, margin) {
    const m = Object.assign({ top: 12, right: 16, bottom: 40, left: 64 }, margin);
    const svg = d3.select("#" + section).append("svg")
      .attr("viewBox", "0 0 " + width + " " + height).attr("width", width).attr("height", height);
    return { svg: svg, area: svg.append("g").attr("transform", "translate(" + m.left + "," + m.top
      + ")"), width: width - m.left - m.right, height: height - m.top - m.bottom };
  }
  function scale(p, to) {
    if (p.choices) return d3.scalePoint().domain(d3.range(p.choices.length)).range(to).padding(0.5);
    const low = p.low, high = p.high > p.low ? p.high : p.low + 1;
    return (p.log && low > 0 ? d3.scaleLog() : d3.scaleLinear()).domain([low, high]).range(to);
  }
  function ticks(axis, p) {
    if (p && p.choices) return axis.tickFormat(i => p.choices[i]);
    return p && p.log ? axis.ticks(4, "~g") : axis.ticks(5);
  }
  function axes(f, x, y, xp, yp, xLabel, yLabel) {
    f.area.append("g").attr("class", "axis").attr("transform", "translate(0," + f.height + ")")
      .call(ticks(d3.axisBottom(x), xp));
    f.area.append("g").attr("class", "axis").call(ticks(d3.axisLeft(y), yp));
    f.area.append("text").attr("class", "label").attr("x", f.width / 2).attr("y", f.height + 34)
      .text(xLabel);
    f.area.append("text").attr("class", "label").attr("transform", "rotate(-90)")
      .attr("x", -f.height / 2).attr("y", -50).text(yLabel);
  }
  function dots(f, list, x, y, fill) {
    return hover(mark(f.area.append("g").selectAll("circle").data(list).enter().append("circle")
      .attr("class", "dot").attr("cx", x).attr("cy", y).attr("r", t => best.has(t.number) ? 6 : 3.5)
      .classed("best", t => best.has(t.number)).attr("fill", fill || colour)));
  }
  function present(section, yes) { if (!yes) d3.select("#" + section).remove(); return yes; }
  const finite = done.filter(t => t.values.every(v => v !== null && isFinite(v)));

  // The value of trial after trial, and the best so far.
  function history() {
    const f = frame("history", 900, 320);
    const x = d3.scaleLinear().domain([0, Math.max(1, study.total - 1)]).range([0, f.width]);
    const y = d3.scaleLinear().domain(d3.extent(finite, objective)).nice().range([f.height, 0]);
    axes(f, x, y, null, null, "trial", "value");
    let so_far = Infinity;
    const steps = [];
    for (const t of finite) {
      if (t.feasible !== false && sign * objective(t) < so_far) {
        so_far = sign * objective(t);
        steps.push([t.number, objective(t)]);
      }
    }
    if (steps.length) steps.push([study.total - 1, sign * so_far]);
    f.area.append("path").datum(steps).attr("class", "line").attr("d",
      d3.line().curve(d3.curveStepAfter).x(d => x(d[0])).y(d => y(d[1])));
    dots(f, finite, t => x(t.number), t => y(objective(t)));
  }

  // Two objectives against each other.
  function front() {
    const f = frame("front", 900, 360);
    const x = d3.scaleLinear().domain(d3.extent(finite, t => t.values[0])).nice()
      .range([0, f.width]);
    const y = d3.scaleLinear().domain(d3.extent(finite, t => t.values[1])).nice()
      .range([f.height, 0]);
    axes(f, x, y, null, null, "value 1 (" + study.directions[0] + ")",
      "value 2 (" + study.directions[1] + ")");
    dots(f, finite, t => x(t.values[0]), t => y(t.values[1]),
      t => best.has(t.number) ? "#d55e00" : "#2a788e");
  }

  // A line a trial over parallel axes; brushes on the axes pick.
  function parallel() {
    const names = study.parameters.slice(0, 12);
    const f = frame("parallel", Math.max(900, 110 * (names.length + 1)), 380,
      { top: 40, left: 60, right: 60, bottom: 16 });
    const value = { name: "value", low: range[0], high: range[1] };
    const columns = names.concat([value]);
    const at = d3.scalePoint().domain(d3.range(columns.length)).range([0, f.width]);
    const ys = columns.map(p => scale(p, [f.height, 0]));
    const of = (t, i) => columns[i] === value ? objective(t) : t.params[columns[i].name];
    // A line passes by the axes of parameters that its trial has not.
    const path = d3.line();
    hover(mark(f.area.append("g").selectAll("path").data(finite).enter().append("path")
      .attr("class", "strand").classed("best", t => best.has(t.number)).attr("stroke", colour)
      .attr("d", t => path(d3.range(columns.length).filter(i => of(t, i) !== undefined)
        .map(i => [at(i), ys[i](of(t, i))])))));
    const brushes = new Map();
    function brushed(i) {
      if (d3.event.selection) brushes.set(i, d3.event.selection); else brushes.delete(i);
      if (!brushes.size) return pick(null);
      const kept = finite.filter(t => Array.from(brushes).every(([k, s]) => {
        const v = of(t, k), y = v === undefined ? NaN : ys[k](v);
        return s[0] <= y && y <= s[1];
      }));
      pick(new Set(kept.map(t => t.number)));
    }
    const axis = f.area.append("g").selectAll("g").data(columns).enter().append("g")
      .attr("class", "axis").attr("transform", (p, i) => "translate(" + at(i) + ",0)");
    axis.each(function (p, i) { d3.select(this).call(ticks(d3.axisLeft(ys[i]), p)); });
    axis.append("text").attr("class", "label").attr("y", -14).text(p => p.name);
    axis.append("g").attr("class", "brush").each(function (p, i) {
      d3.select(this).call(d3.brushY().extent([[-12, 0], [12, f.height]])
        .on("brush end", () => brushed(i)));
    });
  }

  // The value over each parameter.
  function slices() {
    for (const p of study.parameters.slice(0, 12)) {
      const list = finite.filter(t => t.params[p.name] !== undefined);
      if (!list.length) continue;
      const f = frame("slices", 300, 240, { left: 56 });
      const x = scale(p, [0, f.width]);
      const y = d3.scaleLinear().domain(d3.extent(finite, objective)).nice().range([f.height, 0]);
      axes(f, x, y, p, null, p.name, "");
      dots(f, list, t => x(t.params[p.name]), t => y(objective(t)));
    }
  }

  // The value over two parameters: between trials by their distances (Shepard's weights).
  function contour() {
    const numbers = study.parameters.filter(p => !p.choices && p.high > p.low);
    const named = ["gamma", "m"].map(n => numbers.find(p => p.name === n)).filter(p => p);
    const pair = named.length === 2 ? named : numbers.slice(0, 2);
    const list = pair.length < 2 ? []
      : finite.filter(t => pair.every(p => t.params[p.name] !== undefined));
    if (!present("contour", list.length > 3)) return;
    d3.select("#contour h2").text("Value over " + pair[0].name + " and " + pair[1].name);
    const f = frame("contour", 900, 420, { right: 90 });
    const x = scale(pair[0], [0, f.width]), y = scale(pair[1], [f.height, 0]);
    const points = list.map(t => [x(t.params[pair[0].name]) / f.width,
      y(t.params[pair[1].name]) / f.height, objective(t)]);
    const n = 90, m = 45, grid = new Array(n * m);
    for (let j = 0; j < m; j++) {
      for (let i = 0; i < n; i++) {
        let sum = 0, weight = 0;
        for (const p of points) {
          const d = (p[0] - (i + 0.5) / n) ** 2 + (p[1] - (j + 0.5) / m) ** 2;
          const w = 1 / (d + 1e-4) ** 1.5;
          sum += w * p[2];
          weight += w;
        }
        grid[j * n + i] = sum / weight;
      }
    }
    const levels = d3.ticks(d3.min(grid), d3.max(grid), 12);
    const path = d3.geoPath(d3.geoTransform({ point: function (a, b) {
      this.stream.point(a * f.width / n, b * f.height / m);
    } }));
    f.area.append("rect").attr("width", f.width).attr("height", f.height)
      .attr("fill", shade(d3.min(grid)));
    f.area.append("g").selectAll("path").data(d3.contours().size([n, m]).thresholds(levels)(grid))
      .enter().append("path").attr("class", "level").attr("d", path)
      .attr("fill", d => shade(d.value));
    axes(f, x, y, pair[0], pair[1], pair[0].name, pair[1].name);
    dots(f, list, t => x(t.params[pair[0].name]), t => y(t.params[pair[1].name]));
    const key = f.area.append("g").attr("transform", "translate(" + (f.width + 16) + ",0)");
    levels.slice().reverse().forEach((level, i) => {
      key.append("rect").attr("y", 16 * i).attr("width", 12).attr("height", 16)
        .attr("fill", shade(level));
      key.append("text").attr("x", 17).attr("y", 16 * i + 12).text(format(level));
    });
  }

  function importances() {
    const list = study.parameters.filter(p => p.importance !== undefined && p.importance !== null);
    if (!present("importance", list.length > 0)) return;
    const f = frame("importance", 900, 30 + 24 * list.length, { left: 180, bottom: 20, right: 60 });
    const x = d3.scaleLinear().domain([0, d3.max(list, p => p.importance)]).range([0, f.width]);
    const row = f.area.selectAll("g").data(list).enter().append("g")
      .attr("transform", (p, i) => "translate(0," + 24 * i + ")");
    row.append("rect").attr("width", p => x(p.importance)).attr("height", 18)
      .attr("fill", "#2a788e")
      .on("mouseover mousemove", p => show(p.name + ": " + format(p.importance)))
      .on("mouseout", hide);
    row.append("text").attr("x", -8).attr("y", 14).attr("text-anchor", "end").text(p => p.name);
    row.append("text").attr("x", p => x(p.importance) + 6).attr("y", 14)
      .text(p => p.importance.toFixed(2));
  }

  function curves() {
    const list = study.trials.filter(t => t.curve.length > 1);
    if (!present("curves", list.length > 0)) return;
    const f = frame("curves", 900, 320);
    const all = [].concat.apply([], list.map(t => t.curve)).filter(p => isFinite(p[1])
      && p[1] !== null);
    const x = d3.scaleLinear().domain(d3.extent(all, p => p[0])).range([0, f.width]);
    const y = d3.scaleLinear().domain(d3.extent(all, p => p[1])).nice().range([f.height, 0]);
    axes(f, x, y, null, null, "step", "value reported");
    const line = d3.line().defined(p => p[1] !== null && isFinite(p[1])).x(p => x(p[0]))
      .y(p => y(p[1]));
    hover(mark(f.area.append("g").selectAll("path").data(list).enter().append("path")
      .attr("class", "strand").classed("best", t => best.has(t.number))
      .attr("stroke", t => t.state === "pruned" ? states.pruned : colour(t))
      .attr("d", t => line(t.curve))));
  }

  // What the best trial reported and logged, a panel each.
  function bestCurves() {
    const drawn = c => ({ name: c.name, points: c.points.filter(p => p[1] !== null) });
    const list = study.best_curves.map(drawn).filter(c => c.points.length > 1).slice(0, 12);
    if (!present("best", list.length > 0)) return;
    d3.select("#best h2").text("Curves of the best trial, " + study.best[0]);
    for (const c of list) {
      const f = frame("best", 300, 240, { left: 56 });
      const x = d3.scaleLinear().domain(d3.extent(c.points, p => p[0])).range([0, f.width]);
      const y = d3.scaleLinear().domain(d3.extent(c.points, p => p[1])).nice()
        .range([f.height, 0]);
      axes(f, x, y, null, null, c.name, "");
      f.area.append("path").datum(c.points).attr("class", "line")
        .attr("d", d3.line().x(p => x(p[0])).y(p => y(p[1])));
      f.area.selectAll("circle").data(c.points).enter().append("circle").attr("class", "dot")
        .attr("cx", p => x(p[0])).attr("cy", p => y(p[1])).attr("r", 3).attr("fill", "#d55e00")
        .on("mouseover mousemove", p => show("step " + format(p[0]) + ": " + format(p[1])))
        .on("mouseout", hide);
    }
  }

  // When which worker ran what.
  function timeline() {
    const list = study.trials.filter(t => typeof t.began === "number");
    const workers = Array.from(new Set(list.map(t => t.worker)));
    if (!present("timeline", list.length > 0 && workers.length <= 200)) return;
    const end = t => typeof t.ended === "number" ? t.ended : last;
    const last = d3.max(list, t => typeof t.ended === "number" ? t.ended : t.began);
    const f = frame("timeline", 900, 70 + 22 * workers.length, { left: 40 });
    const x = d3.scaleLinear().domain([0, Math.max(last, 1e-3)]).range([0, f.width]);
    f.area.append("g").attr("class", "axis").attr("transform", "translate(0," + f.height + ")")
      .call(d3.axisBottom(x).ticks(8));
    f.area.append("text").attr("class", "label").attr("x", f.width / 2).attr("y", f.height + 34)
      .text("seconds since the first trial");
    f.area.selectAll(".lane").data(workers).enter().append("text").attr("class", "lane")
      .attr("x", -8).attr("y", (w, i) => 22 * i + 14).attr("text-anchor", "end")
      .text((w, i) => i + 1).append("title").text(w => w);
    hover(mark(f.area.append("g").selectAll("rect").data(list).enter().append("rect")
      .attr("x", t => x(t.began)).attr("y", t => 22 * workers.indexOf(t.worker))
      .attr("width", t => Math.max(1, x(end(t)) - x(t.began))).attr("height", 18)
      .attr("class", "bar").attr("fill", t => states[t.state])));
  }

  function table() {
    const order = study.trials.slice().sort((a, b) => {
      const key = t => t.state === "complete" && t.values && t.feasible !== false
        && isFinite(objective(t)) ? sign * objective(t) : Infinity;
      return key(a) === key(b) ? a.number - b.number : key(a) - key(b);
    });
    const heads = ["trial", "state"].concat(study.directions.map((d, i) => single ? "value"
      : "value " + (i + 1)), study.parameters.map(p => p.name));
    const root = d3.select("#table").append("div").attr("class", "scroll").append("table");
    root.append("thead").append("tr").selectAll("th").data(heads).enter().append("th")
      .text(h => h);
    const row = mark(root.append("tbody").selectAll("tr").data(order.slice(0, 500)).enter()
      .append("tr")).classed("best", t => best.has(t.number));
    row.selectAll("td").data(t => [t.number, t.state].concat(
      study.directions.map((d, i) => t.values ? format(t.values[i]) : ""),
      study.parameters.map(p => meaning(p, t.params[p.name])))).enter().append("td").text(c => c);
    const count = d3.select("#table").append("p");
    followers.push(numbers => count.text(numbers ? numbers.size + " trials picked" : ""));
  }

  present("front", study.directions.length === 2 && finite.length > 0) && front();
  present("history", single && finite.length > 0) && history();
  present("parallel", finite.length > 0 && study.parameters.length > 0) && parallel();
  present("slices", finite.length > 0 && study.parameters.length > 0) && slices();
  contour();
  importances();
  curves();
  bestCurves();
  timeline();
  table();
  // What a check reads: that the script came to its end, and what it drew.
  document.body.setAttribute("data-drawn", d3.selectAll("svg").size());
  document.body.setAttribute("data-trials", byNumber.size);
  window.circletPick = numbers => pick(numbers ? new Set(numbers) : null);
})();
