// The vocabulary of routing: what one rule says and why a rule can be refused. It owns the numbers of
// the wire contract (positions, path kinds) and nothing about how rules are stored or matched.

/** Where a rule is tried: before the host tree, after it, or in it. Numbers of the wire contract. */
export const RulePosition = { PRE: 0, POST: 1, TREE: 2 } as const;

/** How a path rule compares. Numbers of the wire contract. */
export const PathRuleKind = { PREFIX: 0, REGEX: 1, EQUALS: 2 } as const;

/** A path rule as configured; the value is compared as UTF-8 bytes with the whole request target. */
export interface PathRule {
  /** One of {@linkcode PathRuleKind}. */
  readonly kind: number;
  readonly value: string;
}

/** How a header predicate compares. Numbers of the wire contract. */
export const HeaderMatch = { EXACT: 0, REGEX: 1, PRESENT: 2 } as const;

/** What a rule asks of the first header field of one name. */
export interface HeaderPredicate {
  /** Compared without regard to case. */
  readonly name: string;
  /** One of {@linkcode HeaderMatch}. */
  readonly kind: number;
  /** The bytes of the value, or an expression for the whole of it; `null` for PRESENT. */
  readonly value: string | null;
}

/** One rule as configured: when does a request belong to this route? */
export interface RouteRule {
  /** One of {@linkcode RulePosition}. */
  readonly position: number;
  /** `*`, an exact name, `*.suffix`, or a name with `/regex/` labels. */
  readonly hostname: string;
  readonly path: PathRule;
  /** `null` matches every method. */
  readonly method: string | null;
  /** All must hold; absent means the same as none. */
  readonly predicates?: readonly HeaderPredicate[];
}

/** What is wrong with a rule. */
export type RouteErrorKind =
  | "invalid_position"
  | "invalid_host"
  | "invalid_path"
  | "invalid_headers"
  | "duplicate"
  | "not_found";

/** Why a rule was refused. It is a value: the table is unchanged when one is returned. */
export class RouteError {
  readonly kind: RouteErrorKind;
  readonly message: string;

  constructor(kind: RouteErrorKind, message: string) {
    this.kind = kind;
    this.message = message;
  }
}

const POSITION_NAMES = ["PRE", "POST", "TREE"];
const PATH_KIND_NAMES = ["PREFIX", "REGEX", "EQUALS"];

/** Is this one of the three positions? */
export function isRulePosition(position: number): boolean {
  return POSITION_NAMES[position] !== undefined;
}

/** One line that names a rule in messages; of header predicates the names only, values may be secrets. */
export function describeRule(rule: RouteRule): string {
  const position = POSITION_NAMES[rule.position] ?? String(rule.position);
  const kind = PATH_KIND_NAMES[rule.path.kind] ?? String(rule.path.kind);
  const method = rule.method === null ? "" : ` method "${rule.method}"`;
  const headers = describeHeaders(rule.predicates ?? []);
  return `${position} host "${rule.hostname}" ${kind} path "${rule.path.value}"${method}${headers}`;
}

function describeHeaders(predicates: readonly HeaderPredicate[]): string {
  if (predicates.length === 0) return "";
  return ` headers ${predicates.map(({ name }) => JSON.stringify(name)).join(", ")}`;
}
