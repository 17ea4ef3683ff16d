import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type AnswerHeader,
  encodeAnswer,
  MAX_VARIABLE_LENGTH,
  renderAnswer,
  renderMessage,
} from "./answer.ts";
import { type CompiledTemplate, compileTemplate, TemplateError } from "./template.ts";

function compiled(status: number, text: string): CompiledTemplate {
  const template = compileTemplate(status, text);
  assert.ok(!(template instanceof TemplateError));
  return template;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

Deno.test("renderAnswer() says that the connection closes when it is told so, once", () => {
  const quiet = compiled(503, "HTTP/1.1 503 X\nContent-Length: 2\nConnection: keep-alive\n\nok");
  const loud = compiled(503, "HTTP/1.1 503 X\nConnection: close\nContent-Length: 2\n\nok");
  const closing = { head: false, closes: true };
  assert.deepEqual(renderAnswer(quiet, {}, { head: false }).closes, false);
  for (const template of [quiet, loud]) {
    const { bytes, closes } = renderAnswer(template, {}, closing);
    assert.ok(closes);
    assert.deepEqual(text(bytes).match(/connection: .*/gi), ["Connection: close"]);
  }
});

Deno.test("renderAnswer() drops the header line of an empty challenge or retry delay", () => {
  const challenge = compiled(401, "HTTP/1.1 401 X\nWWW-Authenticate: %WWW_AUTHENTICATE\nA: b\n\n");
  const retry = compiled(429, "HTTP/1.1 429 X\nRetry-After: %RETRY_AFTER\nA: b\n\n");
  const without = (status: number) => `HTTP/1.1 ${status} X\r\nA: b\r\n\r\n`;
  const head = { head: false };
  assert.equal(text(renderAnswer(challenge, {}, head).bytes), without(401));
  assert.equal(text(renderAnswer(challenge, { WWW_AUTHENTICATE: "" }, head).bytes), without(401));
  assert.equal(
    text(renderAnswer(challenge, { WWW_AUTHENTICATE: 'Basic realm="x"' }, head).bytes),
    'HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm="x"\r\nA: b\r\n\r\n',
  );
  for (const value of ["", "0"]) {
    assert.equal(text(renderAnswer(retry, { RETRY_AFTER: value }, head).bytes), without(429));
  }
  assert.equal(
    text(renderAnswer(retry, { RETRY_AFTER: "30" }, head).bytes),
    "HTTP/1.1 429 X\r\nRetry-After: 30\r\nA: b\r\n\r\n",
  );
});

Deno.test("renderAnswer() keeps the header line of any other empty variable", () => {
  const template = compiled(503, "HTTP/1.1 503 X\nX-Cluster: %CLUSTER_ID\n\n%BACKEND_ID.");
  assert.equal(
    text(renderAnswer(template, {}, { head: false }).bytes),
    "HTTP/1.1 503 X\r\nX-Cluster: \r\n\r\n.",
  );
});

Deno.test("renderAnswer() gives parse variables their fixed values", () => {
  const body = "%PHASE %SUCCESSFULLY_PARSED %PARTIALLY_PARSED %INVALID %MESSAGE.";
  const template = compiled(400, `HTTP/1.1 400 X\n\n${body}`);
  assert.equal(
    text(renderAnswer(template, {}, { head: false }).bytes),
    "HTTP/1.1 400 X\r\n\r\nError null null null .",
  );
});

Deno.test("renderAnswer() suppresses the body of an answer to HEAD, not its length", () => {
  const template = compiled(404, "HTTP/1.1 404 X\nContent-Length: 0\n\nhello");
  assert.equal(
    text(renderAnswer(template, {}, { head: true }).bytes),
    "HTTP/1.1 404 X\r\nContent-Length: 5\r\n\r\n",
  );
});

Deno.test("renderAnswer() closes when told to, or when nothing else ends the answer", () => {
  const rows: [string, boolean, boolean][] = [
    ["Connection: close\n\nx", true, true],
    ["Connection: close\nContent-Length: 1\n\nx", true, true],
    ["Content-Length: 1\n\nx", false, false],
    ["A: b\n\nx", true, false],
    ["A: b\n\n", true, false],
  ];
  for (const [rest, onGet, onHead] of rows) {
    const template = compiled(404, `HTTP/1.1 404 X\n${rest}`);
    assert.equal(renderAnswer(template, {}, { head: false }).closes, onGet, rest);
    assert.equal(renderAnswer(template, {}, { head: true }).closes, onHead, rest);
  }
});

Deno.test("renderAnswer() keeps a hostile value inside its header line", () => {
  const template = compiled(301, "HTTP/1.1 301 X\nLocation: %REDIRECT_LOCATION\n\n");
  const hostile = "http://h/\r\nSet-Cookie: a=b\r\n\r\n\u00e9\0\x7f";
  assert.equal(
    text(renderAnswer(template, { REDIRECT_LOCATION: hostile }, { head: false }).bytes),
    "HTTP/1.1 301 X\r\n" +
      "Location: http://h/%0D%0ASet-Cookie: a=b%0D%0A%0D%0A%C3%A9%00%7F\r\n\r\n",
  );
});

Deno.test("renderAnswer() bounds a value", () => {
  const template = compiled(404, "HTTP/1.1 404 X\n\n%ROUTE");
  const { bytes } = renderAnswer(template, { ROUTE: "x".repeat(1_000_000) }, { head: false });
  assert.equal(bytes.length, "HTTP/1.1 404 X\r\n\r\n".length + MAX_VARIABLE_LENGTH);
});

Deno.test("renderAnswer() lets the caller have the last word on the headers", () => {
  const template = compiled(503, "HTTP/1.1 503 X\nA: b\nConnection: close\n\n");
  const edit = (headers: readonly AnswerHeader[]) => [
    ...headers.filter(({ name }) => name !== "A"),
    { name: "strict-transport-security", value: "max-age=1" },
  ];
  assert.equal(
    text(renderAnswer(template, {}, { head: false, edit }).bytes),
    "HTTP/1.1 503 X\r\nConnection: close\r\nstrict-transport-security: max-age=1\r\n\r\n",
  );
});

Deno.test("renderMessage() gives the parts that encodeAnswer() writes", () => {
  const template = compiled(404, "HTTP/1.1 404 Gone Away\nConnection: close\nA: %ROUTE\n\nbody");
  const message = renderMessage(template, { ROUTE: "GET h/" }, { head: false });
  assert.deepEqual(message, {
    status: 404,
    reason: "Gone Away",
    headers: [{ name: "Connection", value: "close" }, { name: "A", value: "GET h/" }],
    body: new TextEncoder().encode("body"),
    asksToClose: true,
  });
  assert.deepEqual(
    encodeAnswer(message),
    renderAnswer(template, { ROUTE: "GET h/" }, { head: false }).bytes,
  );
});

Deno.test("renderAnswer() gives a Content-Length equal to the bytes of the body", () => {
  const template = compiled(
    503,
    "HTTP/1.1 503 X\nContent-Type: text/html\nContent-Length: 0\n\n<p>%ROUTE%MESSAGE%BACKEND_ID",
  );
  const value = fc.string({ unit: "binary", maxLength: 50 });
  fc.assert(fc.property(value, value, value, (ROUTE, MESSAGE, BACKEND_ID) => {
    const variables = { ROUTE, MESSAGE, BACKEND_ID };
    const { bytes } = renderAnswer(template, variables, { head: false });
    const output = new TextDecoder("latin1").decode(bytes);
    const bodyStart = output.indexOf("\r\n\r\n") + 4;
    const length = /Content-Length: ([0-9]+)\r\n/.exec(output)?.[1];
    assert.equal(Number(length), bytes.length - bodyStart);
  }));
});
