// The answers given when nobody configured one, as template texts. Every one of them says
// `Connection: close`, because none has a Content-Length: the end of the connection is the end of
// the answer. Knows nothing of how templates are compiled.

import { WORKER_SOZU_ID_HEADER } from "../../config/defaults.ts";

/** A status this proxy answers with by itself. */
interface BuiltInAnswer {
  readonly status: number;
  readonly reason: string;
  /** Header lines between `Connection` and `Sozu-Id`. */
  readonly headers?: readonly string[];
  /** Members of the JSON object beyond the ones every answer has: name and JSON value. */
  readonly details?: readonly (readonly [name: string, json: string])[];
}

const LOCATION = ["Location: %REDIRECT_LOCATION"];
const CLUSTER = [["cluster_id", '"%CLUSTER_ID"']] as const;
const BACKEND = [...CLUSTER, ["backend_id", '"%BACKEND_ID"']] as const;
const PARSING = [
  ["parsing_phase", '"%PHASE"'],
  ["successfully_parsed", "%SUCCESSFULLY_PARSED"],
  ["partially_parsed", "%PARTIALLY_PARSED"],
  ["invalid", "%INVALID"],
] as const;

const REDIRECTS: readonly BuiltInAnswer[] = [
  { status: 301, reason: "Moved Permanently", headers: LOCATION },
  { status: 302, reason: "Found", headers: LOCATION },
  { status: 308, reason: "Permanent Redirect", headers: LOCATION },
];

const ERRORS: readonly BuiltInAnswer[] = [
  { status: 400, reason: "Bad Request", details: PARSING },
  {
    status: 401,
    reason: "Unauthorized",
    headers: ["WWW-Authenticate: %WWW_AUTHENTICATE"],
  },
  { status: 404, reason: "Not Found" },
  {
    status: 405,
    reason: "Method Not Allowed",
    headers: ["Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"],
  },
  { status: 408, reason: "Request Timeout" },
  { status: 413, reason: "Payload Too Large" },
  { status: 421, reason: "Misdirected Request" },
  {
    status: 429,
    reason: "Too Many Requests",
    headers: ["Retry-After: %RETRY_AFTER"],
    details: CLUSTER,
  },
  { status: 502, reason: "Bad Gateway", details: [...BACKEND, ...PARSING] },
  { status: 503, reason: "Service Unavailable", details: BACKEND },
  { status: 504, reason: "Gateway Timeout", details: BACKEND },
  { status: 507, reason: "Insufficient Storage", details: BACKEND },
];

/** Status and template text of every built-in answer. */
export const BUILT_IN_TEMPLATES: readonly (readonly [status: number, text: string])[] = [
  ...REDIRECTS.map((answer) => [answer.status, redirectText(answer)] as const),
  ...ERRORS.map((answer) => [answer.status, errorText(answer)] as const),
];

function redirectText({ status, reason, headers = [] }: BuiltInAnswer): string {
  return [
    `HTTP/1.1 ${status} ${reason}`,
    ...headers,
    "Connection: close",
    `${WORKER_SOZU_ID_HEADER}: %REQUEST_ID`,
    "",
    "",
  ].join("\n");
}

function errorText({ status, reason, headers = [], details = [] }: BuiltInAnswer): string {
  const members = [
    ["status_code", String(status)],
    ["route", '"%ROUTE"'],
    ["request_id", '"%REQUEST_ID"'],
    ...details,
  ].map(([name, json]) => `  "${name}": ${json}`).join(",\n");
  return [
    `HTTP/1.1 ${status} ${reason}`,
    "Cache-Control: no-cache",
    "Connection: close",
    ...headers,
    `${WORKER_SOZU_ID_HEADER}: %REQUEST_ID`,
    "",
    "<!DOCTYPE html>",
    '<html lang="en">',
    `<head><meta charset="utf-8"><title>${status} ${reason}</title></head>`,
    "<body>",
    `<h1>${status} ${reason}</h1>`,
    "<pre>",
    "{",
    members,
    "}",
    "</pre>",
    "<footer>Answered by sozu</footer>",
    "</body>",
    "</html>",
    "",
  ].join("\n");
}
