// One example at a time, large; what is said about it and what can be decided stands beside it.

const ONE = `<section class="la-one" aria-label="Review">
  <nav class="la-way"></nav><article class="la-example"><div class="la-parts-of"></div><div class="la-of"></div></article><div class="la-side"><div class="la-facts-of"></div>
  <div class="la-buttons"></div><div class="la-classes"></div><div class="la-why"></div>
  <div class="la-notes"><input class="la-reason" list="la-reasons" placeholder="Reason" aria-label="Reason">
    <datalist id="la-reasons"><option>wrong label</option><option>unclear</option><option>not in any class</option>
    <option>duplicate</option><option>bad quality</option></datalist>
    <textarea class="la-comment" rows="1" placeholder="Comment" aria-label="Comment"></textarea></div>
  <div class="la-said" role="status" aria-live="polite"></div></div><div class="la-nearby"></div>
  <div class="la-alerts"></div><div class="la-over" hidden></div></section>`;

const CHOICES = ["accept", "keep", "exclude", "ambiguous", "skip"];

function oneScreen(root, act) {
  root.innerHTML = ONE;
  const part = (name) => root.querySelector(`.la-${name}`);
  const notes = { reason: part("reason"), comment: part("comment") };
  clicks(root, act);
  typing(root, () => screen.room, notes);
  let drawn = null;

  const draw = (room) => {
    const face = current(room), state = stateOf(room, room.at);
    part("one").classList.toggle("beside", room.mode === "beside");
    way(part("way"), room);
    put(part("alerts"), refusals(room));
    part("said").textContent = part("said").title = isLate(room) ? "" : room.said;
    root.classList.toggle("over", room.over);
    for (const [name, field] of Object.entries(notes)) if (field.value !== room[name]) field.value = room[name];
    root.classList.toggle("waiting", !face);
    if (!face) { drawn = null; root.dataset.id = ""; return; }
    if (drawn !== face) {
      example(part("example"), face);
      put(part("why"), face.why);
      put(part("nearby"), face.near);
    }
    put(part("buttons"), CHOICES.map((name) => buttonFor(room, name, name === "accept" ? "main" : "")).join(""));
    root.querySelector("[data-do=accept]").disabled = face.suggested === null;
    const final = finalTag(state);
    put(part("facts-of"), `<div class="la-labels">${face.labels}<span>${final && `final ${final}`}</span></div>
      ${state[3] ? `<div class="la-small la-because" dir="auto" title="${escaped(state[3])}">${escaped(state[3])}</div>` : ""}
      <div class="la-small">${face.facts}</div>`);
    put(part("classes"), classes(room, face, state));
    put(part("parts-of"), parts(room, face));
    drawn = face;
    root.dataset.id = face.id;
  };
  return { draw, actions: overlays(part("over"), act, notes) };
}

// The buttons stay the same ones, so that who pressed one by keyboard is still on it.
function way(place, room) {
  const quiet = (...names) => names.map((name) => buttonFor(room, name, "quiet")).join("");
  put(place, `${quiet("previous", "next")}<span class="la-count-of"></span><span class="la-gap"></span>${
    quiet("undo", "redo", "help")}<span class="la-pages"></span>`);
  const at = room.walk.indexOf(room.at);
  const count = at < 0 ? "" : `${(room.start + at + 1).toLocaleString("en")} of ${room.total.toLocaleString("en")}`;
  place.querySelector(".la-count-of").textContent = count;
}

function example(place, face) {
  const size = face.length > 1500 ? "long" : face.length > 500 ? "middling" : face.length < 160 ? "short" : "";
  place.className = `la-example ${size} ${face.image ? "image" : ""}`;
  const of = place.querySelector(".la-of");
  if (face.image) {
    of.innerHTML = `<div class="la-zoom"></div>${face.image.caption}`;
    zoomable(of.firstChild, face.picture, face.image);
  } else of.innerHTML = face.html + face.rest;
  place.scrollTop = 0;
}

// The parts of the example with the labels that they have now: a click opens one, or changes its label where it is one
// of two.
function parts(room, face) {
  if (!face.parts) return "";
  const { parts, here, title, toggles } = face.parts;
  const shown = parts.map(({ at, name, given, flagged }) => {
    const [action, final, status] = stateOf(room, at);
    const label = action === "set" ? final : given;
    const role = `${at === here ? " here" : ""}${flagged ? " flagged" : ""}${toggles && label === room.names[1] ? " on" : ""}`;
    const hint = toggles ? "Change this label" : "Look at this part";
    const doing = toggles ? `data-do="flip" data-code="${at}" aria-pressed="${label === room.names[1]}"` : `data-open="${at}"`;
    return `<button type="button" class="la-part${role} ${action ? status : ""}" title="${hint}" ${doing}><span dir="auto">${
      escaped(name)}</span><small>${escaped(label)}</small></button>`;
  });
  return `${title ? `<div class="la-small">${escaped(title)}</div>` : ""}<div class="la-parts" dir="auto">${shown.join("")}</div>`;
}

