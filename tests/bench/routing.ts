// What routing and balancing cost by themselves: nanoseconds a lookup with few and with very many rules,
// and what one more rule or backend costs while they serve. All sizes read the same number of requests
// of the same length from a buffer, so that only the tables and which of their rules are in use differ;
// rounds alternate between them, and the best round of each counts, which is the one least disturbed.
// What the memory costs of which a large table cannot all be in the caches is measured beside them.

import { BackendSet } from "../../src/balancing/backend_set.ts";
import { LoadMetric, parseBackendAddress } from "../../src/balancing/backend.ts";
import { LoadBalancing } from "../../src/balancing/policy.ts";
import { PathRuleKind, type RouteRule, RulePosition } from "../../src/routing/route_rule.ts";
import { RouteTable } from "../../src/routing/route_table.ts";

const FEW = 10;
const MANY = 100_000;
/** Requests of one run: with every rule in use each is asked for about once. */
const REQUESTS = MANY;
/** A busy proxy's working set: as many rules as are asked for again and again. */
const WORKING_SET = 4096;
const ROUNDS = 15;
/** Bar of a lookup among many rules divided by one among few. */
const RATIO_BAR = 1.5;
/** Bar of adding one rule to many, in microseconds. */
const ADD_BAR = 1_000;

interface Request {
  readonly host: string;
  readonly path: string;
}

/** A family of route tables: what the rule number `index` is, and a request that it answers. */
interface Shape {
  readonly name: string;
  readonly many: number;
  rule(index: number): RouteRule;
  request(index: number): Request;
}

function rule(hostname: string, kind: number, value: string): RouteRule {
  return { position: RulePosition.TREE, hostname, path: { kind, value }, method: null };
}

const SHAPES: readonly Shape[] = [
  {
    name: "exact hosts, prefix /",
    many: MANY,
    rule: (index) => rule(`app-${digits(index)}.example.com`, PathRuleKind.PREFIX, "/"),
    request: (index) => ({
      host: `app-${digits(index)}.example.com`,
      path: "/account/settings?tab=1",
    }),
  },
  {
    name: "one host, prefixes of one length",
    many: MANY,
    rule: (index) => rule("example.com", PathRuleKind.PREFIX, `/service-${digits(index)}/`),
    request: (index) => ({ host: "example.com", path: `/service-${digits(index)}/items/7?q=1` }),
  },
  {
    name: "one host, prefixes of five depths",
    many: MANY,
    rule: (index) => rule("example.com", PathRuleKind.PREFIX, nested(index)),
    request: (index) => ({ host: "example.com", path: `${nested(index)}/items/7?q=1` }),
  },
  {
    name: "one host, equal paths",
    many: MANY,
    rule: (index) => rule("example.com", PathRuleKind.EQUALS, `/page-${digits(index)}`),
    request: (index) => ({ host: "example.com", path: `/page-${digits(index)}` }),
  },
  {
    name: "wildcard hosts, prefix /",
    many: 10_000,
    rule: (index) => rule(`*.app-${digits(index)}.example.com`, PathRuleKind.PREFIX, "/"),
    request: (index) => ({
      host: `www.app-${digits(index)}.example.com`,
      path: "/account/settings",
    }),
  },
];

/** All names have the same length, so that only the number of rules makes a difference. */
function digits(index: number): string {
  return String(index).padStart(6, "0");
}

function nested(index: number): string {
  return `/${"segment/".repeat(index % 5)}name-${digits(index)}`;
}

/** Requests laid out in one buffer, as offsets; always the same number of them. */
class RequestBuffer {
  readonly #bytes: Uint8Array;
  readonly #offsets: Int32Array;

  constructor(requests: readonly Request[]) {
    const encoder = new TextEncoder();
    const text = requests.map(({ host, path }) => `GET ${host} ${path} `).join("");
    this.#bytes = encoder.encode(text);
    this.#offsets = new Int32Array(requests.length * 4);
    let at = 0;
    requests.forEach(({ host, path }, index) => {
      const hostEnd = at + 4 + host.length;
      const pathEnd = hostEnd + 1 + path.length;
      this.#offsets.set([at, hostEnd, pathEnd], index * 4);
      at = pathEnd + 1;
    });
  }

  /** Looks every request up; returns nanoseconds a lookup. */
  run(table: RouteTable<number>): number {
    const offsets = this.#offsets;
    const bytes = this.#bytes;
    let found = 0;
    const began = performance.now();
    for (let index = 0; index < offsets.length; index += 4) {
      const at = offsets[index] as number;
      const hostEnd = offsets[index + 1] as number;
      const pathEnd = offsets[index + 2] as number;
      if (table.lookup(bytes, at + 4, hostEnd, hostEnd + 1, pathEnd, at, at + 3) !== null) found++;
    }
    const elapsed = performance.now() - began;
    if (found !== REQUESTS) throw new Error(`Only ${found} of ${REQUESTS} requests were routed`);
    return elapsed * 1e6 / REQUESTS;
  }
}

function buildTable(shape: Shape, count: number): RouteTable<number> {
  const table = new RouteTable<number>();
  for (let index = 0; index < count; index++) {
    const error = table.add(shape.rule(index), index);
    if (error !== null) throw new Error(error.message);
  }
  return table;
}

/** Requests for `spread` different rules out of `count`, chosen evenly over all of them. */
function buildRequests(shape: Shape, count: number, spread: number): RequestBuffer {
  const requests: Request[] = [];
  for (let index = 0; index < REQUESTS; index++) {
    const chosen = (index * 2654435761 % 4294967296) % spread;
    requests.push(shape.request(Math.floor(chosen * count / spread)));
  }
  return new RequestBuffer(requests);
}

