import assert from "node:assert/strict";
import { asciiBytes } from "../../bytes/ascii.ts";
import { MessageHead } from "./message_head.ts";
import { isHead, isIdempotent } from "./method.ts";

function withMethod(method: string): MessageHead {
  const head = new MessageHead(asciiBytes(`..${method}..`));
  head.methodStart = 2;
  head.methodEnd = 2 + method.length;
  return head;
}

Deno.test("isHead() is true for HEAD alone, because methods are case-sensitive", () => {
  assert.ok(isHead(withMethod("HEAD")));
  for (const method of ["head", "Head", "HEADS", "HEA", "GET"]) {
    assert.ok(!isHead(withMethod(method)));
  }
});

Deno.test("isIdempotent() is true for what RFC 9110 section 9.2.2 lists", () => {
  for (const method of ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"]) {
    assert.ok(isIdempotent(withMethod(method)), method);
  }
  for (const method of ["POST", "PATCH", "CONNECT", "get", "GETX", "QUERY"]) {
    assert.ok(!isIdempotent(withMethod(method)), method);
  }
});
