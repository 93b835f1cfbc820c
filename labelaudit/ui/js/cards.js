// A page of examples as cards: keys decide on the one that has the focus, or on all that are chosen.

const CARDS = `<section class="la-many" aria-label="Review">
  <nav class="la-way"></nav><div class="la-does"><div class="la-buttons"></div><div class="la-line"></div></div>
  <div class="la-tiles" role="listbox" aria-multiselectable="true" aria-label="Examples"></div>
  <div class="la-notes"><input class="la-reason" placeholder="Reason" aria-label="Reason">
    <textarea class="la-comment" rows="1" placeholder="Comment" aria-label="Comment"></textarea></div>
  <div class="la-said" role="status" aria-live="polite"></div>
  <div class="la-alerts"></div><div class="la-over" hidden></div></section>`;

function cardsScreen(root, act) {
  root.innerHTML = CARDS;
  const part = (name) => root.querySelector(`.la-${name}`);
  const notes = { reason: part("reason"), comment: part("comment") };
  const tiles = part("tiles");
  clicks(root, act);
  typing(root, () => screen.room, notes);
  let drawn = "";

  const draw = (room) => {
    const page = pageOf(room), face = faceOf(room, room.at);
    way(part("way"), room);
    put(part("pages"), pager(room));
    put(part("alerts"), refusals(room));
    part("said").textContent = part("said").title = isLate(room) ? "" : room.said;
    root.classList.toggle("over", room.over);
    for (const [name, field] of Object.entries(notes)) if (field.value !== room[name]) field.value = room[name];
    const many = room.chosen.size ? `<b>${room.chosen.size} chosen:</b> ` : "";
    put(part("buttons"), many + CHOICES.map((name) => buttonFor(room, name, name === "accept" ? "main" : "")).join(""));
    put(part("line"), face ? line(room, face) : "");
    root.classList.toggle("waiting", !face);
    const here = page.map((at) => (faceOf(room, at) ? at : `-${at}`)).join();
    if (drawn !== here) {
      tiles.innerHTML = page.map((at) => card(at, faceOf(room, at))).join("");
      drawn = here;
    }
    for (const node of tiles.children) {
      const at = Number(node.dataset.at), on = at === room.at;
      put(node.querySelector(".la-mark"), finalTag(stateOf(room, at)));
      node.classList.toggle("decided", !["", "skip"].includes(stateOf(room, at)[0]));
      node.classList.toggle("on", on);
      node.setAttribute("aria-selected", room.chosen.has(at));
      node.tabIndex = on ? 0 : -1;
      if (on && root.dataset.at !== String(at)) node.scrollIntoView({ block: "nearest" });
      if (on && tiles.contains(document.activeElement)) node.focus({ preventScroll: true });
    }
    root.dataset.at = room.at;
    root.dataset.id = face?.id ?? "";
  };
  tiles.onclick = (event) => {
    const node = event.target.closest("[data-at]");
    if (!node) return;
    const at = Number(node.dataset.at);
    if (event.ctrlKey || event.metaKey || event.target.closest(".la-box")) act("toggle", at);
    else act(event.shiftKey ? "extend" : "focus", at);
  };
  tiles.ondblclick = () => getSelection().removeAllRanges();
  const moves = (room, at) => { room.over = false; if (at !== undefined && at !== room.at) go(room, at); };
  const actions = {
    ...overlays(part("over"), act, notes),
    focus: (room, at) => { room.chosen.clear(); moves(room, at); },
    toggle: (room, at) => { if (!room.chosen.delete(at)) room.chosen.add(at); moves(room, at); },
    extend: (room, at) => {
      const page = pageOf(room), [from, to] = [page.indexOf(room.at), page.indexOf(at)];
      for (const one of page.slice(Math.min(from, to), Math.max(from, to) + 1)) room.chosen.add(one);
      moves(room, at);
    },
    next: (room) => moves(room, room.walk[room.walk.indexOf(room.at) + 1]),
    previous: (room) => moves(room, room.walk[room.walk.indexOf(room.at) - 1]),
    turn: (room, by) => {
      const first = Math.floor((room.start + room.walk.indexOf(room.at)) / room.page) + Number(by);
      room.chosen.clear();
      moves(room, room.walk[first * room.page - room.start]);
    },
  };
  const key = (room, name, event) => {
    const all = event.ctrlKey || event.metaKey;
    if (all && name === "a") { pageOf(room).forEach((at) => room.chosen.add(at)); draw(room); return true; }
    if (all || event.altKey) return false;
    const columns = getComputedStyle(tiles).gridTemplateColumns.split(" ").length;
    const by = { left: -1, right: 1, up: -columns, down: columns }[name];
    const page = pageOf(room), place = page.indexOf(room.at);
    if (by) {
      const to = event.shiftKey ? page[place + by] : room.walk[room.walk.indexOf(room.at) + by];
      if (to !== undefined) act(event.shiftKey ? "extend" : "focus", to);
    } else if (name === "space" && !event.target.closest(".la-deck button, button:focus-visible")) act("toggle", room.at);
    else if (name === "home") act("focus", page[0]);
    else if (name === "end") act("focus", page.at(-1));
    else if (name === "pagedown" || name === "pageup") act("turn", name === "pagedown" ? 1 : -1);
    else if (name === "escape" && room.chosen.size) { room.chosen.clear(); draw(room); }
    else return false;
    return true;
  };
  return { draw, actions, key };
}

// The examples of the page that the open one is on.
function pageOf(room) {
  const place = room.start + Math.max(0, room.walk.indexOf(room.at));
  const first = Math.floor(place / room.page) * room.page - room.start;
  return room.walk.slice(Math.max(0, first), first + room.page);
}

function pager(room) {
  const pages = Math.ceil(room.total / room.page);
  const now = Math.floor((room.start + Math.max(0, room.walk.indexOf(room.at))) / room.page);
  const turn = (by, word, off) =>
    `<button type="button" class="quiet" data-do="turn" data-code="${by}" ${off ? "disabled" : ""}>${word}</button>`;
  return `${turn(-1, "‹ Page", now === 0)} ${(now + 1).toLocaleString("en")} of ${pages.toLocaleString("en")} ${
    turn(1, "Page ›", now + 1 >= pages)}`;
}

// What the digits mean for the card that has the focus.
function line(room, face) {
  return face.classes.map(({ key, code, p, role }) => `<button type="button" class="la-short ${role}" data-do="class"
    data-code="${code}"><kbd>${key}</kbd><span dir="auto">${escaped(room.names[code])}</span>
    <small>${(p * 100).toFixed(0)}%</small></button>`).join("") + buttonFor(room, "search", "quiet");
}

function card(at, face) {
  if (!face) return `<div class="la-tile" role="option" data-at="${at}"><span class="la-mark"></span></div>`;
  return `<div class="la-tile" role="option" data-at="${at}" data-id="${escaped(face.id)}">${face.html}
    <div class="la-foot"><span class="la-box" title="Choose (space)"></span><span class="la-small">${face.facts}</span><span class="la-mark"></span></div></div>`;
}
