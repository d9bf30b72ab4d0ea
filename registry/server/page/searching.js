// Which entries somebody means, best first.

function score(entry, words) {
  let total = 0;
  for (const word of words) {
    if (!entry.hay.includes(word)) return 0;
    const at = entry.lower.indexOf(word);
    total += at < 0 ? 1 : at > 0 ? 2 : entry.lower === word ? 8 : 4;
  }
  return total;
}

const byName = (one, other) => (one.lower < other.lower ? -1 : one.lower > other.lower ? 1 : one.namespace < other.namespace ? -1 : 1);
const byChange = (one, other) => other.revision - one.revision;

let sorted = { order: "", revision: -1, entries: [] };

// All entries in an order, which is kept until something changes: nobody waits for it while typing.
function inOrder(entries, order) {
  if (sorted.order !== order || sorted.revision !== entries.revision) {
    sorted = { order, revision: entries.revision, entries: [...entries.all.values()].sort(order === "last" ? byChange : byName) };
  }
  return sorted.entries;
}

function search(entries, text, namespace, order) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const byScore = [];
  for (const entry of inOrder(entries, order)) {
    if (namespace && entry.namespace !== namespace) continue;
    const points = words.length ? score(entry, words) : 1;
    if (points) (byScore[order === "last" ? 1 : points] ||= []).push(entry);
  }
  return { words, found: byScore.reverse().flat() };
}
