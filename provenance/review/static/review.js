// The review page. Whatever comes from the server is put in as text, never as markup.
"use strict";

const AHEAD = 20;   // undecided pictures in view below which the next ones are fetched
const KEPT = 240;   // pictures that stay in the page

const KEYS = [
  { key: "n", label: "nobody shown", look: { persons_status: "NONE" } },
  { key: "p", label: "a person shown", look: { persons_status: "PRESENT" } },
  { key: "1–9", label: "so many people", hidden: true },
  { key: "m", label: "a minor", look: { persons_status: "PRESENT", age: "MINOR" } },
  { key: "a", label: "plainly adults", look: { persons_status: "PRESENT", age: "ADULT" } },
  { key: "s", label: "sensitive", look: { sensitive: true } },
  { key: "g", label: "generated", look: { synthetic: true } },
  { key: "b", label: "block", id: "block", run: () => decide({ kind: "reject" }, "rejected") },
  { key: "j", label: "next", run: () => move(1) },
  { key: "k", label: "before", run: () => move(-1) },
  { key: "u", label: "undo", run: () => undo() },
  { key: "Space", label: "choose", hidden: true },
  { key: "Shift + arrows", label: "choose several", hidden: true },
  { key: "*", label: "choose all that are open, or none", run: () => chooseAll(), hidden: true },
  { key: "h", label: "choose the pictures of this heading", run: () => chooseSection(), hidden: true },
  { key: "v", label: "show a blurred picture", run: () => reveal(), hidden: true },
  { key: "Enter", label: "large", hidden: true },
  { key: "r", label: "write another reason", run: () => { byId("reason").focus(); byId("reason").select(); }, hidden: true },
  { key: "?", label: "keys", run: () => byId("help").showModal() },
];

const state = {
  session: "", number: 1, group: { code: "", sentence: "", remedy: "" }, code: "", after: "", more: true, fetching: null,
  pictures: new Map(), order: [], focus: null, anchor: null, chosen: new Set(), clear: new Set(),
  sending: Promise.resolve(), waiting: 0, done: [],
};

const byId = (id) => document.getElementById(id);

function made(tag, text = "", attributes = {}) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

async function got(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  const told = await answer.json().catch(() => ({ error: `the server said ${answer.status}` }));
  if (!answer.ok) throw new Error(told.error || answer.statusText);
  return told;
}

function alertWith(text) { byId("alert").textContent = text; }

// --- findings and pictures -------------------------------------------------------------------------------------------

async function start() {
  const told = await got("start");
  state.session = told.session;
  state.number = 1;
  byId("about").textContent = `${told.collections.join(", ")} · ${told.reviewer}`;
  const groups = byId("groups");
  groups.replaceChildren();
  for (const group of told.groups) {
    const button = made("button", group.code, { type: "button", "data-code": group.code });
    button.append(made("span", openOf(group), { class: "count" }));
    button.addEventListener("click", () => show(group));
    groups.append(button);
  }
  const first = told.groups.find((group) => group.open && group.answered) || told.groups.find((group) => group.open);
  if (first) await show(first);
  else finish("There is nothing to look at.");
  got("agreement").then((found) => { byId("agreement").textContent = found.sentence; }, () => {});
}

function openOf(group) {
  const open = `${group.open.toLocaleString("en")} of ${group.images.toLocaleString("en")} open`;
  return group.answered ? open : `${open} · a look does not settle it`;
}

async function show(group) {
  for (const button of byId("groups").children) {
    button.setAttribute("aria-current", String(button.dataset.code === group.code));
  }
  Object.assign(state, { group, code: group.code, after: "", more: true, focus: null, anchor: null, fetching: null });
  state.pictures.clear();
  state.chosen.clear();
  state.order = [];
  byId("pictures").replaceChildren();
  byId("end").hidden = true;
  const second = byId("second").checked;
  byId("heading").textContent = second ? "Second look" : group.code;
  byId("sentence").textContent = second
    ? "Pictures at which others have looked and you have not. What they saw is not told."
    : `${group.sentence} ${group.remedy}`;
  await fetchMore();
  if (state.order.length) focus(state.order[0]);
}

