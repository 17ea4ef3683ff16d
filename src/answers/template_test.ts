import assert from "node:assert/strict";
import fc from "fast-check";
import { renderAnswer } from "./answer.ts";
import {
  type CompiledTemplate,
  compileTemplate,
  MAX_PLACEHOLDERS,
  MAX_TEMPLATE_LENGTH,
  TemplateError,
} from "./template.ts";
import type { AnswerVariables } from "./variables.ts";

function compiled(status: number, text: string): CompiledTemplate {
  const template = compileTemplate(status, text);
  assert.ok(
    !(template instanceof TemplateError),
    template instanceof TemplateError ? template.message : "",
  );
  return template;
}

function reasonOf(status: number, text: string): string {
  const error = compileTemplate(status, text);
  assert.ok(error instanceof TemplateError, `accepted: ${JSON.stringify(text.slice(0, 200))}`);
  return error.reason;
}

function rendered(status: number, text: string, variables: AnswerVariables = {}): string {
  const { bytes } = renderAnswer(compiled(status, text), variables, { head: false });
  return new TextDecoder().decode(bytes);
}

Deno.test("compileTemplate() turns every line end into CRLF, in the body too", () => {
  const text = "HTTP/1.1 404 Not Found\nA: 1\r\nConnection: close\n\nfirst\nsecond\r\nthird";
  assert.equal(
    rendered(404, text),
    "HTTP/1.1 404 Not Found\r\nA: 1\r\nConnection: close\r\n\r\nfirst\r\nsecond\r\nthird",
  );
});

Deno.test("compileTemplate() keeps names, order and repeated headers as written", () => {
  const text =
    "HTTP/1.1 404 Not Found\r\nx-LOWER:   a b  \r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n";
  assert.equal(
    rendered(404, text),
    "HTTP/1.1 404 Not Found\r\nx-LOWER: a b\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n",
  );
});

Deno.test("compileTemplate() replaces a header placeholder only when it is the whole value", () => {
  const text = "HTTP/1.1 404 Not Found\nA: %ROUTE\nB: to %ROUTE\nC: %ROUTE!\nD:%REQUEST_ID \n\n";
  assert.equal(
    rendered(404, text, { ROUTE: "GET h/p", REQUEST_ID: "01" }),
    "HTTP/1.1 404 Not Found\r\nA: GET h/p\r\nB: to %ROUTE\r\nC: %ROUTE!\r\nD: 01\r\n\r\n",
  );
});

Deno.test("compileTemplate() replaces body placeholders anywhere and keeps unknown ones", () => {
  const text = "HTTP/1.1 404 Not Found\n\n%ROUTE%ROUTEX 100% %UNKNOWN %%REQUEST_ID%";
  assert.equal(
    rendered(404, text, { ROUTE: "r", REQUEST_ID: "i" }),
    "HTTP/1.1 404 Not Found\r\n\r\nrrX 100% %UNKNOWN %i%",
  );
});

Deno.test("compileTemplate() leaves a variable of another status literal, header or body", () => {
  const text = "HTTP/1.1 503 Service Unavailable\nRetry-After: %RETRY_AFTER\n\n%RETRY_AFTER %PHASE";
  assert.equal(
    rendered(503, text, { RETRY_AFTER: "7", PHASE: "x" }),
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: %RETRY_AFTER\r\n\r\n%RETRY_AFTER %PHASE",
  );
});

Deno.test("compileTemplate() allows each status its own variables", () => {
  const names: (keyof AnswerVariables)[] = [
    "ROUTE",
    "REQUEST_ID",
    "CLUSTER_ID",
    "BACKEND_ID",
    "REDIRECT_LOCATION",
    "MESSAGE",
    "PHASE",
    "SUCCESSFULLY_PARSED",
    "PARTIALLY_PARSED",
    "INVALID",
    "DURATION",
    "CAPACITY",
  ];
  const parsing = ["MESSAGE", "PHASE", "SUCCESSFULLY_PARSED", "PARTIALLY_PARSED", "INVALID"];
  const rows: [number, string[]][] = [
    [301, ["REDIRECT_LOCATION"]],
    [302, ["REDIRECT_LOCATION"]],
    [308, ["REDIRECT_LOCATION"]],
    [400, parsing],
    [401, []],
    [404, []],
    [408, ["DURATION"]],
    [413, ["MESSAGE", "PHASE", "CAPACITY"]],
    [421, []],
    [429, ["CLUSTER_ID"]],
    [502, ["CLUSTER_ID", "BACKEND_ID", ...parsing]],
    [503, ["CLUSTER_ID", "BACKEND_ID", "MESSAGE"]],
    [504, ["CLUSTER_ID", "BACKEND_ID", "DURATION"]],
    [507, ["CLUSTER_ID", "BACKEND_ID", "MESSAGE", "PHASE", "CAPACITY"]],
  ];
  for (const [status, own] of rows) {
    for (const name of names) {
      const text = `HTTP/1.1 ${status} X\nConnection: close\n\n[%${name}]`;
      const body = rendered(status, text, { [name]: "value" }).split("\r\n\r\n")[1];
      const replaced = name === "ROUTE" || name === "REQUEST_ID" || own.includes(name);
      assert.equal(body, replaced ? "[value]" : `[%${name}]`, `${status} ${name}`);
    }
  }
});

