// Names of certificates and the value each leads to. Labels are followed from the right; at each step the literal
// label comes first, then matching expressions in the order in which they were stored, then for the leftmost label
// a wildcard. A way that ends without a value is left for the next one. Without expressions, the cost of a lookup is
// that of the name's labels, however many names are stored. Knows nothing of certificates.

import { toAsciiHost } from "../host/host_rule.ts";
import { LinearRegex } from "../linear_regex.ts";

/** Longest stored name: host names end at 253, the rest is room for expressions. */
const MAX_NAME_LENGTH = 4096;

/** One label of a stored name. */
interface Label {
  readonly text: string;
  /** `null` for a literal. */
  readonly regex: LinearRegex | null;
}

interface Branch<V> {
  readonly text: string;
  readonly regex: LinearRegex;
  readonly node: Node<V>;
}

class Node<V> {
  readonly children = new Map<string, Node<V>>();
  readonly branches: Branch<V>[] = [];
  /** Of the name that ends here. */
  value: V | null = null;
  /** Of every name with one label more. */
  wildcard: V | null = null;

  get empty(): boolean {
    return this.value === null && this.wildcard === null && this.children.size === 0 &&
      this.branches.length === 0;
  }
}

/** A stored name, parsed; the leftmost label comes first. */
export interface StoredName {
  /** The normal form, by which equal names are recognised. */
  readonly text: string;
  readonly labels: readonly Label[];
}

/**
 * Parses a name to be stored. `null` for one that no client can ask for (empty, a dot); a string tells
 * why it is refused. A name without expressions is never refused.
 */
export function parseStoredName(name: string): StoredName | string | null {
  const text = name.endsWith(".") ? name.slice(0, -1) : name;
  if (text === "") return null;
  if (text.length > MAX_NAME_LENGTH) return `it is longer than ${MAX_NAME_LENGTH} characters`;
  if (!text.includes("/")) {
    const ascii = toAsciiHost(text) ?? text.toLowerCase();
    return { text: ascii, labels: ascii.split(".").map((each) => ({ text: each, regex: null })) };
  }
  const labels: Label[] = [];
  // A dot between slashes belongs to the expression.
  for (const part of text.match(/\/[^/]*\/?|[^./]+|\.(?=\.|$)|^\./g) ?? []) {
    const label = parseLabel(part);
    if (typeof label === "string") return label;
    labels.push(label);
  }
  const joined = labels.map(({ text: each, regex }) => regex === null ? each : `/${each}/`).join(
    ".",
  );
  // Whatever the split passed over, such as text glued to an expression, shows here.
  if (joined !== text.toLowerCase()) return "an expression is one whole label between two slashes";
  return { text: joined, labels };
}

function parseLabel(part: string): Label | string {
  const lower = part.toLowerCase();
  if (!part.startsWith("/")) return { text: lower, regex: null };
  if (part.length < 3 || !part.endsWith("/")) return "an expression is not closed with a slash";
  const text = lower.slice(1, -1);
  const regex = LinearRegex.compile(text, { anchored: true, ignoreCase: true });
  return typeof regex === "string" ? `its expression does not compile: ${regex}` : { text, regex };
}

/** Values by name. */
export class NameTrie<V> {
  readonly #root = new Node<V>();

  /** Sets the value of a name, whatever it was before. */
  set(name: StoredName, value: V): void {
    let node = this.#root;
    for (let at = name.labels.length - 1; at >= 0; at--) {
      const label = name.labels[at] as Label;
      if (isWildcard(label, at)) {
        node.wildcard = value;
        return;
      }
      node = childOf(node, label) ?? addChild(node, label);
    }
    node.value = value;
  }

  /** Takes a name out and prunes what it leaves empty. */
  delete(name: StoredName): void {
    const path: Node<V>[] = [this.#root];
    for (let at = name.labels.length - 1; at >= 0; at--) {
      const label = name.labels[at] as Label;
      const node = path[path.length - 1] as Node<V>;
      if (isWildcard(label, at)) {
        node.wildcard = null;
        return prune(path, name);
      }
      const child = childOf(node, label);
      if (child === null) return;
      path.push(child);
    }
    (path[path.length - 1] as Node<V>).value = null;
    prune(path, name);
  }

  /** The value for a name in lower case without a trailing dot, or `null`. */
  find(name: string): V | null {
    return valueBelow(this.#root, name, name.length);
  }

  /** Nothing is stored. */
  get empty(): boolean {
    return this.#root.empty;
  }
}

/** The value for the labels of `name` before `end`. It goes no deeper than names are stored. */
function valueBelow<V>(node: Node<V>, name: string, end: number): V | null {
  if (end <= 0) return null;
  const dot = name.lastIndexOf(".", end - 1);
  const label = name.slice(dot + 1, end);
  if (label === "") return null;
  const child = node.children.get(label);
  const literal = child === undefined ? null : valueAt(child, name, dot);
  if (literal !== null) return literal;
  for (const branch of node.branches) {
    const found = branch.regex.test(label) ? valueAt(branch.node, name, dot) : null;
    if (found !== null) return found;
  }
  return dot < 0 ? node.wildcard : null;
}

/** The value of the node itself behind the leftmost label, else of what is below it. */
function valueAt<V>(node: Node<V>, name: string, dot: number): V | null {
  return dot < 0 ? node.value : valueBelow(node, name, dot);
}

function isWildcard({ text, regex }: Label, at: number): boolean {
  return at === 0 && regex === null && text === "*";
}

function childOf<V>(node: Node<V>, { text, regex }: Label): Node<V> | null {
  if (regex === null) return node.children.get(text) ?? null;
  return node.branches.find((branch) => branch.text === text)?.node ?? null;
}

function addChild<V>(node: Node<V>, { text, regex }: Label): Node<V> {
  const child = new Node<V>();
  if (regex === null) node.children.set(text, child);
  else node.branches.push({ text, regex, node: child });
  return child;
}

/** Removes the nodes of `path` that carry nothing, from its end. */
function prune<V>(path: readonly Node<V>[], { labels }: StoredName): void {
  for (let depth = path.length - 1; depth > 0; depth--) {
    if (!(path[depth] as Node<V>).empty) return;
    const parent = path[depth - 1] as Node<V>;
    const { text, regex } = labels[labels.length - depth] as Label;
    if (regex === null) parent.children.delete(text);
    else parent.branches.splice(parent.branches.findIndex((it) => it.text === text), 1);
  }
}
