// What `$HOST[n]` and `$PATH[n]` of a rewrite stand for. Captures are not collected while routing: the
// matched rule is applied once more to the same bytes, only by those who need them. `count…` answers,
// when a rule is added, which indices it can produce.

import { foldedText } from "./host/fold.ts";
import type { HostLabel } from "./host/host_rule.ts";
import { pathText } from "./path/path_rule.ts";
import type { CompiledRule } from "./route_entry.ts";
import { PathRuleKind, RulePosition } from "./route_rule.ts";

/** How many captures of the host the rule produces, the whole host (index 0) included. */
export function countHostCaptures({ host, rule }: CompiledRule): number {
  if (host.kind === "wildcard") return isLiteralLabel(host.suffix, rule.position) ? 1 : 2;
  if (host.kind !== "regex") return 1;
  if (rule.position !== RulePosition.TREE) return 1 + host.whole.groupCount;
  return host.labels.reduce((count, label) => count + (label.regex?.groupCount ?? 0), 1);
}

/** How many captures of the path the rule produces, the whole path (index 0) included. */
export function countPathCaptures({ path }: CompiledRule): number {
  if (path.regex !== null) return 1 + path.regex.groupCount;
  return path.kind === PathRuleKind.PREFIX ? 2 : 1;
}

/** The captures of the host in `bytes[start..end)`, which this rule has matched. */
export function hostCaptures(
  entry: CompiledRule,
  bytes: Uint8Array,
  start: number,
  end: number,
): string[] {
  const text = foldedText(bytes, start, end);
  const host = entry.host;
  if (host.kind === "wildcard" && !isLiteralLabel(host.suffix, entry.rule.position)) {
    return [text, text.slice(0, text.length - host.suffix.length)];
  }
  if (host.kind !== "regex") return [text];
  if (entry.rule.position !== RulePosition.TREE) return [text, ...host.whole.groups(text) ?? []];
  return [text, ...labelCaptures(host.labels, text)];
}

/** The captures of the path in `bytes[start..end)`, which this rule has matched. */
export function pathCaptures(
  { path }: CompiledRule,
  bytes: Uint8Array,
  start: number,
  end: number,
): string[] {
  const text = pathText(bytes, start, end);
  if (path.regex !== null) return [text, ...path.regex.groups(text) ?? []];
  if (path.kind !== PathRuleKind.PREFIX) return [text];
  return [text, pathText(bytes, start + path.bytes.length, end)];
}

/** In the tree, `*name.test` is no wildcard: its first label is taken literally. */
function isLiteralLabel(suffix: string, position: number): boolean {
  return position === RulePosition.TREE && !suffix.startsWith(".");
}

/** Groups of every expression, from left to right as in the lists beside the tree. */
function labelCaptures(labels: readonly HostLabel[], host: string): string[] {
  const parts = host.split(".");
  const captures: string[] = [];
  for (const [index, label] of labels.entries()) {
    const groups = label.regex?.groups(parts[index] ?? "");
    if (groups !== undefined && groups !== null) captures.push(...groups);
  }
  return captures;
}
