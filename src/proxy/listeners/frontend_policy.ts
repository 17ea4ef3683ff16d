// Compiles what a frontend asks for beyond forwarding into the policy that sessions follow. Everything
// that can be wrong is found here, when the frontend is added.

import {
  type Header,
  HeaderPosition,
  RedirectPolicy,
  RedirectScheme,
  type RequestHttpFrontend,
} from "../../../config/schema/messages.ts";
import { type CompiledTemplate, compileTemplate, TemplateError } from "../../answers/template.ts";
import { compileHeaderEdits, type HeaderEdits } from "../../protocol/http/header_edits.ts";
import { compileRewrite, RewriteTemplate } from "../../routing/rewrite_template.ts";
import { compileRule } from "../../routing/route_entry.ts";
import { RouteError, type RouteRule } from "../../routing/route_rule.ts";
import type { RedirectStatus, RoutePolicy } from "../../session/http/route_policy.ts";

const REDIRECTS: ReadonlyMap<number, RedirectStatus> = new Map([
  [RedirectPolicy.PERMANENT, 301],
  [RedirectPolicy.FOUND, 302],
  [RedirectPolicy.PERMANENT_REDIRECT, 308],
]);

/** The policy of `frontend`, `null` for a plain one, or why it is refused. */
export function compilePolicy(
  frontend: RequestHttpFrontend,
  rule: RouteRule,
): RoutePolicy | string | null {
  if (isPlain(frontend)) return null;
  const compiled = compileRule(rule);
  if (compiled instanceof RouteError) return compiled.message;
  const port = frontend.rewrite_port;
  if (port !== undefined && (port < 1 || port > 65535)) {
    return `Invalid rewrite_port ${port}: 1 to 65535 is accepted`;
  }
  const redirect = REDIRECTS.get(frontend.redirect ?? RedirectPolicy.FORWARD) ?? null;
  const rewriteHost = optional(frontend.rewrite_host, (text) => compileRewrite(text, compiled));
  if (typeof rewriteHost === "string") return rewriteHost;
  const rewritePath = optional(frontend.rewrite_path, (text) => compileRewrite(text, compiled));
  if (typeof rewritePath === "string") return rewritePath;
  const template = redirectTemplate(frontend, redirect);
  if (typeof template === "string") return template;
  const requestEdits = editsFor(frontend.headers, HeaderPosition.REQUEST);
  if (typeof requestEdits === "string") return requestEdits;
  const responseEdits = editsFor(frontend.headers, HeaderPosition.RESPONSE);
  if (typeof responseEdits === "string") return responseEdits;
  return {
    redirect,
    redirectScheme: scheme(frontend.redirect_scheme),
    redirectTemplate: template,
    silent: frontend.redirect === RedirectPolicy.SILENT_CLOSE,
    unauthorized: frontend.redirect === RedirectPolicy.UNAUTHORIZED,
    requiresAuth: frontend.required_auth ?? false,
    rewriteHost,
    rewritePath,
    rewritePort: port ?? null,
    requestEdits,
    responseEdits,
  };
}

function isPlain(frontend: RequestHttpFrontend): boolean {
  return (frontend.redirect ?? RedirectPolicy.FORWARD) === RedirectPolicy.FORWARD &&
    !frontend.required_auth && !frontend.rewrite_host && !frontend.rewrite_path &&
    frontend.rewrite_port === undefined && frontend.headers.length === 0;
}

function optional(
  text: string | undefined,
  compile: (text: string) => RewriteTemplate | string,
): RewriteTemplate | string | null {
  return text === undefined || text === "" ? null : compile(text);
}

function redirectTemplate(
  frontend: RequestHttpFrontend,
  status: RedirectStatus | null,
): CompiledTemplate | string | null {
  const text = frontend.redirect_template;
  if (status === null || text === undefined || text === "") return null;
  const template = compileTemplate(status, text);
  return template instanceof TemplateError ? template.message : template;
}

function scheme(value: number | undefined): "http" | "https" | null {
  if (value === RedirectScheme.USE_HTTP) return "http";
  return value === RedirectScheme.USE_HTTPS ? "https" : null;
}

function editsFor(headers: readonly Header[], position: number): HeaderEdits | string | null {
  const edits = headers
    .filter((header) => header.position === position || header.position === HeaderPosition.BOTH)
    .map(({ key, val }) => ({ name: key, value: val }));
  return compileHeaderEdits(edits);
}
