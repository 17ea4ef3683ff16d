// Rules about several fields of a message together, and about texts that the code which uses them has to check:
// routes, rewrites, templates, edits of headers. They run after the rules of the fields.

import { compileAnswers } from "../../src/answers/answer_set.ts";
import { compileTemplate, TemplateError } from "../../src/answers/template.ts";
import { compileHeaderEdits } from "../../src/protocol/http/header_edits.ts";
import { compileRewrite } from "../../src/routing/rewrite_template.ts";
import { type CompiledRule, compileRule } from "../../src/routing/route_entry.ts";
import { RouteError, type RouteErrorKind } from "../../src/routing/route_rule.ts";
import { parseServerName } from "../../src/routing/name/server_name_table.ts";
import { unhostableName } from "../values/certificate.ts";
import { type ConfigError, invalidValue } from "../state/config_error.ts";
import {
  type CertificateAndKey,
  type ClientCertificateHeaders,
  type Cluster,
  type CustomHttpAnswers,
  type HstsConfig,
  type HttpsListenerConfig,
  RedirectPolicy,
  type RequestHttpFrontend,
  type RequestTcpFrontend,
  type TcpListenerConfig,
  TlsVersion,
} from "../schema/messages.ts";
import { choiceProblem } from "./cluster_rules.ts";
import { probeProblem } from "./health_check_rules.ts";
import { hostProblem, pathProblem } from "./route_reach.ts";
import { routeRule } from "./route_rule.ts";
import { quoted } from "./rule.ts";

/** Asks about a message as a whole; `prefix` stands before the names of its fields. */
type WholeRule = (message: never, prefix: string) => ConfigError | null;

/** Rules by the name of their message. */
export const WHOLE_RULES: Readonly<
  Record<string, (message: unknown, prefix: string) => ConfigError | null>
> = {
  CertificateAndKey: storedNames,
  ClientCertificateHeaders: distinctHeaders,
  Cluster: (cluster: Cluster, prefix: string) =>
    choiceProblem(cluster, prefix) ?? clusterAnswers(cluster, prefix),
  HealthCheckConfig: probeProblem,
  HstsConfig: decidedHsts,
  HttpListenerConfig: listenerAnswers,
  HttpsListenerConfig: (listener: HttpsListenerConfig, prefix: string) =>
    servedVersions(listener, prefix) ?? listenerAnswers(listener, prefix),
  RequestHttpFrontend: route,
  RequestTcpFrontend: serverName,
  TcpListenerConfig: certificateWithKey,
  UpdateHttpListenerConfig: listenerAnswers,
  UpdateHttpsListenerConfig: listenerAnswers,
  UpdateTcpListenerConfig: certificateWithKey,
} satisfies Readonly<Record<string, WholeRule>> as never;

/** RFC 6797 section 7.2: the policy must not be sent over insecure transport. */
export function misplacedHsts({ hsts }: RequestHttpFrontend): ConfigError | null {
  if (hsts === undefined) return null;
  return invalidValue("hsts", "a policy", "none on a plain HTTP frontend: browsers ignore it");
}

function refused(field: string, message: string): ConfigError {
  return { kind: "invalid_value", message, field };
}

/** A certificate that no lookup finds by a name would be no use. */
function storedNames({ names }: CertificateAndKey, prefix: string): ConfigError | null {
  const index = names.findIndex((name) => unhostableName([name]) !== null);
  const problem = unhostableName(names);
  return problem === null ? null : refused(`${prefix}names[${index}]`, problem);
}

/** Two facts in one header could not be told apart; some backends take `_` and `-` for the same. */
function distinctHeaders(headers: ClientCertificateHeaders, prefix: string): ConfigError | null {
  const seen = new Set<string>();
  for (const [field, name] of Object.entries(headers)) {
    const folded = String(name).toLowerCase().replaceAll("_", "-");
    if (seen.has(folded)) {
      return invalidValue(
        prefix + field,
        quoted(String(name)),
        "a name of its own for each header",
      );
    }
    seen.add(folded);
  }
  return null;
}

function listenerAnswers(
  listener: { answers: Map<string, string>; http_answers?: CustomHttpAnswers },
  prefix: string,
): ConfigError | null {
  return answersProblem(listener.answers, listener.http_answers, prefix);
}

function clusterAnswers({ answers, answer_503 }: Cluster, prefix: string): ConfigError | null {
  return answersProblem(answers, answer_503 === undefined ? undefined : { answer_503 }, prefix);
}

function answersProblem(
  answers: ReadonlyMap<string, string>,
  legacy: CustomHttpAnswers | undefined,
  prefix: string,
): ConfigError | null {
  if (answers.size === 0 && legacy === undefined) return null;
  const compiled = compileAnswers(answers, legacy);
  if (!(compiled instanceof TemplateError)) return null;
  return refused(`${prefix}answers.${compiled.status}`, compiled.message);
}

function decidedHsts({ enabled }: HstsConfig, prefix: string): ConfigError | null {
  if (enabled !== undefined) return null;
  return invalidValue(`${prefix}enabled`, "nothing", "true or false when hsts is given");
}