async function fetchMore() {
  if (!state.more || state.fetching) return state.fetching;
  const code = state.code;
  const second = byId("second").checked ? "1" : "0";
  const path = `queue?code=${encodeURIComponent(code)}&second=${second}&after=${encodeURIComponent(state.after)}`;
  state.fetching = got(path).then((told) => {
    if (state.code !== code || byId("second").checked !== (second === "1")) return;
    for (const picture of told.pictures) if (!state.pictures.has(picture.id)) add(picture);
    state.after = told.after || "";
    state.more = told.after !== null;
    if (!state.more && !open().length) finish("That is all.");
  }, (error) => alertWith(error.message)).finally(() => { state.fetching = null; });
  return state.fetching;
}

function finish(text) {
  byId("end").textContent = text;
  byId("end").hidden = false;
}

function sectionOf(picture) {
  const name = `${picture.host}\n${picture.group}`;
  const last = byId("pictures").lastElementChild;
  if (last && last.dataset.name === name) return last;
  const host = picture.host || "no source recorded";
  const title = picture.group ? `${host} · the same picture, more than once` : host;
  const section = made("div", "", { class: "section", role: "group", "aria-label": title, "data-name": name });
  section.append(made("h3", title, { "aria-hidden": "true" }));
  byId("pictures").append(section);
  return section;
}

function add(picture) {
  const tile = made("div", "", {
    class: "tile", role: "option", tabindex: "-1", "aria-selected": "false", "data-id": String(picture.id),
  });
  tile.append(image(picture, "small"), made("span", picture.name, { class: "name" }), made("span", "", { class: "said" }));
  if (picture.hidden.length) tile.classList.add("hiddenby");
  tile.addEventListener("click", (event) => {
    if (event.shiftKey) chooseUpTo(picture.id);
    else if (event.ctrlKey || event.metaKey) choose(picture.id);
    focus(picture.id);
  });
  tile.addEventListener("dblclick", () => enlarge());
  picture.tile = tile;
  picture.said = "";
  sectionOf(picture).append(tile);
  state.pictures.set(picture.id, picture);
  state.order.push(picture.id);
}

function image(picture, size) {
  const clear = state.clear.has(picture.id) ? "?clear=1" : "";
  const drawn = made("img", "", { alt: "", loading: size === "small" ? "lazy" : "eager" });
  drawn.src = `picture/${picture.id}/${size}${clear}`;
  drawn.addEventListener("error", () => {
    if (drawn.isConnected) drawn.replaceWith(made("span", "this picture is not shown", { class: "missing" }));
  });
  return drawn;
}

const open = () => state.order.filter((id) => !state.pictures.get(id).said);

// --- focus and choice ------------------------------------------------------------------------------------------------

function focus(id) {
  const before = state.pictures.get(state.focus);
  if (before) before.tile.tabIndex = -1;
  const picture = state.pictures.get(id);
  if (!picture) return;
  state.focus = id;
  byId("pictures").tabIndex = -1;
  picture.tile.tabIndex = 0;
  picture.tile.focus({ preventScroll: false });
  tell(picture);
  const place = state.order.indexOf(id);
  if (state.order.length - place < AHEAD) fetchMore();
}

function move(step, choosing = false) {
  const place = state.order.indexOf(state.focus);
  const id = state.order[Math.min(Math.max(place + step, 0), state.order.length - 1)];
  if (id === undefined) return;
  if (choosing) {
    choose(state.focus, true);
    choose(id, true);
  }
  focus(id);
}

function columns() {
  const tile = state.pictures.get(state.focus)?.tile;
  return tile ? getComputedStyle(tile.parentElement).gridTemplateColumns.split(" ").length : 1;
}

function choose(id, on = !state.chosen.has(id)) {
  const picture = state.pictures.get(id);
  if (!picture) return;
  if (on) state.chosen.add(id); else state.chosen.delete(id);
  picture.tile.setAttribute("aria-selected", String(on));
  state.anchor = id;
}

function chooseUpTo(id) {
  const [from, to] = [state.order.indexOf(state.anchor ?? state.focus), state.order.indexOf(id)].sort((a, b) => a - b);
  for (const between of state.order.slice(Math.max(from, 0), to + 1)) choose(between, true);
}

function chooseNone() { for (const id of [...state.chosen]) choose(id, false); }

function chooseAll() {
  if (state.chosen.size) chooseNone();
  else for (const id of open()) choose(id, true);
}

function chooseSection() {
  const tile = state.pictures.get(state.focus)?.tile;
  if (!tile) return;
  for (const other of tile.parentElement.querySelectorAll(".tile:not(.done)")) choose(Number(other.dataset.id), true);
}

// --- the evidence beside a picture ------------------------------------------------------------------------------------

