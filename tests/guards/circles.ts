// Import circles: groups of files each of which imports, directly or through others, all the rest.

import { findImports } from "./imports.ts";
import type { SourceFile } from "./tree.ts";

/** Which files each file imports, imports of types alone included. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** The graph of `files`; what they import from elsewhere is left out. */
export function importGraph(files: readonly SourceFile[]): ImportGraph {
  const known = new Set(files.map(({ path }) => path));
  return new Map(files.map((file) => {
    const targets = findImports(file).flatMap(({ path }) => path === null ? [] : [path]);
    return [file.path, [...new Set(targets)].filter((target) => known.has(target))];
  }));
}

/** The circles of `graph`, each sorted by path, in the order of their first paths. */
export function findCircles(graph: ImportGraph): string[][] {
  const backwards = reversed(graph);
  const placed = new Set<string>();
  const circles: string[][] = [];
  // Kosaraju: whoever is left last by a walk forwards is walked first backwards.
  for (const path of leavingOrder(graph).reverse()) {
    const group = reachable(path, backwards, placed);
    if (group.length > 1 || graph.get(path)?.includes(path)) circles.push(group.sort());
  }
  return circles.sort((a, b) => ((a[0] ?? "") < (b[0] ?? "") ? -1 : 1));
}

function leavingOrder(graph: ImportGraph): string[] {
  const seen = new Set<string>();
  const order: string[] = [];
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    graph.get(path)?.forEach(visit);
    order.push(path);
  };
  for (const path of graph.keys()) visit(path);
  return order;
}

function reachable(from: string, graph: ImportGraph, placed: Set<string>): string[] {
  const found: string[] = [];
  const open = [from];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (placed.has(path)) continue;
    placed.add(path);
    found.push(path);
    open.push(...graph.get(path) ?? []);
  }
  return found;
}

function reversed(graph: ImportGraph): ImportGraph {
  const backwards = new Map<string, string[]>([...graph.keys()].map((path) => [path, []]));
  for (const [path, targets] of graph) {
    for (const target of targets) backwards.get(target)?.push(path);
  }
  return backwards;
}
