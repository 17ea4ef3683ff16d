// Makes the message of `frontend http|https add|remove` from its options.

import { presentFields } from "../../../config/values/present_fields.ts";
import {
  type Header,
  HeaderPosition,
  type PathRule,
  PathRuleKind,
  RedirectPolicy,
  RedirectScheme,
  type RequestHttpFrontend,
  RulePosition,
  type SocketAddress,
} from "../../../config/schema/messages.ts";
import { isPort } from "./cluster_request.ts";
import { hstsOf, type HstsOptions } from "./hsts.ts";
import { headerPredicatesOf } from "./match_header.ts";
import { CommandProblem } from "../problem.ts";

/** Options that identify a frontend. */
export interface FrontendKeyOptions {
  readonly address: SocketAddress;
  readonly hostname: string;
  readonly pathPrefix?: string;
  readonly pathRegex?: string;
  readonly pathEquals?: string;
  readonly method?: string;
  readonly matchHeader?: readonly string[];
}

/** Every option of `frontend http|https add`. */
export interface AddFrontendOptions extends FrontendKeyOptions, HstsOptions {
  readonly tags?: Map<string, string>;
  readonly redirect?: string;
  readonly redirectScheme?: string;
  readonly redirectTemplate?: string;
  readonly rewriteHost?: string;
  readonly rewritePath?: string;
  readonly rewritePort?: number;
  readonly requiredAuth?: boolean;
  readonly header?: readonly string[];
}

const REDIRECTS: Readonly<Record<string, RedirectPolicy>> = {
  forward: RedirectPolicy.FORWARD,
  permanent: RedirectPolicy.PERMANENT,
  unauthorized: RedirectPolicy.UNAUTHORIZED,
  found: RedirectPolicy.FOUND,
  permanent_redirect: RedirectPolicy.PERMANENT_REDIRECT,
  silent_close: RedirectPolicy.SILENT_CLOSE,
};

const SCHEMES: Readonly<Record<string, RedirectScheme>> = {
  "use-same": RedirectScheme.USE_SAME,
  "use-http": RedirectScheme.USE_HTTP,
  "use-https": RedirectScheme.USE_HTTPS,
};

const HEADER_POSITIONS: Readonly<Record<string, HeaderPosition>> = {
  request: HeaderPosition.REQUEST,
  response: HeaderPosition.RESPONSE,
  both: HeaderPosition.BOTH,
};

// RFC 9110 section 5.6.2.
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The fields that identify a frontend; `clusterId` undefined = requests are denied. */
export function frontendKey(
  options: FrontendKeyOptions,
  clusterId: string | undefined,
): RequestHttpFrontend | CommandProblem {
  const predicates = headerPredicatesOf(options.matchHeader ?? []);
  if (predicates instanceof CommandProblem) return predicates;
  return {
    address: options.address,
    hostname: options.hostname,
    path: pathRuleOf(options),
    position: RulePosition.TREE,
    tags: new Map(),
    headers: [],
    header_predicates: predicates,
    ...presentFields({ cluster_id: clusterId, method: options.method }),
  };
}

/** The whole frontend of an `add` command. */
export function frontendOf(
  options: AddFrontendOptions,
  clusterId: string | undefined,
): RequestHttpFrontend | CommandProblem {
  const key = frontendKey(options, clusterId);
  if (key instanceof CommandProblem) return key;
  const redirect = named("--redirect", options.redirect, REDIRECTS);
  if (redirect instanceof CommandProblem) return redirect;
  const scheme = named("--redirect-scheme", options.redirectScheme?.replaceAll("_", "-"), SCHEMES);
  if (scheme instanceof CommandProblem) return scheme;
  const headers = headersOf(options.header ?? []);
  if (headers instanceof CommandProblem) return headers;
  const hsts = hstsOf(options);
  if (hsts instanceof CommandProblem) return hsts;
  const port = options.rewritePort;
  if (port !== undefined && !isPort(port)) {
    return new CommandProblem(`Cannot use --rewrite-port ${port}: expected 1 to 65535`);
  }
  return {
    ...key,
    tags: options.tags ?? new Map(),
    headers,
    ...presentFields({
      redirect,
      redirect_scheme: scheme,
      redirect_template: options.redirectTemplate,
      rewrite_host: options.rewriteHost,
      rewrite_path: options.rewritePath,
      rewrite_port: port,
      required_auth: options.requiredAuth,
      hsts,
    }),
  };
}

function pathRuleOf(options: FrontendKeyOptions): PathRule {
  if (options.pathPrefix !== undefined) {
    return { kind: PathRuleKind.PREFIX, value: options.pathPrefix };
  }
  if (options.pathRegex !== undefined) {
    return { kind: PathRuleKind.REGEX, value: options.pathRegex };
  }
  if (options.pathEquals !== undefined) {
    return { kind: PathRuleKind.EQUALS, value: options.pathEquals };
  }
  return { kind: PathRuleKind.PREFIX, value: "" };
}

function named<T>(
  option: string,
  text: string | undefined,
  table: Readonly<Record<string, T>>,
): T | CommandProblem | undefined {
  if (text === undefined) return undefined;
  return lookUp(table, text) ?? new CommandProblem(
    `Cannot use ${option} "${text}": accepted are ${Object.keys(table).join(", ")}`,
  );
}

function lookUp<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  const key = name.toLowerCase();
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function headersOf(items: readonly string[]): Header[] | CommandProblem {
  const headers: Header[] = [];
  for (const item of items) {
    const header = headerOf(item);
    if (header instanceof CommandProblem) return header;
    headers.push(header);
  }
  return headers;
}

function headerOf(item: string): Header | CommandProblem {
  const refuse = (reason: string) => new CommandProblem(`Cannot use --header "${item}": ${reason}`);
  const first = item.indexOf("=");
  const second = item.indexOf("=", first + 1);
  if (first < 0 || second < 0) {
    return refuse("expected <position>=<name>=<value>, an empty value deletes the header");
  }
  const position = lookUp(HEADER_POSITIONS, item.slice(0, first));
  if (position === undefined) return refuse("the position must be request, response or both");
  const key = item.slice(first + 1, second);
  if (!TOKEN.test(key)) return refuse("the name must be a token (RFC 9110 section 5.6.2)");
  const val = item.slice(second + 1);
  if ([...val].some((c) => (c < " " && c !== "\t") || c === "\x7f")) {
    return refuse("the value must not hold control characters");
  }
  return { position, key, val };
}
