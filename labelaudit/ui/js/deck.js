// The component: one listener for the keys of the page, and a screen that draws what the tab knows.

let screen = null, byMouse = false;

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".la-deck");
  const room = roomOf(data.run);
  room.send = () => setStateValue("sent", {
    run: room.run, jump: room.jump, events: room.pending.map(({ was, since, ...event }) => event), open: room.at, before: room.before,
    named: room.names ? room.run : "", holds: { one: [...room.faces.one.keys()], cards: [...room.faces.cards.keys()] },
  });
  room.resend = screen?.root !== root && room.pending.length > 0;
  take(room, data);
  if (screen?.root !== root || screen.mode !== data.mode) {
    const make = data.mode === "cards" ? cardsScreen : oneScreen;
    screen = { root, mode: data.mode, room, ...make(root, (action, code) => act(action, code)) };
  }
  screen.room = room;
  fit();
  draw();
  if (room.resend) room.send();
  room.resend = false;
  window.removeEventListener("keydown", pressed, true);
  window.addEventListener("keydown", pressed, true);
  window.addEventListener("pointerdown", pointed, true);
  window.onresize = fit;
  // Streamlit also ends calls that a later one has overtaken: only a screen that is gone stops listening.
  return () => {
    if (root.isConnected || screen?.root !== root) return;
    window.removeEventListener("keydown", pressed, true);
    window.removeEventListener("pointerdown", pointed, true);
    screen = null;
  };
}

// The example takes the room that what stands above leaves.
function fit() {
  const { root } = screen ?? {};
  if (!root?.isConnected) return;
  const scrolled = root.closest("[data-testid=stMain]")?.scrollTop ?? 0;
  root.style.setProperty("--top", `${Math.round(root.getBoundingClientRect().top + scrolled)}px`);
}

function draw() {
  const { room } = screen;
  screen.draw(room);
  // Keys that came before their example was here.
  while (room.held.length && current(room)) {
    const [action, code] = room.held.shift();
    perform(room, action, code);
    screen.draw(room);
  }
}

function act(action, code) {
  const { room } = screen;
  if (!current(room) && (DECIDES.includes(action) || action === "digit")) room.held.push([action, code]);
  else perform(room, action, code);
  draw();
}

function perform(room, action, code) {
  if (action === "digit" && !room.names.length) screen.actions.search(room, code);
  else if (action === "digit") {
    const found = faceOf(room, room.at).classes.find((one) => one.key === code);
    if (found) decide(room, "class", found.code);
  } else if (DECIDES.includes(action)) decide(room, action, code);
  else if (action === "undo" || action === "redo") back(room, action);
  else if (screen.actions[action]) screen.actions[action](room, code);
  else if (action === "next") step(room, 1);
  else if (action === "previous") step(room, -1);
  else if (action === "open") go(room, code);
  else if (action === "flip") flip(room, Number(code));
  else if (action === "anyway") insist(room, code);
  else if (action === "leave") leave(room, code);
  else if (action === "retry") room.send();
}

// -- keys -----------------------------------------------------------------------------------------

const TYPING = "input, textarea, select, [contenteditable=''], [contenteditable=true], [role=dialog], [role=listbox] *";

function pressed(event) {
  if (!screen?.root.isConnected || event.isComposing) return;
  const target = event.composedPath()[0];
  if (event.key === "Tab") byMouse = false;
  // Who chose the view by mouse has left its button, whatever key comes first: space is one here.
  if (byMouse && target.matches?.("[role=radio]")) target.blur();
  if (target.closest?.(TYPING) && !screen.root.contains(target)) return;
  if (target.closest?.("input, textarea, [role=dialog]") || ofImage(event)) return;
  if (document.querySelector('[data-testid="stDialog"]')) return;
  const key = keyOf(event);
  if (screen.key?.(screen.room, key, event)) return taken(event);
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  // Who walks by keyboard through tabs and choices needs the arrows there.
  if (target.matches?.("[role=radio]:focus-visible, [role=tab]:focus-visible") && event.key.startsWith("Arrow")) return;
  const action = /^[0-9]$/.test(key) ? "digit" : screen.room.byKey[key];
  if (!action) return;
  taken(event);
  // A key that is held down must not decide on one example after the other.
  if (event.repeat && !["next", "previous"].includes(action)) return;
  act(action, action === "digit" ? key : undefined);
}

function pointed() {
  byMouse = true;
}

