// Plays what `labelaudit.replay.replay` returns. Names are the user's and are only ever written as text.
function play(root, data) {
  const SVG = "http://www.w3.org/2000/svg";
  const frames = data.frames, last = frames.length - 1, k = data.classes.length;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const whole = (n) => Math.round(n).toLocaleString("en");
  const percent = (share) => `${(100 * share).toFixed(1)}%`;
  const count = (frame, ...names) => names.reduce((sum, name) => sum + (frame.counts[name] || 0), 0);
  const WORDS = {error: "corrected", kept: "kept", excluded: "excluded", ambiguous: "ambiguous", suspect: "not decided yet"};
  const SIGNS = {error: "✕", kept: "■", excluded: "◆", ambiguous: "▶", suspect: "▲"};
  let at = 0, from = 0, moved = 1, timer = 0, drawing = 0;

  function add(parent, name, attributes = {}, text = "") {
    const svg = parent.namespaceURI === SVG || name === "svg";
    const made = svg ? document.createElementNS(SVG, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return parent.appendChild(made);
  }

  root.replaceChildren();
  root.tabIndex = 0;
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "Replay of the corrections; space plays, arrows step");
  const [first, final] = [frames[0], frames[last]].map((frame) => percent(frame.health));
  const many = frames[last].decided === 1 ? "1 decision" : `${whole(frames[last].decided)} decisions`;
  const led = first === final ? `so far, health stays at ${final}` : `took the labels from ${first} to ${final} health`;
  add(root, "h1", {}, `${data.name}: ${many} ${led}`);
  const figures = add(root, "div", {class: "figures"});
  const health = add(figures, "div", {class: "health"});
  const tallies = Object.keys(WORDS).filter((name) => name !== "suspect").map((name) => {
    const box = add(figures, "div");
    add(box, "i", {style: `color:${data.looks[name][0]}`, "aria-hidden": "true"}, SIGNS[name]);
    const number = add(box, "b");
    add(box, "span", {}, WORDS[name]);
    return [name, number];
  });
  const views = add(root, "div", {class: "views"});

  // -- the confident joint ---------------------------------------------------------------------------
  const left = add(views, "figure");
  const hidden = data.hidden ? `, the ${k} classes most changed of ${k + data.hidden}` : "";
  add(add(left, "figcaption"), "b", {}, "Which label is given, and which is meant").after(`: estimated examples${hidden}`);
  const heat = add(add(left, "div", {class: "box"}), "svg", {viewBox: "0 0 560 368", role: "img"});
  const side = {x: 110, y: 62, width: 446 / k, height: 300 / k};
  const short = (name, most) => (name.length > most ? `${name.slice(0, most - 1)}…` : name);
  data.classes.forEach((name, index) => {
    const x = side.x + (index + 0.5) * side.width, y = side.y + (index + 0.5) * side.height;
    const steep = k > 5;
    add(heat, "text", {x, y: side.y - 6, "text-anchor": steep ? "start" : "middle", transform: steep ? `rotate(-38 ${x} ${side.y - 6})` : ""}, short(name, steep ? 11 : 14));
    add(heat, "text", {x: side.x - 8, y: y + 4, "text-anchor": "end"}, short(name, 15));
  });
  const most = Math.max(1, ...frames.flatMap((frame) => frame.cells.filter((_, cell) => cell % (k + 1))));
  const cells = Array.from({length: k * k}, (_, cell) => {
    const row = Math.floor(cell / k), column = cell % k;
    const x = side.x + column * side.width, y = side.y + row * side.height;
    const rect = add(heat, "rect", {x: x + 1, y: y + 1, width: side.width - 2, height: side.height - 2, rx: 3});
    rect.setAttribute("fill", row === column ? "#94a3b8" : "#dc4a1c");
    const text = add(heat, "text", {x: x + side.width / 2, y: y + side.height / 2 + 4, "text-anchor": "middle"});
    return [rect, text];
  });

  function drawHeat() {
    const frame = frames[at], before = frames[Math.max(0, at - 1)];
    cells.forEach(([rect, text], cell) => {
      const value = frame.cells[cell], diagonal = cell % (k + 1) === 0;
      rect.setAttribute("fill-opacity", diagonal ? 0.18 : value ? 0.1 + 0.8 * Math.sqrt(value / most) : 0.03);
      rect.classList.toggle("changed", !diagonal && at > 0 && value !== before.cells[cell]);
      text.textContent = value && side.width > 26 ? (value < 10000 || side.width > 50 ? whole(value) : `${whole(value / 1000)}k`) : "";
      text.classList.toggle("quiet", diagonal);
    });
  }

  // -- the plane -------------------------------------------------------------------------------------
  const right = add(views, "figure");
  add(add(right, "figcaption"), "b", {}, "Where the examples lie").after(": across, the probability of the label; up, of the likeliest other");
  const canvas = add(add(right, "div", {class: "box"}), "canvas", {role: "img"});
  const peak = Math.log1p(Math.max(1, ...data.density.map((bin) => bin[2])));
  const step = 1 / 40;
  const SHAPES = {
    "triangle-up": [[0, -1], [1, 0.8], [-1, 0.8]],
    "triangle-right": [[1, 0], [-0.8, 1], [-0.8, -1]],
    square: [[-0.8, -0.8], [0.8, -0.8], [0.8, 0.8], [-0.8, 0.8]],
    diamond: [[0, -1], [1, 0], [0, 1], [-1, 0]],
    cross: [[-1, -0.35], [-0.35, -0.35], [-0.35, -1], [0.35, -1], [0.35, -0.35], [1, -0.35], [1, 0.35], [0.35, 0.35], [0.35, 1], [-0.35, 1], [-0.35, 0.35], [-1, 0.35]],
  };

  function drawPlane() {
    const scale = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    if (canvas.width !== width * scale || canvas.height !== height * scale) {
      canvas.width = width * scale;
      canvas.height = height * scale;
    }
    const pen = canvas.getContext("2d"), ink = getComputedStyle(root).color;
    const [x0, y0, w, h] = [34, 8, width - 44, height - 32];
    const place = ([x, y]) => [x0 + x * w, y0 + (1 - y) * h];
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.fillStyle = "#d97706";
    pen.globalAlpha = 0.1;
    pen.beginPath();
    for (const corner of [[0, 0], [0, 1], [0.5, 0.5]]) pen.lineTo(...place(corner));
    pen.fill();
    pen.fillStyle = "#64748b";
    for (const [x, y, n] of data.density) {
      pen.globalAlpha = 0.08 + 0.5 * (Math.log1p(n) / peak);
      const [px, py] = place([x, y + step]);
      pen.fillRect(px, py, w * step, h * step);
    }
    pen.fillStyle = ink;
    pen.globalAlpha = 0.72;
    pen.font = "11px system-ui, sans-serif";
    for (const tick of [0, 0.5, 1]) {
      pen.fillText(tick.toString(), x0 + tick * w - 3, height - 8);
      pen.fillText(tick.toString(), 6, y0 + (1 - tick) * h + 4);
    }
    for (const point of data.points) {
      const now = point.frame <= at && (point.frame <= from || moved > 0);
      const share = point.frame > at ? 0 : point.frame <= from ? 1 : moved;
      const name = now ? point.status : "suspect";
      const [x, y] = place(point.from.map((value, axis) => value + share * (point.to[axis] - value)));
      const size = share > 0 && share < 1 ? 7 : 4.5;
      pen.globalAlpha = name === "excluded" && share === 1 ? 0.35 : name === "suspect" ? 0.7 : 0.85;
      pen.fillStyle = data.looks[name][0];
      pen.beginPath();
      for (const [dx, dy] of SHAPES[data.looks[name][1]]) pen.lineTo(x + size * dx, y + size * dy);
      pen.fill();
    }
    pen.globalAlpha = 1;
  }

  // -- time and controls -----------------------------------------------------------------------------
  const line = add(add(root, "div", {class: "timeline"}), "svg", {viewBox: "0 0 1000 100", preserveAspectRatio: "none", "aria-hidden": "true"});
  const scores = frames.map((frame) => frame.health), low = Math.min(...scores), high = Math.max(...scores);
  const across = (index) => (1000 * index) / Math.max(1, last);
  const path = scores.map((score, index) => `${across(index)},${92 - (80 * (score - low)) / Math.max(1e-6, high - low)}`);
  add(line, "path", {class: "area", d: `M0,100L${path.join("L")}L1000,100Z`});
  add(line, "path", {d: `M${path.join("L")}`});
  const mark = add(line, "line", {y1: 0, y2: 100});
  const slider = add(root, "input", {type: "range", min: 0, max: last, step: 1, value: 0, "aria-label": "Frame"});
  const controls = add(root, "div", {class: "controls"});
  const button = (text, label, act) => {
    const made = add(controls, "button", {type: "button", "aria-label": label}, text);
    made.onclick = act;
    return made;
  };
  const toggle = button("▶ Play", "Play", () => (timer ? pause() : start()));
  toggle.className = "play";
  const back = button("‹ Back", "One step back", () => { pause(); go(at - 1); });
  const on = button("Step ›", "One step on", () => { pause(); go(at + 1); });
  const speed = add(controls, "select", {"aria-label": "Speed"});
  for (const times of [0.5, 1, 2, 4]) add(speed, "option", {value: times, ...(times === 1 ? {selected: ""} : {})}, `${times}×`);
  const said = add(controls, "p", {class: "said", "aria-live": "polite"});
  const table = add(add(root, "details"), "table");
  table.before(add(table.parentNode, "summary", {}, "As a table"));
  const row = (cell, texts) => { const made = add(table, "tr"); texts.forEach((text) => add(made, cell, {}, text)); };
  row("th", ["decisions", ...tallies.map(([name]) => WORDS[name]), "health", "model agrees"]);
  for (const frame of frames) {
    row("td", [whole(frame.decided), ...tallies.map(([name]) => whole(count(frame, name))), percent(frame.health), percent(frame.agreement)]);
  }

  function words() {
    const frame = frames[at], points = 100 * (frame.health - frames[0].health);
    const by = frame.by ? ` · ${short(frame.by, 40)}` : "";
    const when = frame.time ? ` · ${frame.time.slice(0, 16).replace("T", " ")}` : "";
    said.textContent = at ? `After ${whole(frame.decided)} of ${whole(frames[last].decided)} decisions${by}${when}` : "Before the first decision";
    health.replaceChildren();
    add(health, "b", {}, percent(frame.health));
    add(health, "span", {}, "health ");
    if (at) add(health, "span", {class: points < 0 ? "down" : "up"}, `${points < 0 ? "▼" : "▲"} ${Math.abs(points).toFixed(1)} points`);
    for (const [name, number] of tallies) number.textContent = whole(count(frame, name));
    heat.setAttribute("aria-label", `Heatmap of given against suggested labels, ${said.textContent.toLowerCase()}`);
    canvas.setAttribute("aria-label", `Scatter of the decided examples: ${tallies.map(([name]) => `${whole(count(frame, name))} ${WORDS[name]}`).join(", ")}`);
    slider.value = at;
    slider.setAttribute("aria-valuetext", said.textContent);
    mark.setAttribute("x1", across(at));
    mark.setAttribute("x2", across(at));
    back.disabled = at === 0;
    on.disabled = at === last;
    toggle.textContent = timer ? "❚❚ Pause" : at === last ? "↺ Play again" : "▶ Play";
    toggle.setAttribute("aria-label", timer ? "Pause" : "Play");
  }

  function go(to) {
    from = at;
    at = Math.max(0, Math.min(last, to));
    words();
    drawHeat();
    cancelAnimationFrame(drawing);
    if (still.matches || at <= from) { moved = 1; from = at; drawPlane(); return; }
    const begun = performance.now(), lasts = 650 / Number(speed.value);
    const tween = (now) => {
      const share = Math.min(1, Math.max(0, (now - begun) / lasts));
      moved = 1 - (1 - share) ** 3;
      drawPlane();
      if (share < 1) drawing = requestAnimationFrame(tween);
    };
    drawing = requestAnimationFrame(tween);
  }

  function start() {
    if (at === last) go(0);
    const tick = () => {
      go(at + 1);
      if (at === last) pause();
      else timer = setTimeout(tick, 1000 / Number(speed.value));
    };
    timer = setTimeout(tick, 150);
    words();
  }

  function pause() {
    clearTimeout(timer);
    timer = 0;
    words();
  }

  slider.oninput = () => { const to = Number(slider.value); pause(); go(to); };
  const KEYS = {
    " ": () => toggle.click(),
    ArrowRight: () => on.click(),
    ArrowLeft: () => back.click(),
    Home: () => { pause(); go(0); },
    End: () => { pause(); go(last); },
  };
  root.onkeydown = (event) => {
    const own = event.target.closest("button, select, summary");
    if (!KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey || (own && own.matches("select"))) return;
    if (own && event.key === " ") return;
    event.preventDefault();
    event.stopPropagation();
    KEYS[event.key]();
  };
  const fit = new ResizeObserver(() => drawPlane());
  fit.observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawPlane);
  go(0);
  return () => { clearTimeout(timer); cancelAnimationFrame(drawing); fit.disconnect(); };
}
