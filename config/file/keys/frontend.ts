// `frontends` of a cluster: accepted keys and what they say, before they are matched to a listener
// (file_matching.ts decides between HTTP, HTTPS, TCP and UDP).

import { RE2JS } from "re2js";
import { address, arrayOf, boolean, matching, oneOf, path, port, text } from "../fields.ts";
import { HEADER_KEYS, headerMessage } from "./header.ts";
import { HEADER_PREDICATE_KEYS, headerPredicateMessage } from "./header_predicate.ts";
import { HSTS_KEYS, HSTS_NEEDS_HTTPS, hstsMessage } from "./hsts.ts";
import { presentFields } from "../../values/present_fields.ts";
import { type Problems, quote } from "../problem.ts";
import { type FileSources, splitCertificateChain } from "../sources.ts";
import {
  defaulted,
  mapOf,
  optional,
  readTable,
  required,
  tableOf,
  type TableReading,
  type UnreadTable,
} from "../table.ts";
import { tlsVersions } from "./tls.ts";
import {
  PathRuleKind,
  RedirectPolicy,
  RedirectScheme,
  type RequestHttpFrontend,
  RulePosition,
} from "../../schema/messages.ts";

const HTTP = { only: ["http"] };
const refusedOnTcp = (why: string) => ({ only: ["http"], refusedOn: { tcp: why } });
const NO_PATH = "connections and datagrams have no path";
const NO_CERTIFICATE = "TLS passes through a TCP frontend unread";

const hostName = matching(
  "a host name like 'example.com', '*.example.com' or a '/regex/' label; '*' only in front",
  /^(?:\*?[^*\s/]+|\*|\S*\/\S*)$/,
);

/** Keys of a frontend; those of HTTP mean nothing in a `tcp` cluster. */
export const FRONTEND_KEYS = {
  address: required(address, "listener the frontend belongs to"),
  hostname: optional(
    hostName,
    "host the frontend serves; tcp: only TLS clients that ask for it, whose bytes pass unread",
  ),
  alpn: optional(
    arrayOf(text),
    "only TLS clients of that host that offer one of these protocols",
    { only: ["tcp"], refusedOn: { http: "a listener offers them (alpn_protocols)" } },
  ),
  path: optional(text, "path rule; absent = every path", refusedOnTcp(NO_PATH)),
  path_type: defaulted(
    oneOf({
      PREFIX: PathRuleKind.PREFIX,
      REGEX: PathRuleKind.REGEX,
      EQUALS: PathRuleKind.EQUALS,
    }),
    PathRuleKind.PREFIX,
    "how path is compared",
    HTTP,
  ),
  method: optional(text, "only this HTTP method, in this case", HTTP),
  header_predicates: defaulted(
    arrayOf(tableOf(HEADER_PREDICATE_KEYS)),
    [],
    "only requests with these headers; they come before those for all requests",
    refusedOnTcp("bytes of a TCP frontend pass unread, and headers with them"),
  ),
  // sozu 2.1 documents "the longest prefix wins", yet puts frontends without a position in PRE,
  // where the first one added wins, in an order nobody controls. TREE is what keeps the documented
  // rule whatever the order of the clusters in the file, and what the command line sends.
  position: defaulted(
    oneOf({ PRE: RulePosition.PRE, POST: RulePosition.POST, TREE: RulePosition.TREE }),
    RulePosition.TREE,
    "before, after or in the tree of hosts where the longest path prefix wins",
    HTTP,
  ),
  sni: optional(
    matching("a host name, or '*.' followed by one", /^(?:\*\.)?[^*\s/]+$/),
    "same as hostname",
    { only: ["tcp"] },
  ),
  tags: optional(mapOf(text), "written to access logs"),
  certificate: optional(path, "certificate, PEM", refusedOnTcp(NO_CERTIFICATE)),
  key: optional(path, "its private key, PEM", HTTP),
  certificate_chain: optional(path, "its chain, PEM", refusedOnTcp(NO_CERTIFICATE)),
  tls_versions: defaulted(tlsVersions, [], "versions for this certificate", HTTP),
  redirect: optional(
    oneOf({
      forward: RedirectPolicy.FORWARD,
      permanent: RedirectPolicy.PERMANENT,
      unauthorized: RedirectPolicy.UNAUTHORIZED,
      found: RedirectPolicy.FOUND,
      permanent_redirect: RedirectPolicy.PERMANENT_REDIRECT,
      silent_close: RedirectPolicy.SILENT_CLOSE,
    }, { ignoreCase: true }),
    "forward (default), or answer 301, 401, 302, 308, or close without an answer",
    HTTP,
  ),
  redirect_scheme: optional(
    oneOf({
      "use-same": RedirectScheme.USE_SAME,
      "use-http": RedirectScheme.USE_HTTP,
      "use-https": RedirectScheme.USE_HTTPS,
      use_same: RedirectScheme.USE_SAME,
      use_http: RedirectScheme.USE_HTTP,
      use_https: RedirectScheme.USE_HTTPS,
    }, { ignoreCase: true }),
    "scheme of a redirect, use-same (default)",
    HTTP,
  ),
  redirect_template: optional(text, "template of the redirect answer", HTTP),
  rewrite_host: optional(text, "host sent on, $HOST[n] and $PATH[n] allowed", HTTP),
  rewrite_path: optional(text, "path sent on, $HOST[n] and $PATH[n] allowed", HTTP),
  rewrite_port: optional(port, "port sent on", HTTP),
  required_auth: optional(boolean, "ask for Basic credentials", HTTP),
  headers: defaulted(arrayOf(tableOf(HEADER_KEYS)), [], "header edits", HTTP),
  hsts: optional(tableOf(HSTS_KEYS), "HSTS policy; absent = the listener's", HTTP),
};

