// Decisions that were made in the moment in which the Inspector was left: they wait in the tab's storage.

export default function ({ data, parentElement, setStateValue }) {
  const name = `labelaudit-${data.run}`, letter = parentElement.querySelector("i").dataset;
  try {
    const waiting = (JSON.parse(sessionStorage.getItem(name)) || []).filter((event) => !data.done.includes(event.key));
    sessionStorage.setItem(name, JSON.stringify(waiting));
    const keys = waiting.map((event) => event.key).join();
    if (!keys || letter.sent === keys) return; // what could not be written is tried again on the next page
    letter.sent = keys;
    // It is told to open nothing: only the deck knows which example is looked at.
    setStateValue("sent", { run: data.run, jump: null, events: waiting });
  } catch { /* private windows have no storage: nothing waits there */ }
}
