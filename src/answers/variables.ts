// The vocabulary of answer templates: which variables exist, where each may stand, how often, and
// which status may use which. Knows nothing of template text or of rendering.

/** Values for one rendering. An absent key renders as nothing. */
export interface AnswerVariables {
  /** Method, authority and path of the request as far as they are known. */
  readonly ROUTE?: string;
  /** Identifier of the request (26 characters). */
  readonly REQUEST_ID?: string;
  readonly CLUSTER_ID?: string;
  readonly BACKEND_ID?: string;
  /** Absolute URL the client should go to. */
  readonly REDIRECT_LOCATION?: string;
  /** Challenge of the cluster; the header line is left out when absent or empty. */
  readonly WWW_AUTHENTICATE?: string;
  /** Seconds as decimal text; the header line is left out when absent, empty or `0`. */
  readonly RETRY_AFTER?: string;
  readonly MESSAGE?: string;
  readonly PHASE?: string;
  readonly SUCCESSFULLY_PARSED?: string;
  readonly PARTIALLY_PARSED?: string;
  readonly INVALID?: string;
  readonly DURATION?: string;
  readonly CAPACITY?: string;
}

export type VariableName = keyof AnswerVariables;

/** Where a variable may stand and how often. */
export interface VariableRule {
  readonly name: VariableName;
  readonly inHeader: boolean;
  readonly inBody: boolean;
  /** At most one use in a template, head and body together. */
  readonly once: boolean;
  /** The header line disappears when the value is empty or `0`. */
  readonly dropsEmptyHeader: boolean;
  /** Used when the caller gives no value. */
  readonly fallback: string;
}

function rule(
  name: VariableName,
  place: "anywhere" | "header" | "body",
  options: { once?: boolean; drops?: boolean; fallback?: string } = {},
): VariableRule {
  return {
    name,
    inHeader: place !== "body",
    inBody: place !== "header",
    once: options.once ?? false,
    dropsEmptyHeader: options.drops ?? false,
    fallback: options.fallback ?? "",
  };
}

const RULES: Readonly<Record<VariableName, VariableRule>> = {
  ROUTE: rule("ROUTE", "anywhere"),
  REQUEST_ID: rule("REQUEST_ID", "anywhere"),
  CLUSTER_ID: rule("CLUSTER_ID", "anywhere"),
  BACKEND_ID: rule("BACKEND_ID", "anywhere"),
  REDIRECT_LOCATION: rule("REDIRECT_LOCATION", "anywhere", { once: true }),
  WWW_AUTHENTICATE: rule("WWW_AUTHENTICATE", "header", { once: true, drops: true }),
  RETRY_AFTER: rule("RETRY_AFTER", "header", { once: true, drops: true }),
  MESSAGE: rule("MESSAGE", "body", { once: true }),
  PHASE: rule("PHASE", "anywhere", { fallback: "Error" }),
  SUCCESSFULLY_PARSED: rule("SUCCESSFULLY_PARSED", "body", { fallback: "null" }),
  PARTIALLY_PARSED: rule("PARTIALLY_PARSED", "body", { fallback: "null" }),
  INVALID: rule("INVALID", "body", { fallback: "null" }),
  DURATION: rule("DURATION", "anywhere"),
  CAPACITY: rule("CAPACITY", "anywhere"),
};

const ALWAYS: readonly VariableName[] = ["ROUTE", "REQUEST_ID"];
const REDIRECT: readonly VariableName[] = ["REDIRECT_LOCATION"];
const PARSING: readonly VariableName[] = [
  "MESSAGE",
  "PHASE",
  "SUCCESSFULLY_PARSED",
  "PARTIALLY_PARSED",
  "INVALID",
];

const BY_STATUS: ReadonlyMap<number, readonly VariableName[]> = new Map([
  [301, REDIRECT],
  [302, REDIRECT],
  [308, REDIRECT],
  [400, PARSING],
  [401, ["WWW_AUTHENTICATE"]],
  [408, ["DURATION"]],
  [413, ["CAPACITY", "MESSAGE", "PHASE"]],
  [429, ["CLUSTER_ID", "RETRY_AFTER"]],
  [502, ["CLUSTER_ID", "BACKEND_ID", ...PARSING]],
  [503, ["CLUSTER_ID", "BACKEND_ID", "MESSAGE"]],
  [504, ["CLUSTER_ID", "BACKEND_ID", "DURATION"]],
  [507, ["CLUSTER_ID", "BACKEND_ID", "CAPACITY", "MESSAGE", "PHASE"]],
]);

/** The variables a template of `status` may use; any other `%...` in it is literal text. */
export function variablesFor(status: number): readonly VariableRule[] {
  return [...ALWAYS, ...(BY_STATUS.get(status) ?? [])].map((name) => RULES[name]);
}
