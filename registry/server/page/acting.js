// What somebody does on the page, and what is shown then.

const ROWS = 100; // of the list; more on demand, since nobody reads ten thousand

const state = { rows: ROWS, found: [], words: [], opened: null, shownRevision: "" };

const entries = new Entries(() => refresh());
const following = new Following(entries, tellState);

function tellState(kind, text) {
  const shown = byId("state");
  shown.className = kind;
  if (shown.textContent !== text) shown.textContent = text;
  if (kind === "denied") askForToken(text);
  if (kind === "live" && sessionStorage.getItem("token")) byId("let-in").hidden = false;
}

// ------------------------------------------------------------------------------------------------ the list

let isDue = false;

// Many changes that come together are shown once, when the browser paints next.
function refresh() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    showNamespaces();
    showList();
    showOpened();
  });
}

function showNamespaces() {
  const select = byId("namespace");
  const names = [...entries.counts.keys()].sort();
  const wanted = following.isPartial ? names : ["", ...names];
  if (wanted.join("\n") === [...select.options].map((option) => option.value).join("\n")) return;
  const chosen = following.chosen || select.value;
  select.replaceChildren(...wanted.map((name) => make("option", { value: name, text: name ? visible(name) : "all namespaces" })));
  select.value = wanted.includes(chosen) ? chosen : wanted[0] || "";
}

function showList() {
  const { found, words } = search(entries, byId("search").value, byId("namespace").value, byId("order").value);
  state.found = found;
  const current = state.opened ? Entries.key(state.opened.namespace, state.opened.name) : "";
  const rows = found.slice(0, state.rows).map((entry) => row(entry, words, Entries.key(entry.namespace, entry.name) === current));
  if (found.length > state.rows) {
    const button = make("button", { type: "button", class: "more", text: `Show ${Math.min(ROWS, found.length - state.rows)} more` });
    button.addEventListener("click", () => {
      state.rows += ROWS;
      showList();
    });
    rows.push(make("li", {}, button));
  }
  const focused = document.activeElement && document.activeElement.closest("#list a");
  const target = focused && focused.getAttribute("href");
  byId("list").replaceChildren(...rows);
  if (target) [...byId("list").querySelectorAll("a")].find((link) => link.getAttribute("href") === target)?.focus();
  const all = following.isPartial ? `in ${visible(byId("namespace").value)}; the others can be chosen above` : "";
  byId("count").textContent = [found.length === 1 ? "1 entry" : `${found.length.toLocaleString()} entries`, all].filter(Boolean).join(" ");
}

// ------------------------------------------------------------------------------------------------ one entry

function route() {
  const [namespace, name] = location.hash.replace(/^#\/?/, "").split("/").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  if (namespace && name === undefined) {
    byId("search").value = "";
    choose(namespace);
    state.opened = null;
  } else {
    state.opened = name ? { namespace, name } : null;
  }
  state.shownRevision = "";
  document.body.classList.toggle("reading", state.opened !== null);
  document.title = state.opened ? `${visible(name)} in ${visible(namespace)}` : "registry";
  showList();
  showOpened(true);
}

function choose(namespace) {
  const select = byId("namespace");
  if (![...select.options].some((option) => option.value === namespace)) select.append(make("option", { value: namespace, text: visible(namespace) }));
  select.value = namespace;
  changeNamespace();
}

function changeNamespace() {
  state.rows = ROWS;
  if (following.isPartial && following.chosen !== byId("namespace").value) {
    following.chosen = byId("namespace").value;
    following.run();
  }
  showList();
  showOpened();
}