/** No version at all means the default. */
function servedVersions({ versions }: HttpsListenerConfig, prefix: string): ConfigError | null {
  const served: readonly TlsVersion[] = [TlsVersion.TLS_V1_2, TlsVersion.TLS_V1_3];
  if (versions.length === 0 || versions.some((version) => served.includes(version))) return null;
  return invalidValue(`${prefix}versions`, versions.join(), "a list with TLS 1.2 or TLS 1.3");
}

/** A listener ends TLS with a certificate and its key, or not at all. */
function certificateWithKey(
  { certificate, key }: Pick<TcpListenerConfig, "certificate" | "key">,
  prefix: string,
): ConfigError | null {
  if ((certificate === undefined) === (key === undefined)) return null;
  const [given, missing] = key === undefined ? ["certificate", "key"] : ["key", "certificate"];
  return invalidValue(
    prefix + missing,
    "nothing",
    `both certificate and key, or none (${given} is given)`,
  );
}

/** A TCP frontend takes all of its address, or the TLS clients that ask for one name. */
function serverName({ sni, alpn }: RequestTcpFrontend, prefix: string): ConfigError | null {
  if (sni === undefined) {
    if (alpn.length === 0) return null;
    const given = alpn.map(quoted).join(", ");
    return invalidValue(
      `${prefix}alpn`,
      `${given} without sni`,
      "protocols of a server name (sni)",
    );
  }
  const field = `${prefix}sni`;
  // deno-lint-ignore no-control-regex
  if (!/^[\x00-\x7f]*$/.test(sni)) {
    return invalidValue(field, quoted(sni), "a name in ASCII: write its punycode form (xn--...)");
  }
  const parsed = parseServerName(sni);
  if (parsed instanceof RouteError) return refused(field, parsed.message);
  if (sni.endsWith(".")) return invalidValue(field, quoted(sni), "a name without a dot at its end");
  return hostProblem(sni, field);
}

/** Status of each redirect. */
const REDIRECTS: ReadonlyMap<number, number> = new Map([
  [RedirectPolicy.PERMANENT, 301],
  [RedirectPolicy.FOUND, 302],
  [RedirectPolicy.PERMANENT_REDIRECT, 308],
]);

/** The field that a refusal of a rule is about. */
const REFUSED_FIELDS: Readonly<Partial<Record<RouteErrorKind, string>>> = {
  invalid_host: "hostname",
  invalid_headers: "header_predicates",
};

function route(frontend: RequestHttpFrontend, prefix: string): ConfigError | null {
  const { hostname, path } = frontend;
  const rule = compileRule(routeRule(frontend));
  if (rule instanceof RouteError) {
    return refused(prefix + (REFUSED_FIELDS[rule.kind] ?? "path"), rule.message);
  }
  return hostProblem(hostname, `${prefix}hostname`) ?? pathProblem(path, `${prefix}path`) ??
    rewriteProblem(frontend, rule, prefix) ?? templateProblem(frontend, prefix) ??
    editsProblem(frontend, prefix);
}

/** Whatever of a rewritten host is no capture. */
const HOST_LITERAL = /^[A-Za-z0-9._:[\]-]*$/;
const CAPTURE = /\$(?:HOST|PATH)\[[0-9]+\]/g;

function rewriteProblem(
  { rewrite_host, rewrite_path }: RequestHttpFrontend,
  rule: CompiledRule,
  prefix: string,
): ConfigError | null {
  for (const [name, text] of Object.entries({ rewrite_host, rewrite_path })) {
    if (text === undefined || text === "") continue;
    const compiled = compileRewrite(text, rule);
    if (typeof compiled === "string") return refused(prefix + name, compiled);
  }
  if (rewrite_host !== undefined && !HOST_LITERAL.test(rewrite_host.replaceAll(CAPTURE, ""))) {
    const accepted = "a host, and a port behind it; captures stand for parts of both";
    return invalidValue(`${prefix}rewrite_host`, quoted(rewrite_host), accepted);
  }
  // RFC 9112 section 3.2.1: what is sent to a server begins with a slash.
  if (rewrite_path !== undefined && !/^(?:$|\/|\$)/.test(rewrite_path)) {
    const accepted = 'a path that starts with "/", or with a capture that does';
    return invalidValue(`${prefix}rewrite_path`, quoted(rewrite_path), accepted);
  }
  return null;
}

function templateProblem(
  { redirect, redirect_template }: RequestHttpFrontend,
  prefix: string,
): ConfigError | null {
  const status = REDIRECTS.get(redirect ?? RedirectPolicy.FORWARD);
  if (status === undefined || redirect_template === undefined || redirect_template === "") {
    return null;
  }
  const compiled = compileTemplate(status, redirect_template);
  if (!(compiled instanceof TemplateError)) return null;
  return refused(`${prefix}redirect_template`, compiled.message);
}

function editsProblem({ headers }: RequestHttpFrontend, prefix: string): ConfigError | null {
  const edits = headers.map(({ key, val }) => ({ name: key, value: val }));
  const compiled = compileHeaderEdits(edits);
  return typeof compiled === "string" ? refused(`${prefix}headers`, compiled) : null;
}
