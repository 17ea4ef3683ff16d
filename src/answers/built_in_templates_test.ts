import assert from "node:assert/strict";
import { renderAnswer } from "./answer.ts";
import { AnswerSet, type AnswerStatus } from "./answer_set.ts";
import type { AnswerVariables } from "./variables.ts";

const REASONS: readonly [AnswerStatus, string][] = [
  [301, "Moved Permanently"],
  [302, "Found"],
  [308, "Permanent Redirect"],
  [400, "Bad Request"],
  [401, "Unauthorized"],
  [404, "Not Found"],
  [405, "Method Not Allowed"],
  [408, "Request Timeout"],
  [413, "Payload Too Large"],
  [421, "Misdirected Request"],
  [429, "Too Many Requests"],
  [502, "Bad Gateway"],
  [503, "Service Unavailable"],
  [504, "Gateway Timeout"],
  [507, "Insufficient Storage"],
];

const ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

const VARIABLES: AnswerVariables = {
  ROUTE: "GET shop.test/a?b=1",
  REQUEST_ID: ID,
  CLUSTER_ID: "cluster-1",
  BACKEND_ID: "backend-1",
  REDIRECT_LOCATION: "https://shop.test:8443/a?b=1",
  WWW_AUTHENTICATE: 'Basic realm="shop"',
  RETRY_AFTER: "30",
};

function answer(status: AnswerStatus, variables = VARIABLES, head = false) {
  const { bytes, closes } = renderAnswer(new AnswerSet().lookup(status, null), variables, { head });
  const output = new TextDecoder().decode(bytes);
  const end = output.indexOf("\r\n\r\n") + 4;
  return { head: output.slice(0, end), body: output.slice(end), closes };
}

/** The JSON object in the `<pre>` of a body. */
function details(body: string): Record<string, unknown> {
  const json = /<pre>([^<]*)<\/pre>/.exec(body)?.[1] ?? "";
  return JSON.parse(json.replaceAll("&amp;", "&"));
}

Deno.test("The built-in redirects are a head only, with the location and the request id", () => {
  for (const [status, reason] of REASONS.slice(0, 3)) {
    assert.deepEqual(answer(status), {
      head: `HTTP/1.1 ${status} ${reason}\r\nLocation: https://shop.test:8443/a?b=1\r\n` +
        `Connection: close\r\nSozu-Id: ${ID}\r\n\r\n`,
      body: "",
      closes: true,
    });
  }
});

Deno.test("The built-in errors have the exact head of their status and no length", () => {
  const own = new Map<number, string>([
    [401, 'WWW-Authenticate: Basic realm="shop"\r\n'],
    [405, "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n"],
    [429, "Retry-After: 30\r\n"],
  ]);
  for (const [status, reason] of REASONS.slice(3)) {
    const { head, closes } = answer(status);
    assert.equal(
      head,
      `HTTP/1.1 ${status} ${reason}\r\nCache-Control: no-cache\r\nConnection: close\r\n` +
        `${own.get(status) ?? ""}Sozu-Id: ${ID}\r\n\r\n`,
    );
    assert.equal(closes, true);
  }
});

Deno.test("The built-in 401 and 429 drop a header they have no value for", () => {
  for (const status of [401, 429] as const) {
    const { head } = answer(status, { REQUEST_ID: ID, RETRY_AFTER: "0" });
    assert.match(head, /Connection: close\r\nSozu-Id: /);
  }
});

Deno.test("The built-in error pages carry heading, details and a footer", () => {
  const base = { route: "GET shop.test/a?b=1", request_id: ID };
  const parsing = {
    parsing_phase: "Error",
    successfully_parsed: null,
    partially_parsed: null,
    invalid: null,
  };
  const cluster = { cluster_id: "cluster-1" };
  const backend = { ...cluster, backend_id: "backend-1" };
  const own = new Map<number, object>([
    [400, parsing],
    [429, cluster],
    [502, { ...backend, ...parsing }],
    [503, backend],
    [504, backend],
    [507, backend],
  ]);
  for (const [status, reason] of REASONS.slice(3)) {
    const { body } = answer(status);
    assert.ok(body.includes(`<h1>${status} ${reason}</h1>`), `${status} heading`);
    assert.match(body, /<footer>[^<]*sozu[^<]*<\/footer>/);
    assert.deepEqual(details(body), { status_code: status, ...base, ...own.get(status) });
  }
});

Deno.test("The built-in error pages escape the path of the request", () => {
  const ROUTE = "GET shop.test/<script>alert('1')</script>&\"";
  for (const [status] of REASONS.slice(3)) {
    const { body } = answer(status, { ...VARIABLES, ROUTE });
    assert.equal(body.includes("<script>"), false);
    assert.ok(
      body.includes("shop.test/&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;"),
    );
  }
});

Deno.test("The built-in answers have no body on HEAD", () => {
  for (const [status] of REASONS) {
    const { head, body, closes } = answer(status, VARIABLES, true);
    assert.equal(head, answer(status).head);
    assert.equal(body, "");
    assert.equal(closes, true);
  }
});