function best(runs: readonly (() => number)[]): number[] {
  const results = runs.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    runs.forEach((run, index) => {
      results[index] = Math.min(results[index] as number, run());
    });
  }
  return results;
}

function benchShape(shape: Shape): string[] {
  const few = buildTable(shape, FEW);
  const many = buildTable(shape, shape.many);
  const fewRequests = buildRequests(shape, FEW, FEW);
  const hot = buildRequests(shape, shape.many, FEW);
  const working = buildRequests(shape, shape.many, WORKING_SET);
  const all = buildRequests(shape, shape.many, shape.many);
  const [base = 0, onHot = 0, onWorking = 0, onAll = 0] = best([
    () => fewRequests.run(few),
    () => hot.run(many),
    () => working.run(many),
    () => all.run(many),
  ]);
  const adds = timeAdds(shape, many);
  const ratio = (value: number) => `${value.toFixed(0)} (${(value / base).toFixed(2)}x)`;
  const passed = onHot / base <= RATIO_BAR && (adds[1] ?? 0) < ADD_BAR;
  return [
    shape.name,
    base.toFixed(0),
    ...[onHot, onWorking, onAll].map(ratio),
    ...adds.map((time) => time.toFixed(1)),
    passed ? "PASS" : "MISS",
  ];
}

/**
 * Nanoseconds for one read of memory whose place is only known from the read before: in a table of this
 * size, which is how a lookup walks through its own.
 */
function timeDependentReads(bytes: number): number {
  const cells = new Int32Array(bytes / 4);
  // One cycle through every cache line, in random order.
  const lines = Int32Array.from({ length: cells.length / 16 }, (_, line) => line * 16);
  for (let last = lines.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [lines[last], lines[other]] = [lines[other] ?? 0, lines[last] ?? 0];
  }
  lines.forEach((cell, index) => cells[cell] = lines[(index + 1) % lines.length] ?? 0);
  const steps = 200_000;
  let at = 0;
  const [time = 0] = best([() => {
    const began = performance.now();
    for (let step = 0; step < steps; step++) at = cells[at] as number;
    return (performance.now() - began) * 1e6 / steps;
  }]);
  if (at < 0) throw new Error("The chain has left its table");
  return time;
}

/** Median and 99th percentile, in microseconds, of the time to add one more rule. */
function timeAdds(shape: Shape, table: RouteTable<number>): number[] {
  const times: number[] = [];
  for (let index = 0; index < 2000; index++) {
    const added = shape.rule(shape.many + index);
    const began = performance.now();
    table.add(added, index);
    times.push((performance.now() - began) * 1000);
  }
  times.sort((left, right) => left - right);
  return [times[1000] ?? 0, times[1980] ?? 0];
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
    );
    console.log(cells.join("  "));
  }
}

function buildSet(algorithm: number, count: number): BackendSet {
  const set = new BackendSet(Math.random);
  set.setPolicy(algorithm, LoadMetric.CONNECTIONS);
  for (let index = 0; index < count; index++) {
    const address = parseBackendAddress(`127.0.${index >> 8}.${index & 255}:80`);
    if (address === null) throw new Error("The benchmark made an invalid address");
    set.add({ id: `b-${index}`, address, stickyId: null, weight: null, backup: false }, 0);
  }
  return set;
}

/** Nanoseconds for one pick with the bookkeeping of the exchange that follows it. */
function timePicks(set: BackendSet): number {
  const count = 20_000;
  const began = performance.now();
  for (let index = 0; index < count; index++) {
    const backend = set.pick(1);
    if (backend === null) throw new Error("Nothing was picked");
    set.connectionOpened(backend);
    set.connectionClosed(backend);
  }
  return (performance.now() - began) * 1e6 / count;
}

function benchPolicy([name, algorithm]: [string, number]): string[] {
  const sets = [10, 10_000].map((count) => buildSet(algorithm, count));
  const [few = 0, many = 0] = best(sets.map((set) => () => timePicks(set)));
  return [name, few.toFixed(0), `${many.toFixed(0)} (${(many / few).toFixed(2)}x)`];
}

/** Prints what routing lookups and backend picks cost; the exit code is 0 when every bar was met. */
export function runRoutingBench(): number {
  console.log(`Route lookup, ns; few = ${FEW} rules, else ${MANY} (10000 for wildcards)`);
  const shapes = SHAPES.map(benchShape);
  printTable([
    ["shape", "few", "10 in use", "4096 in use", "all in use", "add us p50", "add us p99", ""],
    ...shapes,
  ]);
  console.log(`(bar: many with the same 10 in use <= ${RATIO_BAR}x few, add p99 < ${ADD_BAR} us)`);
  const reads = [1, 8, 64].map((mib) =>
    `${mib} MiB ${timeDependentReads(mib * 2 ** 20).toFixed(0)}`
  );
  console.log(`One read that depends on the read before, ns: ${reads.join(", ")}`);
  console.log("\nPick of a backend with open and close, ns; 10 and 10000 backends");
  printTable([
    ["policy", "10", "10000"],
    ...Object.entries(LoadBalancing).map(benchPolicy),
  ]);
  return shapes.every((row) => row.at(-1) === "PASS") ? 0 : 1;
}

if (import.meta.main) Deno.exit(runRoutingBench());