function tell(picture) {
  const panel = byId("evidence");
  panel.replaceChildren(image(picture, "large"), made("h3", picture.name));
  if (picture.hidden.length && !state.clear.has(picture.id)) {
    panel.append(made("p", `Blurred, since it is flagged for ${picture.hidden.join(" and ")}: v shows it.`));
  }
  for (const reason of picture.reasons) {
    const entry = made("div", "", { class: `finding ${reason.decision}` });
    entry.append(made("strong", `${reason.decision} ${reason.code}`), made("p", reason.detail));
    entry.append(made("p", reason.law ? `${reason.law} · ${reason.citation}` : reason.citation, { class: "source" }));
    panel.append(entry);
  }
  if (picture.looks.length) {
    panel.append(made("h3", "Seen before"));
    for (const look of picture.looks) panel.append(made("p", look));
  }
  panel.append(made("h3", picture.row.length ? "Declared" : "No row of a manifest names it"), terms(picture.row));
  if (picture.signals.length) {
    panel.append(made("h3", "In the file"));
    panel.append(terms(picture.signals.map((one) => [`${one.subject}: ${one.name}`, `${one.value} (${one.location})`])));
  }
  panel.append(terms([["collection", picture.collection], ["SHA-256", picture.sha256]]));
  panel.scrollTop = 0;
}

function terms(rows) {
  const list = made("dl");
  for (const [name, value] of rows) list.append(made("dt", name.replaceAll("_", " ")), made("dd", value));
  return list;
}

function reveal() {
  const picture = state.pictures.get(state.focus);
  if (!picture) return;
  if (state.clear.has(picture.id)) state.clear.delete(picture.id); else state.clear.add(picture.id);
  picture.tile.firstElementChild.replaceWith(image(picture, "small"));
  tell(picture);
}

function enlarge() {
  const picture = state.pictures.get(state.focus);
  if (!picture) return;
  const clear = state.clear.has(picture.id) ? "?clear=1" : "";
  byId("largeimage").src = `picture/${picture.id}/large${clear}`;
  byId("largeimage").alt = picture.name;
  byId("large").showModal();
}

// --- decisions ---------------------------------------------------------------------------------------------------------

class Refused extends Error {}

// Sends one decision. Where an answer was lost, the same is sent again, and the server takes it once.
async function sent(body) {
  const asked = JSON.stringify({ ...body, session: state.session, number: state.number });
  for (let attempt = 0; ; attempt += 1) {
    try {
      const headers = { "content-type": "application/json" };
      const answer = await fetch("decide", { method: "POST", headers, body: asked });
      const told = await answer.json().catch(() => ({ error: `the server said ${answer.status}` }));
      if (told.next) state.number = told.next;
      if (!answer.ok && !(told.repeated && attempt)) throw new Refused(told.error);
      return;
    } catch (error) {
      if (error instanceof Refused || attempt >= 4) throw error;
      await new Promise((done) => setTimeout(done, 500 * (attempt + 1)));
    }
  }
}

function queued(work, failed) {
  state.waiting += 1;
  saving();
  state.sending = state.sending.then(work).catch((error) => { alertWith(error.message); failed(); }).finally(() => {
    state.waiting -= 1;
    saving();
  });
}

function saving() { byId("saving").textContent = state.waiting ? `saving ${state.waiting} …` : "all saved"; }

function decide(decision, words) {
  const reason = byId("reason").value.trim();
  if (!reason) {
    alertWith("Give a reason first.");
    byId("reason").focus();
    return;
  }
  const ids = state.chosen.size ? [...state.chosen] : [state.focus];
  if (ids[0] === null) return;
  alertWith("");
  const done = { before: ids.map((id) => [id, state.pictures.get(id).said]), failed: false };
  const last = ids.reduce((most, id) => Math.max(most, state.order.indexOf(id)), 0);
  for (const id of ids) mark(id, [state.pictures.get(id).said, words].filter(Boolean).join(", "));
  chooseNone();
  state.done.push(done);
  queued(() => sent({ ...decision, pictures: ids, reason }), () => {
    done.failed = true;
    for (const [id, said] of done.before) mark(id, said);
    state.done = state.done.filter((one) => one !== done);
  });
  const following = state.order.slice(last + 1).find((id) => !state.pictures.get(id).said) ?? open()[0];
  if (following !== undefined) focus(following);
  else fetchMore().then(() => {
    const next = open()[0];
    if (next !== undefined) focus(next); else finish("That is all.");
  });
  forget();
}

