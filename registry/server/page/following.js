// The server's entries, as far as this token may see them: loaded once and followed over one stream.

const MOST_FOLLOWED = 50000; // entries; of more than these one namespace at a time is followed
const SILENCE = 5000; // milliseconds without a sign of life after which the stream is given up

class Refused extends Error {
  constructor(status, told) {
    super(told);
    this.status = status;
  }
}

async function ask(path, options = {}) {
  const headers = { ...(options.headers || {}) };
  const token = sessionStorage.getItem("token");
  if (token) headers.Authorization = `Bearer ${token}`;
  const answer = await fetch(path, { ...options, headers, cache: "no-store", credentials: "omit" });
  if (answer.ok) return answer;
  let told = `the server answered ${answer.status}`;
  try {
    told = (await answer.json()).message || told;
  } catch { /* something in front of the server said it */ }
  throw new Refused(answer.status, told);
}

async function askJSON(path) {
  return readJSON(await (await ask(path)).text());
}

function pathOf(namespace, what, name) {
  return `/registry/${encodeURIComponent(namespace)}/${what}/${encodeURIComponent(name)}`;
}

class Entries {
  constructor(changed) {
    this.all = new Map(); // namespace and name to what the list shows
    this.counts = new Map(); // namespace to its number of entries, also of those that are not followed
    this.revision = 0; // grows with each change of anything
    this.changed = changed;
  }

  clear() {
    this.all.clear();
    this.changed(++this.revision);
  }

  static key(namespace, name) {
    return `${namespace}\n${name}`;
  }

  put(namespace, told) {
    const key = Entries.key(namespace, told.key);
    if (told.value === null) this.all.delete(key);
    else this.all.set(key, listed(namespace, told));
  }

  get(namespace, name) {
    return this.all.get(Entries.key(namespace, name));
  }
}

// What browsers take out of a path, however it is written: such an entry cannot be asked for, so that it is kept.
const DOTS = /^\.\.?$/;

function listed(namespace, told) {
  const { key, token, time, author, value: record } = told;
  const summary = describe(record).trim().split("\n", 1)[0].slice(0, 300);
  const tags = (record.tags || []).join(" ");
  const aliases = (record.aliases || []).join(" ");
  const also = `${record.alias_of || ""} ${record.reference || ""} ${record.type || ""}`;
  return {
    namespace,
    name: key,
    kind: record.kind,
    aliasOf: record.alias_of,
    deprecated: record.deprecated !== undefined,
    revision: Number(token.slice(token.lastIndexOf(".") + 1)),
    time,
    author,
    summary,
    told: DOTS.test(key) || DOTS.test(namespace) ? told : null,
    lower: key.toLowerCase(),
    hay: `${key} ${namespace} ${tags} ${aliases} ${summary} ${also}`.toLowerCase(),
  };
}

class Following {
  // told(state, text): "live", "loading", "lost" or "denied".
  constructor(entries, told) {
    this.entries = entries;
    this.told = told;
    this.chosen = ""; // the namespace that alone is followed, where there are too many entries
    this.generation = 0;
  }

  async run() {
    const generation = ++this.generation;
    let since = "";
    let pause = 500;
    if (this.abort) this.abort.abort();
    while (generation === this.generation) {
      try {
        const where = await this.where();
        if (generation !== this.generation) return;
        for await (const event of this.events(where, since)) {
          if (generation !== this.generation) return;
          since = this.take(event, since);
          pause = 500;
        }
        this.told("lost", "the server ended the stream; connecting again");
      } catch (error) {
        if (generation !== this.generation) return;
        if (error instanceof Refused && error.status === 401) {
          this.told("denied", error.message);
          return;
        }
        this.told("lost", `${error instanceof Refused ? error.message : "the server cannot be reached"} Trying again.`);
      }
      await new Promise((done) => setTimeout(done, pause * (0.5 + Math.random() / 2)));
      pause = Math.min(pause * 2, 10000);
    }
  }

  async where() {
    const { namespaces } = await askJSON("/namespaces");
    this.entries.counts = new Map(namespaces.map(({ name, count }) => [name, count]));
    const total = namespaces.reduce((sum, { count }) => sum + count, 0);
    this.isPartial = total > MOST_FOLLOWED;
    this.entries.changed(++this.entries.revision);
    if (!this.isPartial) return "";
    return `namespace=${encodeURIComponent(this.chosen || (namespaces[0] || { name: "" }).name)}`;
  }

  async *events(where, since) {
    const abort = (this.abort = new AbortController());
    let timer;
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), SILENCE);
    };
    wait();
    try {
      const query = [where, since && `since=${encodeURIComponent(since)}`].filter(Boolean).join("&");
      const answer = await ask(`/watch${query && `?${query}`}`, { signal: abort.signal });
      if (!since) {
        this.told("loading", "loading");
        this.entries.clear();
      }
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        wait();
        const blocks = (rest + value).split("\n\n");
        rest = blocks.pop();
        for (const block of blocks) {
          const event = { id: "", event: "", data: "" };
          for (const line of block.split("\n")) {
            const colon = line.indexOf(": ");
            if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 2);
          }
          yield event;
        }
      }
    } finally {
      clearTimeout(timer);
      abort.abort();
    }
  }

  // The moment up to which everything has come, given an event.
  take({ id, event, data }, since) {
    const entries = this.entries;
    if (event === "reset") {
      entries.clear();
      return "";
    }
    if (event === "records" || event === "change") {
      const { namespace, records, changes } = JSON.parse(data);
      for (const told of records || changes) entries.put(namespace, told);
      entries.changed(++entries.revision);
    }
    if (event === "beat") {
      for (const [name, { count }] of Object.entries(JSON.parse(data).namespaces)) entries.counts.set(name, count);
    }
    if (event === "beat" || event === "change") this.told("live", "live");
    return id || since;
  }
}
