// What this tab knows about an audit, and what it has decided that the server has not yet said to be written.
//
// Every event has a name of its own and is sent again, with all others that wait, until the server names it as done:
// however fast they come, none is lost, and none is written twice. They outlive a reload in the tab's storage.

const SETS = ["accept", "class", "value"];
const DECIDES = [...SETS, "keep", "exclude", "skip", "ambiguous"];
const LATE = 3000; // ms that an event waits before the reviewer is told
const KEPT = 160; // examples that stay at hand
const rooms = new Map();

function roomOf(run) {
  if (!rooms.has(run)) {
    const bytes = crypto.getRandomValues(new Uint8Array(12));
    rooms.set(run, {
      run, token: Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""), made: 0, over: false,
      pending: stored(run), held: [], faces: { one: new Map(), cards: new Map() }, state: new Map(), local: new Map(),
      names: null, at: null, before: null, jump: null, wanting: false, undo: [], redo: [], chosen: new Set(), said: "",
      reason: "", comment: "", refused: [], failed: "", send: () => {},
    });
  }
  return rooms.get(run);
}

function stored(run) {
  try {
    const waiting = JSON.parse(sessionStorage.getItem(`labelaudit-${run}`)) || [];
    return waiting.map((event) => ({ ...event, since: Date.now() }));
  } catch { return []; }
}

function store(room) {
  try {
    sessionStorage.setItem(`labelaudit-${room.run}`, JSON.stringify(room.pending));
  } catch { /* private windows have no storage: a reload in the very moment of a key is all that is lost */ }
}

// Take what the server says; what waits here stays on top of it.
function take(room, data) {
  const done = new Set(data.done);
  room.pending = room.pending.filter((event) => !done.has(event.key));
  store(room);
  const faces = room.faces[kindOf(data.mode)];
  for (const [at, face] of Object.entries(data.faces)) faces.set(Number(at), ready(face));
  for (const [at, state] of Object.entries(data.state)) room.state.set(Number(at), { now: state, seq: data.seq });
  if (!room.pending.length) room.local.clear();
  if (data.refused.some(({ event }) => !room.refused.some((one) => one.event.key === event.key)))
    tell(room, "Not written: decided meanwhile.");
  for (const name of ["walk", "start", "total", "page", "ahead", "left", "mode", "actions", "fixed", "failed", "refused"])
    room[name] = data[name];
  room.names = data.names || room.names;
  room.typed = data.typed && { can: new RegExp(`^(?:${data.typed.pattern})$`), refusal: data.typed.refusal };
  room.keys = data.keys;
  room.byKey = Object.fromEntries(Object.entries(data.keys).flatMap(([name, keys]) => keys.map((key) => [key, name])));
  [room.undo, room.redo] = [data.undo, data.redo];
  for (const event of room.pending) stack(room, event);
  if (room.at === null || data.jump !== room.jump) {
    [room.jump, room.at, room.before, room.over] = [data.jump, data.open, null, false];
    room.chosen.clear();
  }
  if (data.walk.includes(room.at)) room.before = null;
  if (room.wanting && !room.failed) onward(room);
  const near = new Set([room.at, ...data.walk, ...data.ahead]);
  for (const at of faces.keys()) if (faces.size > KEPT && !near.has(at)) faces.delete(at);
  if (data.more) room.resend = true;
}

const kindOf = (mode) => (mode === "cards" ? "cards" : "one");
const faceOf = (room, at) => room.faces[kindOf(room.mode)].get(at);
const current = (room) => (room.wanting ? undefined : faceOf(room, room.at)); // undefined: it is on its way
const stateOf = (room, at) => room.local.get(at) || room.state.get(at)?.now || ["", "", ""];
const isLate = (room) => room.pending.some((event) => Date.now() - event.since > LATE);
const isLeft = (room, at) => stateOf(room, at)[0] === "";

// Decode images before they are asked for.
function ready(face) {
  if (face.image) {
    face.picture = new Image();
    face.picture.alt = "";
    face.picture.src = face.image.src;
    face.picture.decode().catch(() => {}); // the frame says which image it is
  }
  return face;
}

function post(room, event) {
  room.made += 1;
  event = { key: `${room.token}-${room.made}`, run: room.run, since: Date.now(), ...event };
  room.pending.push(event);
  store(room);
  stack(room, event);
  room.send();
  setTimeout(() => screen?.room === room && draw(), LATE + 50);
  return event;
}

// What an event makes of the steps that can be taken back, and of those that can be done again.
function stack(room, event) {
  if (event.do === "undo") {
    const step = room.undo.find((one) => one.of === event.of);
    room.undo = room.undo.filter((one) => one.of !== event.of);
    if (step) room.redo = [...room.redo, step];
  } else if (event.do === "redo") {
    const step = room.redo.find((one) => one.of === event.of);
    room.redo = room.redo.filter((one) => one.of !== event.of);
    if (step) room.undo = [...room.undo, step];
  } else if (DECIDES.includes(event.do)) {
    room.undo = [...room.undo, { of: event.key, at: event.at, was: event.was }];
    room.redo = [];
  }
}

