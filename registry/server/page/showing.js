// Puts text on the page. Nothing is ever read as HTML, so that what a record says stays what it is.

const byId = (id) => document.getElementById(id);

function make(tag, { text, on, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined && value !== false) element.setAttribute(name, value);
  for (const [name, act] of Object.entries(on || {})) element.addEventListener(name, act);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// A name as it is seen: marks that would turn the text around or hide are written as what they are.
function visible(text) {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function linkOf(namespace, name) {
  return `#/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}

function marked(text, words) {
  const lower = text.toLowerCase();
  const parts = [];
  let at = 0;
  while (lower.length === text.length && at < text.length) {
    const next = words.map((word) => [lower.indexOf(word, at), word]).filter(([place]) => place >= 0).sort(([a], [b]) => a - b)[0];
    if (!next) break;
    const [place, word] = next;
    if (place > at) parts.push(visible(text.slice(at, place)));
    parts.push(make("mark", { text: visible(text.slice(place, place + word.length)) }));
    at = place + word.length;
  }
  return [...parts, visible(text.slice(at))];
}

function row(entry, words, isCurrent) {
  const place = entry.kind === "alias" ? `alias of ${visible(entry.aliasOf)}, ${visible(entry.namespace)}` : visible(entry.namespace);
  return make("li", {},
    make("a", { href: linkOf(entry.namespace, entry.name), "aria-current": isCurrent ? "true" : undefined },
      make("span", { class: entry.deprecated ? "name gone" : "name" }, ...marked(entry.name, words)),
      make("span", { class: "place", text: place }),
      entry.summary ? make("span", { class: "summary" }, ...marked(entry.summary, words)) : null));
}

function facts(pairs) {
  const list = make("dl");
  for (const [term, told] of pairs) {
    if (!told || (Array.isArray(told) && !told.length)) continue;
    list.append(make("dt", { text: visible(term) }), make("dd", {}, ...(Array.isArray(told) ? told : [typeof told === "string" ? visible(told) : told])));
  }
  return list.childElementCount ? list : null;
}

function section(title, ...children) {
  return titled("h3", title, children);
}

function titled(level, title, children) {
  const shown = children.filter(Boolean);
  return shown.length ? make("section", { "aria-label": title }, make(level, { text: title }), ...shown) : null;
}

function code(text) {
  return make("pre", { tabindex: "0" }, make("code", { text }));
}

function parameterTable(schema) {
  const parameters = [...(schema.parameters || [])];
  if (schema.rest) parameters.push({ ...schema.rest, name: `*${schema.rest.name}` });
  if (schema.extra) parameters.push({ ...schema.extra, name: `**${schema.extra.name}` });
  if (!parameters.length) return make("p", { class: "quiet", text: schema.opaque ? "Its signature cannot be read: it takes anything." : "It takes no parameters." });
  const rows = parameters.map((parameter) => {
    const isRest = parameter.name.startsWith("*");
    const needed = parameter.open ? "left open for the caller" : hasDefault(parameter) || isRest ? tellDefault(parameter) : "has to be given";
    const type = [tellType(parameter.type), tellBounds(parameter.bounds)].filter(Boolean).join(", ");
    return make("tr", {},
      make("td", {}, make("span", { class: "name", text: visible(parameter.name) })),
      make("td", { class: "type", text: visible(type) }),
      make("td", { class: hasDefault(parameter) ? "type" : "quiet", text: visible(needed) }),
      make("td", {}, make("p", { class: "told", text: parameter.description || "" })));
  });
  const head = make("tr", {}, ...["Parameter", "Type", "Default", ""].map((text) => (text ? make("th", { scope: "col", text }) : make("td"))));
  return make("div", { class: "wide" }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
}

function configSection(name, record, copy) {
  const text = record.kind === "data" ? null : tellConfig(record.alias_of || name, record);
  if (!text) return null;
  const button = make("button", { type: "button", id: "copy", text: "Copy", "aria-keyshortcuts": "c", on: { click: () => copy(text) } });
  return make("section", { "aria-label": "Config" },
    make("div", { class: "copied" }, make("h3", { text: "Config" }), button), code(text));
}

function entryPage(namespace, { key: name, token, time, author, value: record }, copy, showHistory) {
  const kind = record.kind === "alias" ? `alias of ${visible(record.alias_of || "")}` : record.kind;
  const schema = record.schema;
  const tags = (record.tags || []).map((tag) => make("span", { class: "tag", text: visible(tag) }));
  const written = `${tellTime(time)}${author ? ` by ${visible(author)}` : ""}`;
  const more = Object.entries(record.metadata || {}).map(([term, told]) => [term, writeJSON(told)]);
  const said = [record.description, schema && schema.description].filter(Boolean).filter((text, at, all) => all.indexOf(text) === at);
  return [
    make("a", { href: "#/", id: "back", text: "← all entries" }),
    make("h2", {}, make("span", { class: "name", text: visible(name) })),
    make("p", { class: "quiet", text: `${kind} in ${visible(namespace)}` }),
    record.deprecated !== undefined ? make("p", { class: "warn" }, make("strong", { text: "Deprecated. " }), visible(record.deprecated)) : null,
    ...said.map((text) => make("p", { class: "told", text })),
    record.kind === "alias" ? make("p", {}, make("a", { href: linkOf(namespace, record.alias_of), text: `Show ${visible(record.alias_of)}` })) : null,
    configSection(name, record, copy),
    schema ? section("Parameters", parameterTable(schema)) : null,
    schema ? section("Signature", code(tellSignature(name, schema))) : null,
    record.kind === "data" ? section("Data", code(writeIndented(record.data))) : null,
    section("About", facts([
      ["tags", tags], ["aliases", (record.aliases || []).join(", ")], ["reference", record.reference], ["type", record.type],
      ["registered at", tellPlace(record.origin)], ["written", written], ["token", token], ["fingerprint", record.fingerprint], ...more,
    ])),
    make("section", { "aria-label": "History", id: "history" },
      make("p", {}, make("button", { type: "button", text: "What it was before", on: { click: showHistory } }))),
  ].filter(Boolean);
}

function historyRows(history) {
  return make("ul", { class: "rows" }, ...history.map(({ token, time, author, value }) =>
    make("li", {},
      make("span", { text: tellTime(time) }),
      make("span", { class: "quiet", text: author ? visible(author) : "" }),
      make("span", { text: value === null ? "removed" : `${value.kind} ${visible(value.reference || value.alias_of || "")}` }),
      make("span", { class: "quiet", text: token.slice(token.lastIndexOf(".")) }))));
}

function overview(entries, namespace) {
  const last = [...entries.all.values()].filter((entry) => !namespace || entry.namespace === namespace).sort(byChange).slice(0, 12);
  const counts = [...entries.counts].filter(([, count]) => count).sort(([one], [other]) => (one < other ? -1 : 1));
  const namespaces = counts.map(([name, count]) =>
    make("li", {}, make("a", { href: `#/${encodeURIComponent(name)}`, text: visible(name) }), make("span", { class: "quiet", text: `${count.toLocaleString()}` })));
  if (!counts.length && !last.length) {
    return [make("h2", { text: "Nothing is registered here yet" }),
      make("p", { class: "told", text: "Register something from Python, and it appears here at once:" }),
      code(`from registry import Registry, RemoteBackend\n\nlosses = Registry(name="losses", backend=RemoteBackend("${location.origin}", namespace="demo.losses"))\n\n@losses.register\ndef squared(error: float) -> float:\n    "The square of the error."\n    return error * error\n`)];
  }
  return [
    titled("h2", "Namespaces", [make("ul", { class: "rows" }, ...namespaces.slice(0, 200))]),
    titled("h2", "Changed last", [make("ul", { class: "rows", id: "last" }, ...last.map((entry) =>
      make("li", {}, make("a", { href: linkOf(entry.namespace, entry.name), text: visible(entry.name) }),
        make("span", { class: "quiet", text: visible(entry.namespace) }),
        make("span", { class: "quiet", text: [tellTime(entry.time), entry.author && visible(entry.author)].filter(Boolean).join(", ") }))))]),
  ].filter(Boolean);
}
