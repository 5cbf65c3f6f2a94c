"use strict";
(() => {
  const page = document.documentElement;
  page.classList.add("js");
  const data = JSON.parse(document.getElementById("data").textContent);
  const SVG = "http://www.w3.org/2000/svg";
  const NONE = 255, ONE = 250;

  const make = (name, attributes, text) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const percent = (share) => {
    const whole = (100 * share).toFixed(0);
    if (whole === "0" && share > 0) return "<1\u00a0%";
    if (whole === "100" && share < 1) return ">99\u00a0%";
    return whole + "\u00a0%";
  };
  const number = (value) => String(Number(value.toPrecision(4))).replace("-", "\u2212");

  // what a page carries of each course: bytes, unpacked when they are needed
  const unpacked = new Map();
  const bytes = (part, point, key) => {
    const at = part + " " + point + " " + key;
    if (!unpacked.has(at)) {
      const text = data.parts[part].points[point][key];
      unpacked.set(at, text ? Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)) : null);
    }
    return unpacked.get(at);
  };
  const course = (part, point) => {
    const here = data.parts[part], entry = here && here.points[point];
    if (!entry) return null;
    const time = here.clocks[entry.c], mix = bytes(part, point, "q");
    const strategies = data.strategies.length, moments = time.length;
    const lines = mix.length / strategies / moments;
    return {
      time, lines, replicates: entry.n, single: entry.n <= data.few,
      share: (line, t, k) => { const value = mix[(line * moments + t) * strategies + k]; return value === NONE ? NaN : value / ONE; },
      variable: (line, t, v) => {
        const all = bytes(part, point, "e"), count = here.variables.length;
        const value = all[(line * moments + t) * count + v], { low, high } = here.variables[v];
        return value === NONE ? NaN : low + (value / ONE) * (high > low ? high - low : 1);
      },
    };
  };
  const momentOf = (time, at) => {
    let low = 0, high = time.length - 1;
    while (low < high) { const middle = (low + high + 1) >> 1; if (time[middle] <= at + 1e-9) low = middle; else high = middle - 1; }
    return low;
  };

  // words of a point, beside the pointer
  const tip = document.getElementById("tip"), live = document.getElementById("live");
  for (const element of document.querySelectorAll("[data-p] > title")) {
    element.parentNode.dataset.tip = element.textContent;
    element.remove();
  }
  const show = (words, x, y) => {
    tip.textContent = words;
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const left = x + 14 + box.width > innerWidth ? x - box.width - 14 : x + 14;
    const top = y + 14 + box.height > innerHeight ? y - box.height - 10 : y + 14;
    tip.style.left = Math.max(4, Math.min(left, innerWidth - box.width - 4)) + "px";
    tip.style.top = Math.max(4, top) + "px";
  };
  const hide = () => { tip.hidden = true; };
  const wordsOf = (element) => element.dataset.now || element.dataset.tip;
  document.addEventListener("pointermove", (event) => {
    const element = event.pointerType === "touch" ? null : event.target.closest("[data-tip]");
    if (element) show(wordsOf(element), event.clientX, event.clientY); else hide();
  });
  document.addEventListener("scroll", hide, { passive: true });

  // one point looked at closely
  const NS = { top: 10, left: 42, width: 460, shares: 240, floor: 200, variable: 76 };
  const lineOf = (part, point) => {
    const here = data.parts[part], found = course(part, point);
    if (!found) return null;
    const { time } = found, right = NS.width - 12;
    const x = (t) => NS.left + ((time[t] - time[0]) / (time[time.length - 1] - time[0] || 1)) * (right - NS.left);
    const y = (share) => NS.floor - share * (NS.floor - NS.top);
    const svg = make("svg", {
      viewBox: `0 0 ${NS.width} ${NS.shares + NS.variable * here.variables.length}`, role: "img", class: "course",
      "aria-label": "Shares over time of the chosen point", "data-p": point,
      "data-left": NS.left, "data-right": right, "data-top": NS.top, "data-floor": NS.floor, "data-from": time[0], "data-to": time[time.length - 1],
    });
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      svg.append(make("path", { d: `M${NS.left} ${y(share)}H${right}`, class: "grid" }));
      svg.append(make("text", { x: NS.left - 6, y: y(share) + 4, "text-anchor": "end" }, percent(share)));
    }
    for (const part of [0, 0.25, 0.5, 0.75, 1]) {
      const at = NS.left + part * (right - NS.left);
      svg.append(make("text", { x: at, y: NS.floor + 17, "text-anchor": "middle" }, number(time[0] + part * (time[time.length - 1] - time[0]))));
    }
    svg.append(make("text", { x: (NS.left + right) / 2, y: NS.floor + 34, "text-anchor": "middle", class: "axis" }, "generations"));
    const path = (value, down) => {
      let words = "", pen = "M";
      for (let t = 0; t < time.length; t++) {
        const share = value(t);
        if (Number.isNaN(share)) { pen = "M"; continue; }
        words += `${pen}${x(t).toFixed(1)} ${down(share).toFixed(1)}`;
        pen = "L";
      }
      return words;
    };
    const area = (low, high, down) => {
      const there = [...time.keys()].filter((t) => !Number.isNaN(low(t)) && !Number.isNaN(high(t)));
      const edge = (ts, value) => ts.map((t) => `${x(t).toFixed(1)} ${down(value(t)).toFixed(1)}`);
      return there.length ? "M" + [...edge(there, high), ...edge(there.slice().reverse(), low)].join("L") + "Z" : "";
    };
    data.strategies.forEach((_, k) => {
      if (!found.single) {
        for (const [low, high] of [[0, 4], [1, 3]])
          svg.append(make("path", { d: area((t) => found.share(low, t, k), (t) => found.share(high, t, k), y), class: `band k${k}` }));
      }
      const lines = found.single ? [...Array(found.lines).keys()] : [2];
      for (const line of lines)
        svg.append(make("path", { d: path((t) => found.share(line, t, k), y), class: `line l${k}${lines.length > 1 ? " thin" : ""}` }));
    });
    here.variables.forEach((variable, v) => {
      const top = NS.shares + v * NS.variable, { low, high } = variable;
      const down = (value) => top + NS.variable - 12 - ((value - low) / (high - low || 1)) * (NS.variable - 36);
      svg.append(make("text", { x: NS.left, y: top + 11, class: "small" }, variable.label));
      for (const value of high > low ? [low, high] : [low]) {
        svg.append(make("path", { d: `M${NS.left} ${down(value)}H${right}`, class: "grid" }));
        svg.append(make("text", { x: NS.left - 6, y: down(value) + 4, "text-anchor": "end", class: "small" }, number(value)));
      }
      if (!found.single)
        svg.append(make("path", { d: area((t) => found.variable(0, t, v), (t) => found.variable(2, t, v), down), class: "band environment" }));
      for (const line of found.single ? [...Array(found.lines).keys()] : [1]) {
        let words = path((t) => found.variable(line, t, v), down);
        if (variable.steps) words = words.replace(/L([\d.]+) ([\d.]+)/g, "H$1V$2");
        svg.append(make("path", { d: words, class: "line environment" }));
      }
    });
    return svg;
  };
  const look = (element, focus) => {
    const section = element.closest("section"), part = section.dataset.part, point = element.dataset.p;
    const one = section.querySelector(".one");
    if (!one) return;
    const [title, ...lines] = element.dataset.tip.split("\n");
    one.querySelector("h3").textContent = title;
    one.querySelector(".told").textContent = lines.join("\n");
    one.querySelector(".again").textContent = one.dataset.again.replace("POINT", point);
    const place = one.querySelector(".drawn"), drawn = lineOf(part, point);
    place.replaceChildren(drawn || document.createTextNode(one.dataset.none));
    one.querySelector(".readout").textContent = "";
    one.querySelector(".legend").hidden = !drawn;
    one.hidden = false;
    for (const old of section.querySelectorAll(".chosen")) old.classList.remove("chosen");
    element.classList.add("chosen");
    at(section);
    const box = one.getBoundingClientRect();
    if (focus || box.top > innerHeight - 80 || box.bottom < 0) one.scrollIntoView({ block: "nearest" });
    if (focus) one.focus();
  };
  document.addEventListener("click", (event) => {
    const element = event.target.closest("[data-tip]");
    if (element) look(element, false);
  });
  for (const button of document.querySelectorAll(".one .close"))
    button.addEventListener("click", () => { button.closest(".one").hidden = true; });

  // maps by keyboard: arrows from cell to cell, or to the nearest dot on that side; Enter to look closely
  for (const map of document.querySelectorAll("svg.map")) {
    const cells = [...map.querySelectorAll("[data-tip]")];
    const byPlace = new Map(cells.map((cell) => [cell.dataset.x + " " + cell.dataset.y, cell]));
    const down = cells.length > 1 && Math.max(...cells.map((cell) => +cell.dataset.y)) > 0 && upwards(cells) ? -1 : 1;
    const nearest = (across, up) => {
      const place = (dot) => [+dot.getAttribute("cx"), +dot.getAttribute("cy")], [x, y] = place(current);
      let best = Infinity, found = null;
      for (const dot of cells) {
        const [right, below] = [place(dot)[0] - x, place(dot)[1] - y];
        const ahead = right * across - below * up, aside = Math.abs(right * up + below * across);
        if (ahead > 0 && aside <= ahead && ahead + aside < best) { best = ahead + aside; found = dot; }
      }
      return found;
    };
    const beside = (across, up) => current.dataset.x === undefined
      ? nearest(across, up)
      : byPlace.get(+current.dataset.x + across + " " + (+current.dataset.y - down * up));
    let current = null;
    const go = (cell) => {
      if (!cell) return;
      if (current) current.classList.remove("current");
      current = cell;
      cell.classList.add("current");
      const box = cell.getBoundingClientRect();
      show(wordsOf(cell), box.right, box.bottom);
      live.textContent = wordsOf(cell);
    };
    map.addEventListener("keydown", (event) => {
      const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (step) {
        event.preventDefault();
        go(current ? beside(...step) : cells[0]);
      } else if (event.key === "Enter" && current) look(current, true);
      else if (event.key === "Escape") hide();
    });
    map.addEventListener("blur", () => { hide(); if (current) current.classList.remove("current"); current = null; });
  }
  function upwards(cells) {
    const first = cells.find((cell) => cell.dataset.y === "0"), other = cells.find((cell) => cell.dataset.y !== "0");
    return first && other && +first.getAttribute("y") > +other.getAttribute("y");
  }

  // time: colours of the map, a line through the courses
  const paint = (cell, kind, strength) => {
    const marks = ["current", "chosen"].filter((mark) => cell.classList.contains(mark));
    cell.setAttribute("class", [kind, ...marks].join(" "));
    cell.setAttribute("fill-opacity", strength);
  };
  const at = (section) => {
    const range = section.querySelector(".time input");
    if (!range) return;
    const part = section.dataset.part, here = data.parts[part];
    const end = Math.max(...here.clocks.map((clock) => clock[clock.length - 1]));
    const last = range.value === range.max, now = (end * range.value) / range.max;
    section.querySelector(".time output").textContent = `generation ${number(now)}${last ? ", the end" : ""}`;
    for (const cell of section.querySelectorAll(".cells [data-p]")) {
      const entry = here.points[cell.dataset.p];
      if (!entry || !entry.w) continue;
      if (last) {
        if (cell.dataset.end) paint(cell, ...cell.dataset.end.split("|"));
        delete cell.dataset.now;
        continue;
      }
      if (!cell.dataset.end) cell.dataset.end = cell.getAttribute("class").replace(/ ?(current|chosen)/g, "") + "|" + cell.getAttribute("fill-opacity");
      const t = momentOf(here.clocks[entry.c], now), winner = bytes(part, cell.dataset.p, "w")[t], share = bytes(part, cell.dataset.p, "s")[t] / ONE;
      if (winner === NONE) continue;
      const least = 1 / data.strategies.length, strength = data.palest + (1 - data.palest) * Math.min(1, Math.max(0, (share - least) / (1 - least)));
      paint(cell, "k" + winner, strength.toFixed(2));
      cell.dataset.now = `${cell.dataset.tip.split("\n")[0]}\nat generation ${number(now)} ${data.strategies[winner]} leads, mean share ${percent(share)}`;
    }
    for (const names of section.querySelectorAll(".names, .hatch, .ground")) names.style.visibility = last ? "" : "hidden";
    for (const svg of section.querySelectorAll("svg.course")) cursor(svg, part, now, last);
  };
  const cursor = (svg, part, now, last) => {
    for (const old of svg.querySelectorAll(".now")) old.remove();
    const found = course(part, svg.dataset.p), readout = svg.parentNode.querySelector(".readout") || svg.closest(".one, figure").querySelector(".readout");
    if (!found || !readout) return;
    if (last) { readout.textContent = ""; return; }
    const t = momentOf(found.time, now), place = svg.dataset;
    const x = +place.left + ((found.time[t] - place.from) / (place.to - place.from || 1)) * (place.right - place.left);
    const group = make("g", { class: "now", "aria-hidden": "true" });
    group.append(make("path", { d: `M${x} ${place.top}V${svg.viewBox.baseVal.height - 10}`, class: "cursor" }));
    const line = found.single ? 0 : 2, words = [];
    data.strategies.forEach((label, k) => {
      const share = found.share(line, t, k);
      if (Number.isNaN(share)) return;
      group.append(make("circle", { cx: x, cy: place.floor - share * (place.floor - place.top), r: 3.5, class: `mark m${k}` }));
      words.push(`${label} ${percent(share)}`);
    });
    svg.append(group);
    const which = found.replicates === 1 ? "" : found.single ? "first replicate: " : "medians: ";
    readout.textContent = `generation ${number(found.time[t])}: ${which}${words.join(", ")}`;
  };
  for (const section of document.querySelectorAll("section[data-part]")) {
    const range = section.querySelector(".time input"), play = section.querySelector(".time button");
    if (!range) continue;
    let timer = null;
    const stop = () => { clearInterval(timer); timer = null; play.textContent = "Play"; };
    range.addEventListener("input", () => { stop(); at(section); });
    play.addEventListener("click", () => {
      if (timer) { stop(); return; }
      if (range.value === range.max) range.value = 0;
      play.textContent = "Pause";
      timer = setInterval(() => { range.value = +range.value + range.max / 100; at(section); if (range.value === range.max) stop(); }, 60);
    });
    at(section);
  }
  addEventListener("beforeprint", () => { for (const details of document.querySelectorAll("details")) details.open = true; });
})();