function taken(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

function keyOf(event) {
  if (event.key === " ") return "space";
  const key = event.key.toLowerCase().replace("arrow", "");
  return event.shiftKey && key.length === 1 && key !== key.toUpperCase() ? `shift+${key}` : key;
}

// -- what somebody else decided meanwhile -----------------------------------------------------------

function insist(room, name) {
  const { event, base } = room.refused.find((one) => one.event.key === name);
  dropped(room, name);
  write(room, { ...eventAgain(event), over: name }, event.at.map(() => base));
}

function leave(room, name) {
  const { event, at } = room.refused.find((one) => one.event.key === name);
  const rest = event.at.filter((one) => !at.includes(one));
  dropped(room, name);
  if (!rest.length || !DECIDES.includes(event.do)) post(room, { do: "leave", over: name });
  else write(room, { ...eventAgain(event), at: rest, over: name }, rest.map((one) => room.state.get(one)?.seq || 0));
}

function eventAgain({ key, base, run, since, ...event }) {
  return event;
}

function dropped(room, name) {
  room.refused = room.refused.filter((one) => one.event.key !== name);
}

// -- small parts that both screens use --------------------------------------------------------------

const SHOWN = { left: "←", right: "→", up: "↑", down: "↓" };

function keycap(key) {
  const last = key.replace("shift+", "");
  const word = SHOWN[last] || (last.length === 1 ? last.toUpperCase() : last);
  return `<kbd>${key.startsWith("shift+") ? "⇧" : ""}${escaped(word)}</kbd>`;
}

function escaped(text) {
  const node = document.createElement("span");
  node.textContent = text;
  return node.innerHTML.replaceAll('"', "&quot;");
}

function buttonFor(room, name, kind = "") {
  const [, title, hint] = room.actions.find(([one]) => one === name);
  return `<button type="button" class="${kind}" data-do="${name}" title="${escaped(hint)}">${escaped(title)} ${
    keycap(room.keys[name][0])}</button>`;
}

function finalTag([action, final, status]) {
  if (!action) return "";
  const word = { keep: "kept", exclude: "excluded", skip: "skipped", ambiguous: "ambiguous" }[action] || final;
  const role = status === "error" ? "error" : { skip: "plain", ambiguous: "plain", exclude: "excluded" }[action] || "kept";
  return `<span class="la-tag ${role}" dir="auto">${escaped(word)}</span>`;
}

function refusals(room) {
  const waiting = `${room.pending.length} ${room.pending.length === 1 ? "decision waits" : "decisions wait"} to be sent;
    don't close the tab.`;
  const failed = (room.failed || isLate(room)) && `<div class="la-alert" role="alert"><p><b>Not saved yet.</b>
    ${escaped(room.failed)} ${waiting}</p><button type="button" data-do="retry" class="main">Try again</button></div>`;
  const over = room.over ? `<div class="la-alert good" role="status"><p><b>All of these are decided.</b> ${
    keycap(room.keys.previous[0])} goes back to change one.</p></div>` : "";
  return (failed || "") + over + room.refused.map(({ event, pairs, at }) => {
    const said = pairs.map((pair) => `<li>id ${escaped(pair.id)}: you <b>${escaped(pair.yours)}</b>,
      ${pair.who ? `${escaped(pair.who)} <b>${escaped(pair.theirs)}</b>, ${escaped(when(pair.when))}` : escaped(pair.theirs)}
      ${pair.comment ? `<i>${escaped(pair.comment.slice(0, 200))}</i>` : ""}</li>`).join("");
    const more = at.length > pairs.length ? `<li>and ${at.length - pairs.length} more</li>` : "";
    return `<div class="la-alert" role="alert"><div><p><b>Decided meanwhile, so yours was not written.</b></p>
      <ul>${said}${more}</ul></div><button type="button" class="main" data-do="leave"
      data-code="${event.key}">Keep theirs</button>
      ${DECIDES.includes(event.do) ? `<button type="button" data-do="anyway" data-code="${event.key}">Decide
      anyway</button>` : ""}</div>`;
  }).join("");
}

function when(time) {
  const seconds = (Date.now() - new Date(time)) / 1000;
  if (seconds < 90) return "just now";
  return seconds < 5400 ? `${Math.round(seconds / 60)} min ago` : new Date(time).toLocaleString();
}

// Change what stands in an element only where it differs: nothing flickers, and who is in it stays there.
function put(element, html) {
  if (element.shown !== html) element.innerHTML = element.shown = html;
}

// Clicks on anything that says what it does.
function clicks(root, act) {
  root.onclick = (event) => {
    const found = event.target.closest("[data-do], [data-open]");
    if (!found || !root.contains(found)) return;
    if (found.dataset.open) return act("open", Number(found.dataset.open));
    const { do: action, code } = found.dataset;
    act(action, action === "class" ? Number(code) : code);
    // A letter that follows is a key again, and space does not press the button once more.
    if (event.detail) found.blur();
  };
}