Deno.test("compileTemplate() refuses a variable in a place it may not stand in", () => {
  const rows: [number, string, string][] = [
    [400, "HTTP/1.1 400 X\nA: %MESSAGE\n\n", "a header value"],
    [502, "HTTP/1.1 502 X\nA: %INVALID\n\n", "a header value"],
    [401, "HTTP/1.1 401 X\n\n%WWW_AUTHENTICATE", "the body"],
    [429, "HTTP/1.1 429 X\n\nwait %RETRY_AFTER", "the body"],
  ];
  for (const [status, text, place] of rows) {
    assert.match(reasonOf(status, text), new RegExp(`is not accepted in ${place}, only in`));
  }
});

Deno.test("compileTemplate() refuses a once-variable that is used twice", () => {
  const rows: [number, string][] = [
    [301, "HTTP/1.1 301 X\nLocation: %REDIRECT_LOCATION\n\n%REDIRECT_LOCATION"],
    [429, "HTTP/1.1 429 X\nA: %RETRY_AFTER\nB: %RETRY_AFTER\n\n"],
    [503, "HTTP/1.1 503 X\n\n%MESSAGE and %MESSAGE"],
  ];
  for (const [status, text] of rows) assert.match(reasonOf(status, text), /is used twice/);
});

Deno.test("compileTemplate() replaces a Content-Length by the rendered length", () => {
  const text = "HTTP/1.1 404 X\ncontent-length: 999\n\n%ROUTE\u00e9\n";
  assert.equal(
    rendered(404, text, { ROUTE: "abc" }),
    "HTTP/1.1 404 X\r\ncontent-length: 7\r\n\r\nabc\u00e9\r\n",
  );
});

Deno.test("compileTemplate() refuses a second Content-Length, equal or not", () => {
  const text = "HTTP/1.1 404 X\nContent-Length: 5\ncontent-length: 5\n\nhello";
  assert.match(reasonOf(404, text), /2 Content-Length headers/);
});

Deno.test("compileTemplate() makes no Content-Length of its own", () => {
  assert.equal(rendered(404, "HTTP/1.1 404 X\nA: b\n\nhello").includes("ontent-"), false);
});

Deno.test("compileTemplate() refuses Transfer-Encoding", () => {
  for (const value of ["chunked", "Chunked", "gzip, chunked", "identity"]) {
    const text = `HTTP/1.1 404 X\ntransfer-Encoding: ${value}\n\n`;
    assert.match(reasonOf(404, text), /is not accepted, the body of an answer is sent as it is/);
  }
});

Deno.test("compileTemplate() refuses a status line that does not fit", () => {
  assert.match(reasonOf(404, "HTTP/1.1 503 Not Found\n\n"), /says "503", "404" is accepted/);
  const rows = [
    "",
    "\n\n",
    "404 Not Found\n\n",
    "HTTP/2 404 Not Found\n\n",
    "HTTP/1.1 4040 Not Found\n\n",
    "HTTP/1.1  404 Not Found\n\n",
    "GET / HTTP/1.1\n\n",
    "<html></html>\n\n",
    " HTTP/1.1 404 Not Found\n\n",
  ];
  for (const text of rows) assert.match(reasonOf(404, text), /status line/, JSON.stringify(text));
});

Deno.test("compileTemplate() accepts an empty reason and writes the blank that belongs before it", () => {
  assert.equal(rendered(404, "HTTP/1.1 404\n\n"), "HTTP/1.1 404 \r\n\r\n");
  assert.equal(rendered(404, "HTTP/1.1 404 \n\n"), "HTTP/1.1 404 \r\n\r\n");
});

Deno.test("compileTemplate() writes HTTP/1.1 whatever the template says", () => {
  assert.equal(rendered(404, "HTTP/1.0 404 X\n\n"), "HTTP/1.1 404 X\r\n\r\n");
});