function undo() {
  const last = state.done.pop();
  if (!last) {
    alertWith("There is nothing to undo on this page; `provenance review revoke` takes back what was decided earlier.");
    return;
  }
  alertWith("");
  for (const [id, said] of last.before) mark(id, said);
  focus(last.before[0][0]);
  byId("end").hidden = true;
  queued(() => (last.failed ? undefined : sent({ kind: "undo" })), () => {});
}

function mark(id, said) {
  const picture = state.pictures.get(id);
  if (!picture) return;
  if (!byId("second").checked) countOpen(Number(Boolean(picture.said)) - Number(Boolean(said)));
  picture.said = said;
  picture.tile.classList.toggle("done", Boolean(said));
  picture.tile.querySelector(".said").textContent = said;
}

// What was decided here counts at once; under other findings it is counted when the page is opened again.
function countOpen(more) {
  state.group.open += more;
  const count = byId("groups").querySelector("[aria-current=true] .count");
  if (count) count.textContent = openOf(state.group);
}

// Pictures that were decided long ago leave the page, so that it stays light.
function forget() {
  const undoable = new Set(state.done.flatMap((one) => one.before.map(([id]) => id)));
  const place = state.order.indexOf(state.focus);
  if (place < KEPT) return;
  for (const id of state.order.slice(0, place - KEPT / 2)) {
    const picture = state.pictures.get(id);
    if (!picture.said || undoable.has(id)) continue;
    const section = picture.tile.parentElement;
    picture.tile.remove();
    if (!section.querySelector(".tile")) section.remove();
    state.pictures.delete(id);
  }
  state.order = state.order.filter((id) => state.pictures.has(id));
  state.done = state.done.slice(-50);
}

function look(said, words) { decide({ kind: "look", ...said }, words); }

// --- keys --------------------------------------------------------------------------------------------------------------

function pressed(event) {
  const typing = event.target instanceof HTMLInputElement && event.target.type !== "checkbox";
  if (document.querySelector("dialog[open]")) {
    if (event.key === "Enter" && byId("large").open) byId("large").close();
    return;
  }
  if (typing) {
    if (event.key === "Enter" || event.key === "Escape") focus(state.focus ?? state.order[0]);
    return;
  }
  if (event.altKey || event.ctrlKey || event.metaKey) {
    if (event.key === "z" && event.ctrlKey) { event.preventDefault(); undo(); }
    return;
  }
  const onButton = event.target instanceof HTMLButtonElement || event.target instanceof HTMLInputElement;
  if (onButton && (event.key === "Enter" || event.key === " ")) return;
  const run = command(event);
  if (!run) return;
  event.preventDefault();
  run();
}

function command(event) {
  const arrows = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns(), ArrowUp: -columns() };
  if (event.key in arrows) return () => move(arrows[event.key], event.shiftKey);
  if (/^[1-9]$/.test(event.key)) {
    const persons = Number(event.key);
    return () => look({ persons_status: "PRESENT", persons }, persons === 1 ? "1 person" : `${persons} people`);
  }
  if (event.key === " ") return () => choose(state.focus);
  if (event.key === "Enter") return enlarge;
  if (event.key === "Escape") return chooseNone;
  if (event.key === "Home") return () => focus(state.order[0]);
  if (event.key === "End") return () => focus(state.order[state.order.length - 1]);
  const found = KEYS.find((one) => one.key === event.key);
  return found && (found.run || (() => look(found.look, found.label)));
}

function buildKeys() {
  for (const one of KEYS) {
    const term = made("dt");
    term.append(made("kbd", one.key));
    byId("keylist").append(term, made("dd", one.label));
    if (one.hidden) continue;
    const button = made("button", "", { type: "button" });
    if (one.id) button.id = one.id;
    button.append(made("kbd", one.key), document.createTextNode(one.label));
    button.addEventListener("click", one.run || (() => look(one.look, one.label)));
    byId("keys").append(button);
  }
}

document.addEventListener("keydown", pressed);
byId("second").addEventListener("change", () => show(state.group));
byId("pictures").addEventListener("focus", (event) => {
  if (event.target === byId("pictures") && state.order.length) focus(state.focus ?? state.order[0]);
});
window.addEventListener("beforeunload", (event) => { if (state.waiting) event.preventDefault(); });
buildKeys();
saving();
start().catch((error) => alertWith(error.message));