async function showOpened(isAsked = false) {
  const shown = byId("shown");
  if (!state.opened) {
    const namespace = byId("namespace").value;
    const revision = `all ${namespace}\n${entries.revision}`;
    if (state.shownRevision === revision) return;
    state.shownRevision = revision;
    shown.replaceChildren(...overview(entries, namespace));
    return;
  }
  const { namespace, name } = state.opened;
  const known = entries.get(namespace, name);
  const revision = `${namespace}\n${name}\n${known ? known.revision : ""}`;
  if (revision === state.shownRevision) return;
  state.shownRevision = revision;
  try {
    const told = (known && known.told) || (await askJSON(pathOf(namespace, "get", name)));
    if (state.shownRevision !== revision) return;
    shown.replaceChildren(...entryPage(namespace, told, copy, () => showHistory(namespace, name)));
  } catch (error) {
    if (state.shownRevision !== revision) return;
    if (error instanceof Refused && error.status === 401) return;
    const text = error instanceof Refused ? error.message : "The server cannot be reached.";
    shown.replaceChildren(make("a", { href: "#/", id: "back", text: "← all entries" }), make("p", { class: "warn", text: visible(text) }));
  }
  if (isAsked) {
    shown.scrollTop = 0;
    if (document.activeElement === document.body || document.body.classList.contains("reading")) shown.focus({ preventScroll: true });
  }
}

async function showHistory(namespace, name) {
  const place = byId("history");
  try {
    const { history } = await askJSON(pathOf(namespace, "history", name));
    place.replaceChildren(make("h3", { text: "History" }), historyRows(history));
  } catch (error) {
    place.replaceChildren(make("p", { class: "warn", text: error instanceof Refused ? visible(error.message) : "The server cannot be reached." }));
  }
}

async function copy(text) {
  const button = byId("copy");
  let told = "Copied";
  try {
    await navigator.clipboard.writeText(text);
  } catch { // a page without TLS may not write there; the text is selected, to be copied by hand
    const range = document.createRange();
    range.selectNodeContents(button.closest("section").querySelector("code"));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    told = document.execCommand("copy") ? "Copied" : "Selected";
  }
  button.textContent = told;
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
}

// ------------------------------------------------------------------------------------------------ tokens and keys

function askForToken(why) {
  const dialog = byId("token");
  byId("token-why").textContent = sessionStorage.getItem("token") ? visible(why) : "Whoever runs it can make one: registry token create NAME --scope '*:read'";
  byId("let-in").hidden = false;
  if (!dialog.open) dialog.showModal();
}

function useToken() {
  const dialog = byId("token");
  if (dialog.returnValue === "use") {
    const token = byId("token-field").value.trim();
    if (token) sessionStorage.setItem("token", token);
    else sessionStorage.removeItem("token");
    entries.clear();
    state.shownRevision = "";
    following.run();
  }
  byId("token-field").value = "";
}

function move(step) {
  const links = [...byId("list").querySelectorAll("a")];
  const at = links.indexOf(document.activeElement);
  const next = links[at + step];
  if (next) next.focus();
  else if (step < 0) byId("search").focus();
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("token").open) return;
  const isWriting = event.target.matches("input, select, textarea");
  const isInList = event.target.matches("#search, #list a");
  if (event.key === "/" && !isWriting) byId("search").select();
  else if (event.key === "ArrowDown" && isInList) move(1);
  else if (event.key === "ArrowUp" && isInList) move(-1);
  else if (event.key === "Enter" && event.target.id === "search") byId("list").querySelector("a")?.click();
  else if (event.key === "Escape") {
    if (state.opened) location.hash = "#/";
    else byId("search").value = "";
    showList();
    byId("search").focus();
  } else if (event.key === "c" && !isWriting) byId("copy")?.click();
  else return;
  event.preventDefault();
}

byId("asked").addEventListener("submit", (event) => event.preventDefault());
byId("search").addEventListener("input", () => { state.rows = ROWS; showList(); });
byId("order").addEventListener("change", showList);
byId("namespace").addEventListener("change", changeNamespace);
byId("token").addEventListener("close", useToken);
byId("let-in").addEventListener("click", () => askForToken("Another token can be used here."));
document.addEventListener("keydown", pressed);
addEventListener("hashchange", route);
route();
following.run();
