// What a record says, as text: types, defaults, bounds, and a config that builds the entry.

const RELATIONS = { gt: ">", ge: "≥", lt: "<", le: "≤", multiple_of: "a multiple of ", min_length: "length ≥", max_length: "length ≤" };
const PLAIN_WORD = /^[A-Za-z_][A-Za-z0-9_.\-]*$/;
const NO_WORD = /^(null|true|false|yes|no|on|off|y|n|~)$/i;

// Numbers keep how they were written where the browser tells: 1.0 is a float, and 2 ** 60 has more digits than fit.
function readJSON(text) {
  return JSON.parse(text, (key, value, context) =>
    typeof value === "number" && context && context.source !== String(value) ? Object.assign(new Number(value), { source: context.source }) : value);
}

function writeJSON(value) {
  if (value instanceof Number) return value.source;
  if (Array.isArray(value)) return `[${value.map(writeJSON).join(", ")}]`;
  if (value && typeof value === "object") return `{${Object.entries(value).map(([key, told]) => `${JSON.stringify(key)}: ${writeJSON(told)}`).join(", ")}}`;
  return JSON.stringify(value);
}

function writeIndented(value, indent = "") {
  if (value instanceof Number || value === null || typeof value !== "object") return writeJSON(value);
  const isList = Array.isArray(value);
  const parts = Object.entries(value).map(([key, told]) => `${indent}  ${isList ? "" : `${JSON.stringify(key)}: `}${writeIndented(told, `${indent}  `)}`);
  const [open, close] = isList ? "[]" : "{}";
  return parts.length ? `${open}\n${parts.join(",\n")}\n${indent}${close}` : open + close;
}

function tellValue(value) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  return writeJSON(value);
}

function tellBounds(bounds) {
  return Object.entries(bounds || {})
    .flatMap(([name, numbers]) => (Array.isArray(numbers) ? numbers : [numbers]).map((number) => `${RELATIONS[name] || name + " "}${number}`))
    .join(", ");
}

function tellType(type) {
  if (type === undefined || type === null) return "";
  if (typeof type === "string") return type;
  if (Array.isArray(type)) {
    const [kind, ...rest] = type;
    if (kind === "|") return rest.map(tellType).join(" | ");
    if (kind === "Literal") return `Literal[${rest.map(tellValue).join(", ")}]`;
    if (kind === "Annotated") return `${tellType(rest[0])} (${tellBounds(rest[1])})`;
    if (kind === "Callable") {
      const asked = Array.isArray(rest[0]) ? `[${rest[0].map(tellType).join(", ")}]` : "...";
      return `Callable[${asked}, ${tellType(rest[1])}]`;
    }
    return `${kind}[${rest.map(tellType).join(", ")}]`;
  }
  const name = String(type.class || "").split(":").pop();
  if (type.values) return `${name === "Literal" ? "" : name + ": "}${type.values.map(tellValue).join(" | ")}`;
  return type.of ? `${name}[${type.of.map(tellType).join(", ")}]` : name;
}

function hasDefault(parameter) {
  return "default" in parameter || "shown" in parameter;
}

function tellDefault(parameter) {
  if ("default" in parameter) return tellValue(parameter.default);
  return "shown" in parameter ? parameter.shown : "";
}

function tellSignature(name, schema) {
  const parts = [];
  let keyword = false;
  for (const parameter of schema.parameters || []) {
    if (parameter.kind === "keyword" && !keyword) {
      if (!schema.rest) parts.push("*");
      else parts.push(`*${schema.rest.name}`);
      keyword = true;
    }
    parts.push(hasDefault(parameter) ? `${parameter.name}=${tellDefault(parameter)}` : parameter.name);
  }
  if (schema.rest && !keyword) parts.push(`*${schema.rest.name}`);
  if (schema.extra) parts.push(`**${schema.extra.name}`);
  const returns = tellType(schema.returns);
  const line = `${name}(${parts.join(", ")})`;
  const told = line.length > 80 ? `${name}(\n  ${parts.join(",\n  ")},\n)` : line;
  return returns ? `${told} -> ${returns}` : told;
}

// JSON is YAML, and needs no quotes only where YAML takes a word for nothing else.
function yamlScalar(value) {
  return typeof value === "string" && PLAIN_WORD.test(value) && !NO_WORD.test(value) ? value : JSON.stringify(value);
}

function onOneLine(text) {
  return text.replace(/[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g, " ");
}

// What has to be given is left empty, so that a check of the config says what is missing and where.
function tellConfig(name, record) {
  const lines = [`_type: ${yamlScalar(name)}`];
  for (const parameter of (record.schema && record.schema.parameters) || []) {
    if (parameter.open || parameter.kind === "positional") continue;
    const key = yamlScalar(parameter.name);
    const type = onOneLine(tellType(parameter.type));
    if ("default" in parameter) lines.push(`# ${key}: ${writeJSON(parameter.default)}${type ? `  # ${type}` : ""}`);
    else if ("shown" in parameter) lines.push(`# ${key}:  # ${type ? `${type}, ` : ""}${onOneLine(parameter.shown)} if left out`);
    else lines.push(`${key}:  # ${type ? `${type}, ` : ""}has to be given`);
  }
  return lines.join("\n") + "\n";
}

function describe(record) {
  return record.description || (record.schema && record.schema.description) || "";
}

function tellPlace(origin) {
  if (!origin) return "";
  const place = origin.file ? `${origin.file}${origin.line ? `:${origin.line}` : ""}` : origin.module || "";
  const from = [origin.distribution, origin.version].filter(Boolean).join(" ");
  return [place, from && `(${from})`].filter(Boolean).join(" ");
}

function tellTime(seconds) {
  return seconds ? new Date(seconds * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }) : "";
}
