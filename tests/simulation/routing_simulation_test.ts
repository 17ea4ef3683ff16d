// Random rules come and go, and after every step the table must answer as its definition does.

import { equal } from "node:assert/strict";
import {
  HeaderMatch,
  type HeaderPredicate,
  PathRuleKind,
  RouteError,
  type RouteRule,
  RulePosition,
} from "../../src/routing/route_rule.ts";
import { RouteTable } from "../../src/routing/route_table.ts";
import { headOf } from "../support/routing/route_table.ts";
import { ReferenceTable } from "./routing_reference.ts";
import { type SeededRandom, simulate } from "./seeded.ts";

const STEPS = 10_000;
const LABELS = ["a", "b", "ab", "x", "api", "A"];
const LABEL_REGEXES = ["/[ab]+/", "/a.*/", "/(a|x)b?/", "/[a-z]+/", "/ap[i]/"];
const PATH_PARTS = ["/", "a", "b", "/a", "?q=1", "/ab/", "longer-part"];
const PATH_REGEXES = ["^/a.*", ".*b$", "/(a|b)/?", ".*[?]q.*", ".*a+b", "^/$", "/a.b|/"];
const METHODS = ["GET", "get", "POST", "PATCH", "patch"];
const FIELD_NAMES = ["x-a", "X-A", "x-b"];
const FIELD_VALUES = ["", "1", "2", "12"];

function randomHost(random: SeededRandom, inTree: boolean): string {
  if (random.chance(0.05)) return "*";
  // One host with many rules, so that it is kept as such hosts are.
  if (random.chance(0.3)) return "a";
  const count = 1 + random.below(4);
  const withRegex = random.chance(0.3);
  const labels = Array.from(
    { length: count },
    () => withRegex && random.chance(0.5) ? random.pick(LABEL_REGEXES) : random.pick(LABELS),
  );
  const names = labels.every((label) => label[0] !== "/");
  if (count > 1 && (inTree || names) && random.chance(0.3)) labels[0] = "*";
  return labels.join(".");
}

function randomPath(random: SeededRandom): string {
  return Array.from({ length: random.below(4) }, () => random.pick(PATH_PARTS)).join("");
}

function randomRule(random: SeededRandom): RouteRule {
  const kind = random.pick([
    PathRuleKind.PREFIX,
    PathRuleKind.PREFIX,
    PathRuleKind.REGEX,
    PathRuleKind.EQUALS,
  ]);
  const position = random.chance(0.85) ? RulePosition.TREE : random.below(2);
  return {
    position,
    hostname: randomHost(random, position === RulePosition.TREE),
    path: {
      kind,
      value: kind === PathRuleKind.REGEX ? random.pick(PATH_REGEXES) : randomPath(random),
    },
    method: random.chance(0.6) ? null : random.pick(METHODS),
    predicates: random.chance(0.7) ? [] : randomPredicates(random),
  };
}

function randomPredicates(random: SeededRandom): HeaderPredicate[] {
  return Array.from({ length: 1 + random.below(3) }, () => {
    const kind = random.pick(Object.values(HeaderMatch));
    const value = kind === HeaderMatch.REGEX
      ? random.pick(["1.*", "2|1", ""])
      : random.pick(FIELD_VALUES);
    const name = random.pick(FIELD_NAMES);
    return { name, kind, value: kind === HeaderMatch.PRESENT ? null : value };
  });
}

function randomRequest(random: SeededRandom) {
  const labels = Array.from(
    { length: 1 + random.below(4) },
    () => random.chance(0.04) ? "" : random.pick([...LABELS, "zz", "abb", "B"]),
  );
  const path = `/${randomPath(random)}`.replace("//", "/");
  const fields = Array.from(
    { length: random.below(4) },
    () => [random.pick(FIELD_NAMES), random.pick(FIELD_VALUES)] as const,
  );
  return { host: labels.join("."), path, method: random.pick([...METHODS, "PUT"]), fields };
}

function ask(table: RouteTable<number>, request: ReturnType<typeof randomRequest>): number | null {
  const { method, host, path, fields } = request;
  const bytes = new TextEncoder().encode(`${method}${host}${path} HTTP/1.1`);
  const hostStart = method.length;
  const pathStart = hostStart + host.length;
  const pathEnd = pathStart + path.length;
  const head = headOf(fields);
  return table.lookup(bytes, hostStart, pathStart, pathStart, pathEnd, 0, hostStart, head);
}

class RoutingSimulation {
  readonly #random: SeededRandom;
  readonly #table = new RouteTable<number>();
  readonly #reference = new ReferenceTable();
  /** How many rules the simulation drifts towards; changes now and then. */
  #target = 40;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  step(index: number): void {
    if (this.#random.chance(0.001)) this.#target = this.#random.pick([5, 40, 150]);
    if (this.#random.chance(this.#reference.size < this.#target ? 0.65 : 0.35)) this.#add(index);
    else this.#remove();
    equal(this.#table.size, this.#reference.size);
    for (let count = 0; count < 2; count++) this.#compare();
  }

  /** The tree must not remember in which order its rules came. */
  rebuildShuffled(): void {
    const rebuilt = new RouteTable<number>();
    const listed = this.#reference.rules
      .filter(({ rule }) => rule.position !== RulePosition.TREE);
    const tree = this.#reference.rules.filter(({ rule }) => rule.position === RulePosition.TREE);
    for (const { rule, route } of [...this.#random.shuffled(tree), ...listed]) {
      equal(rebuilt.add(rule, route), null);
    }
    for (let count = 0; count < 100; count++) {
      const request = randomRequest(this.#random);
      equal(ask(rebuilt, request), ask(this.#table, request), JSON.stringify(request));
    }
  }

  #add(route: number): void {
    const known = this.#reference.rules;
    const rule = known.length > 0 && this.#random.chance(0.1)
      ? this.#random.pick(known).rule
      : randomRule(this.#random);
    const error = this.#table.add(rule, route);
    equal(
      error === null,
      this.#reference.add(rule, route),
      `${JSON.stringify(rule)} ${error?.message}`,
    );
    if (error !== null) equal(error.kind, "duplicate", error.message);
  }

  #remove(): void {
    const known = this.#reference.rules;
    const rule = known.length > 0 && this.#random.chance(0.9)
      ? this.#random.pick(known).rule
      : randomRule(this.#random);
    const removed = this.#reference.remove(rule);
    const error = this.#table.remove(rule);
    const refused = !removed && rule.position !== RulePosition.TREE;
    equal(error instanceof RouteError, refused, JSON.stringify(rule));
  }

  #compare(): void {
    const request = randomRequest(this.#random);
    const expected = this.#reference.lookup(request);
    equal(ask(this.#table, request), expected, JSON.stringify(request));
  }
}

Deno.test("RouteTable answers as defined while rules come and go", () => {
  simulate((random) => {
    const simulation = new RoutingSimulation(random);
    for (let index = 0; index < STEPS; index++) {
      simulation.step(index);
      if (index % 1000 === 999) simulation.rebuildShuffled();
    }
  });
});