// -- what is decided ------------------------------------------------------------------------------

function decide(room, what, code) {
  if (room.over && !room.chosen.size) return;
  const at = room.mode === "cards" && room.chosen.size ? [...room.chosen] : [room.at];
  const able = what === "accept" ? at.filter((one) => faceOf(room, one)?.suggested != null) : at;
  if (!able.length) return tell(room, `Nothing is suggested here: keep the label or ${room.names.length ? "choose a class" : "type a number"}.`);
  const was = able.map((one) => stateOf(room, one));
  const { reason, comment } = room;
  [room.reason, room.comment] = ["", ""];
  write(room, { do: what, at: able, code, reason, comment, was }, able.map((one) => room.state.get(one)?.seq || 0));
  room.chosen.clear();
  onward(room);
}

// Give a part of the open example the other one of its two labels, and stay.
function flip(room, at) {
  const [action, final] = stateOf(room, at), label = action === "set" ? final : partOf(room, at).given;
  const event = { do: "class", at: [at], code: label === room.names[0] ? 1 : 0, reason: "", comment: "" };
  write(room, { ...event, was: [stateOf(room, at)] }, [room.state.get(at)?.seq || 0]);
}

const partOf = (room, at) => current(room)?.parts?.parts.find((part) => part.at === at);

// Go on; where the server is behind and nothing that is left is here, wait for what it says comes next. After the last
// one the same stays open, and no further key decides on it until one goes to an example oneself.
function onward(room) {
  const next = following(room);
  room.wanting = next === undefined && room.pending.length > 0;
  if (room.wanting) return room.send();
  go(room, next ?? room.at);
  room.over = next === undefined;
}

function write(room, event, base) {
  for (const at of event.at) room.local.set(at, outcome(room, at, event));
  post(room, { ...event, base });
  const [, final] = outcome(room, event.at[0], event);
  const many = event.at.length > 1 ? `${event.at.length} examples` : `id ${(faceOf(room, event.at[0]) ?? current(room))?.id ?? ""}`;
  const word = { accept: "Accepted", keep: "Kept", exclude: "Excluded", skip: "Skipped", ambiguous: "Ambiguous" };
  tell(room, `${word[event.do] || "Set"}${SETS.includes(event.do) ? ` ${final}` : ""} · ${many}`);
}

function outcome(room, at, event) {
  const face = faceOf(room, at) || partOf(room, at) || {};
  const chosen = { accept: face.suggested, class: room.names[event.code], value: String(event.code ?? "").trim() };
  const final = chosen[event.do] ?? face.given;
  const why = [event.reason, event.comment].filter(Boolean).join(" · ");
  if (SETS.includes(event.do)) return ["set", final, final === face.given ? "kept" : "error", why];
  return [event.do, final, { keep: "kept", exclude: "excluded", skip: "skipped" }[event.do] || event.do, why];
}

// The next example without a decision: on the way, then where the server says that there are more.
function following(room) {
  const place = room.walk.indexOf(room.at);
  const onward = place < 0 ? [] : room.walk.slice(place + 1);
  const next = [...onward, ...room.ahead].find((at) => at !== room.at && isLeft(room, at));
  return next ?? room.ahead.find((at) => at !== room.at && stateOf(room, at)[0] === "skip");
}

function go(room, at) {
  room.wanting = room.over = false;
  if (!room.walk.includes(at)) room.before ??= room.walk.includes(room.at) ? room.at : room.walk[0];
  else room.before = null;
  room.at = at;
  room.send();
}

function step(room, by) {
  room.over = false; // also where there is nothing to go to
  const origin = room.before !== null && !room.walk.includes(room.at) ? room.before : room.at;
  const next = origin === room.before ? origin : room.walk[room.walk.indexOf(origin) + by];
  if (next !== undefined) go(room, next);
}

function back(room, which) {
  const step = room[which].at(-1);
  if (!step) return tell(room, `There is nothing to ${which}.`);
  const now = step.at.map((at) => stateOf(room, at));
  step.at.forEach((at, i) => room.local.set(at, step.was?.[i] || ["", "", ""]));
  post(room, { do: which, of: step.of });
  const moved = room[which === "undo" ? "redo" : "undo"].at(-1);
  if (moved) moved.was = now;
  if (step.at.length) go(room, step.at[0]);
  const what = step.at.length === 1 ? "the decision" : `${step.at.length} decisions`;
  tell(room, which === "undo" ? `Took back ${what}` : `Did ${what} again`);
}

function tell(room, text) {
  room.said = text;
}