// The likeliest classes as buttons, each as long as it is likely.
function classes(room, face, [action, final]) {
  const rows = face.classes.map(({ key, code, p, role }) => {
    const chosen = action === "set" && final === room.names[code] ? " chosen" : "";
    const name = escaped(room.names[code]);
    return `<button type="button" class="la-class ${role}${chosen}" data-do="class" data-code="${code}"
      title="The label is ${name}${role ? ` (${role})` : ""}"><kbd>${key}</kbd><span class="name" dir="auto">${name}</span>
      <span class="track"><span class="fill" style="width:${(p * 100).toFixed(1)}%"></span></span>
      <span class="value">${(p * 100).toFixed(1)}%</span></button>`;
  });
  if (!room.names.length) return buttonFor(room, "search", "quiet").replace("Another label", "Another number");
  const more = room.names.length > face.classes.length ? ` of ${room.names.length.toLocaleString("en")}` : "";
  return `<div class="la-small la-title"><span>${escaped(face.title)}</span>${
    buttonFor(room, "search", "quiet").replace("Another label", `Another label${more}`)}</div>${rows.join("")}`;
}

// -- typing, and what lies over the screen ----------------------------------------------------------

function typing(root, room, notes) {
  for (const [name, field] of Object.entries(notes)) {
    field.oninput = () => { room()[name] = field.value; };
    field.onkeydown = (event) => {
      const leave = event.key === "Escape" || (event.key === "Enter" && (name === "reason" || event.ctrlKey || event.metaKey));
      event.stopPropagation();
      if (leave) { event.preventDefault(); field.blur(); }
    };
  }
}

function overlays(over, act, notes) {
  const close = () => { over.hidden = true; over.innerHTML = ""; };
  const number = (room, typed = "") => {
    over.hidden = false;
    over.innerHTML = `<form class="la-find" role="dialog" aria-label="Type a number"><input inputmode="decimal" value="${typed}"
      placeholder="Type the number, Enter sets it" aria-label="Number"><div class="la-small" role="alert"></div></form>`;
    const [form, input, said] = [over.firstChild, over.querySelector("input"), over.querySelector("[role=alert]")];
    form.onsubmit = (event) => {
      event.preventDefault();
      const text = input.value; // the server reads it as the column is read
      if (!room.typed.can.test(text)) said.textContent = `“${text}” ${room.typed.refusal}`;
      else { close(); act("value", text); }
    };
    input.onblur = (event) => { if (!over.contains(event.relatedTarget)) close(); };
    input.onkeydown = (event) => {
      if (event.key === "Escape") { close(); taken(event); } else event.stopPropagation();
    };
    input.focus();
    input.setSelectionRange(typed.length, typed.length);
  };
  const search = (room, typed) => {
    if (!room.names.length) return number(room, typed);
    over.hidden = false;
    over.innerHTML = `<div class="la-find" role="dialog" aria-label="Find a class"><input role="combobox" aria-expanded="true"
      aria-controls="la-found" placeholder="Type a class" aria-label="Class"><ul id="la-found" role="listbox"></ul></div>`;
    const [input, list] = [over.querySelector("input"), over.querySelector("ul")];
    const lower = room.names.map((name) => name.toLocaleLowerCase());
    let found = [], on = 0;
    const show = () => {
      const wanted = input.value.trim().toLocaleLowerCase();
      const hits = lower.flatMap((name, code) => (name.includes(wanted) ? [code] : []));
      const rank = (code) => (lower[code] === wanted ? 0 : lower[code].startsWith(wanted) ? 1 : 2);
      found = hits.sort((a, b) => rank(a) - rank(b) || a - b).slice(0, 50);
      on = 0;
      mark();
    };
    const mark = () => {
      list.innerHTML = found.map((code, i) => `<li role="option" data-code="${code}" aria-selected="${i === on}"
        dir="auto">${escaped(room.names[code])}</li>`).join("") || "<li class='none'>No class has this in its name.</li>";
      list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
    };
    const choose = (code) => { close(); if (code !== undefined) act("class", code); };
    input.oninput = show;
    input.onblur = (event) => { if (!over.contains(event.relatedTarget)) close(); };
    list.onmousedown = (event) => {
      event.preventDefault();
      const { code } = event.target.closest("li").dataset;
      if (code !== undefined) choose(Number(code));
    };
    input.onkeydown = (event) => {
      const moves = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (moves) { on = Math.max(0, Math.min(found.length - 1, on + moves)); mark(); }
      else if (event.key === "Enter") choose(found[on]);
      else if (event.key === "Escape") close();
      else return event.stopPropagation();
      taken(event);
    };
    show();
    input.focus();
  };
  const help = (room) => {
    if (!over.hidden) return close();
    over.hidden = false;
    const rows = room.actions.map(([name, title, hint]) =>
      `<dt>${room.keys[name].map(keycap).join(" ")}</dt><dd><b>${escaped(title)}</b> ${escaped(hint)}</dd>`);
    const fixed = room.fixed.map(([key, means]) => `<dt class="wide">${escaped(key)}</dt><dd>${escaped(means)}</dd>`);
    over.innerHTML = `<div class="la-help" role="dialog" aria-label="Keys" tabindex="-1">
      <dl>${rows.join("")}${fixed.join("")}</dl><p class="la-small">“Keys” above changes them. Esc closes this.</p></div>`;
    const box = over.firstChild;
    box.onkeydown = (event) => { close(); taken(event); };
    box.onblur = close;
    box.focus();
  };
  return { search, help, comment: () => notes.reason.focus() };
}