/** A frontend table that was read. */
export type FrontendReading = TableReading<typeof FRONTEND_KEYS>;

/** Reads a frontend by the rules of its cluster's protocol. */
export function readFrontend(
  { table, place }: UnreadTable,
  clusterProtocol: string | undefined,
  problems: Problems,
): FrontendReading {
  return readTable(FRONTEND_KEYS, table, place, problems, { kind: clusterProtocol });
}

/** Certificate and key of a frontend, loaded. */
export interface FrontendCertificate {
  readonly certificate: string;
  readonly key: string;
  readonly chain: string[];
}

/**
 * Loads a frontend's own certificate; null when it names none. A certificate without a key (or the
 * reverse) is an error: sozu 2.1 would add a plain HTTP frontend to an HTTPS listener.
 */
export function frontendCertificate(
  { values, at }: FrontendReading,
  sources: FileSources,
  problems: Problems,
): FrontendCertificate | null {
  const certificate = sources.required(values.certificate, at("certificate"));
  const key = sources.required(values.key, at("key"));
  const chain = sources.required(values.certificate_chain, at("certificate_chain"));
  if (values.certificate !== undefined && values.key === undefined) {
    problems.error(at("certificate"), "Needs 'key', accepted: both certificate and key, or none");
  }
  if (values.key !== undefined && values.certificate === undefined) {
    problems.error(at("key"), "Needs 'certificate', accepted: both certificate and key, or none");
  }
  if (certificate === undefined || key === undefined) return null;
  return { certificate, key, chain: chain === undefined ? [] : splitCertificateChain(chain) };
}

/** The message of an HTTP or HTTPS frontend; null when a required key is wrong (reported before). */
export function httpFrontendMessage(
  reading: FrontendReading,
  clusterId: string,
  problems: Problems,
): RequestHttpFrontend | null {
  const { values } = reading;
  if (!reading.has("hostname")) {
    problems.error(reading.at("hostname"), `Missing key 'hostname', accepted: ${hostName.accepts}`);
  }
  checkPathRegex(reading, problems);
  checkHsts(reading, problems);
  const hsts = hstsMessage(values.hsts, problems);
  if (values.address === undefined || values.hostname === undefined) return null;
  return {
    cluster_id: clusterId,
    address: values.address,
    hostname: values.hostname,
    path: values.path === undefined
      ? { kind: PathRuleKind.PREFIX, value: "" }
      : { kind: values.path_type, value: values.path },
    position: values.position,
    tags: values.tags ?? new Map(),
    headers: values.headers.flatMap((header) => headerMessage(header) ?? []),
    header_predicates: values.header_predicates.flatMap((predicate) =>
      headerPredicateMessage(predicate) ?? []
    ),
    ...presentFields({
      method: values.method,
      redirect: values.redirect,
      required_auth: values.required_auth,
      redirect_scheme: values.redirect_scheme,
      redirect_template: values.redirect_template,
      rewrite_host: values.rewrite_host,
      rewrite_path: values.rewrite_path,
      rewrite_port: values.rewrite_port,
      hsts,
    }),
  };
}

function checkPathRegex({ values, at }: FrontendReading, problems: Problems): void {
  if (values.path === undefined || values.path_type !== PathRuleKind.REGEX) return;
  try {
    RE2JS.compile(values.path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const accepted = "accepted: a regular expression without look-around or back-references";
    problems.error(at("path"), `Wrong value ${quote(values.path)} (${reason}), ${accepted}`);
  }
}

/** A policy needs the frontend's own certificate and key, even if the listener has one (sozu 2.1). */
function checkHsts(reading: FrontendReading, problems: Problems): void {
  const { values, at } = reading;
  const ownsCertificate = values.certificate !== undefined && values.key !== undefined;
  if (values.hsts === undefined || ownsCertificate) return;
  const host = values.hostname === undefined ? "" : ` (host ${quote(values.hostname)})`;
  problems.error(at("hsts"), HSTS_NEEDS_HTTPS + host);
}