Deno.test("compileTemplate() refuses an incomplete head and malformed header lines", () => {
  assert.match(reasonOf(404, "HTTP/1.1 404 X\nA: b\n"), /head has no end/);
  const lines = ["no colon", "A : b", " folded: b", ": b", "A: b\0c", "A: b\rc", "A: caf\u00e9"];
  for (const line of lines) {
    assert.match(reasonOf(404, `HTTP/1.1 404 X\n${line}\n\n`), /is not a header line/, line);
  }
});

Deno.test("compileTemplate() bounds length, header lines, placeholders and what it quotes", () => {
  const head = "HTTP/1.1 404 X\n";
  assert.match(reasonOf(404, `${head}\n${"x".repeat(MAX_TEMPLATE_LENGTH)}`), /at most 1048576/);
  assert.match(reasonOf(404, `${head}${"A: b\n".repeat(101)}\n`), /101 header lines/);
  compiled(404, `${head}${"A: b\n".repeat(100)}\n`);
  compiled(404, `${head}\n${"%ROUTE".repeat(MAX_PLACEHOLDERS)}`);
  const many = `${head}\n${"%ROUTE".repeat(MAX_PLACEHOLDERS + 1)}`;
  assert.match(reasonOf(404, many), /more than 64 placeholders/);
  assert.ok(reasonOf(404, `${head}${"x".repeat(100_000)}\n\n`).length < 200);
});

Deno.test("compileTemplate() recognises close as one token of a list", () => {
  const closes = (line: string) => compiled(404, `HTTP/1.1 404 X\n${line}\n\n`).asksToClose;
  assert.equal(closes("Connection: close"), true);
  assert.equal(closes("connection: Keep-Alive , Close"), true);
  assert.equal(closes("Connection: keep-alive"), false);
  assert.equal(closes("Connection: disclose"), false);
  assert.equal(closes("X-Connection: close"), false);
});

Deno.test("compileTemplate() escapes HTML bodies and leaves other types alone", () => {
  const body = (text: string) =>
    rendered(404, text, { ROUTE: `<a href="x" b='y'>&` }).split("\r\n\r\n")[1];
  const escaped = "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;";
  const raw = `<a href="x" b='y'>&`;
  assert.equal(body("HTTP/1.1 404 X\nContent-Type: text/html\n\n%ROUTE"), escaped);
  assert.equal(body("HTTP/1.1 404 X\ncontent-type: TEXT/HTML; charset=utf-8\n\n%ROUTE"), escaped);
  assert.equal(body("HTTP/1.1 404 X\n\n  <p>%ROUTE"), `  <p>${escaped}`);
  assert.equal(body("HTTP/1.1 404 X\nContent-Type: text/plain\n\n<%ROUTE"), `<${raw}`);
  assert.equal(body("HTTP/1.1 404 X\nContent-Type: application/json\n\n%ROUTE"), raw);
  assert.equal(body("HTTP/1.1 404 X\n\nsorry, %ROUTE"), `sorry, ${raw}`);
});

Deno.test("TemplateError.message names the status and the reason", () => {
  const error = compileTemplate(404, "HTTP/1.1 503 X\n\n");
  assert.ok(error instanceof TemplateError);
  assert.equal(
    error.message,
    'Cannot compile the answer template for "404": the status line says "503", "404" is accepted',
  );
});

Deno.test("compileTemplate() never throws, and what it accepts renders one well-formed head", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "%ROUTE",
      "%MESSAGE",
      "\n",
      "\n\n",
      "\r",
      "A: b",
      "Content-Length: 1",
      ":",
      "%",
    ),
    fc.string({ maxLength: 10 }),
  );
  const text = fc.array(piece, { maxLength: 12 })
    .map((pieces) => `HTTP/1.1 503 X\n${pieces.join("")}`);
  fc.assert(
    fc.property(fc.oneof(text, fc.string()), fc.string(), (source, value) => {
      const template = compileTemplate(503, source);
      if (template instanceof TemplateError) return;
      const variables = { ROUTE: value, MESSAGE: value };
      const { bytes } = renderAnswer(template, variables, { head: false });
      const output = new TextDecoder("latin1").decode(bytes);
      const head = output.slice(0, output.indexOf("\r\n\r\n"));
      const [first = "", ...lines] = head.split("\r\n");
      assert.match(first, /^HTTP\/1\.1 503 X?/);
      assert.equal(lines.length, template.headers.length);
      for (const line of lines) assert.match(line, /^[^\s:]+: [\t\x20-\x7e]*$/);
    }),
    { numRuns: 1000 },
  );
});
