import assert from "node:assert/strict";
import { firstMessageAlert } from "./alert.ts";

const OLD_HELLO = Uint8Array.of(22, 3, 1, 0, 60, 1, 0, 0, 56, 3, 2, 0, 0);
const HELLO = Uint8Array.of(22, 3, 1, 0, 60, 1, 0, 0, 56, 3, 3, 0, 0);

Deno.test("firstMessageAlert() says what was wrong, in a record the client can read", () => {
  const cases: readonly (readonly [Uint8Array, string, number[]])[] = [
    [OLD_HELLO, "peer is incompatible: SignatureAlgorithmsExtensionRequired", [3, 1, 0, 2, 2, 70]],
    [HELLO, "received corrupt message of type MissingData", [3, 1, 0, 2, 2, 50]],
    [HELLO, "peer is incompatible: Whatever", [3, 1, 0, 2, 2, 40]],
    [HELLO, "something else", [3, 1, 0, 2, 2, 40]],
    [Uint8Array.of(22, 3, 4, 0, 1), "received corrupt message", [3, 3, 0, 2, 2, 50]],
    [Uint8Array.of(22, 3, 0, 0, 1), "received corrupt message", [3, 1, 0, 2, 2, 50]],
    [Uint8Array.of(22, 3, 1, 78, 32), "corrupt message of type MessageTooLarge", [
      3,
      1,
      0,
      2,
      2,
      22,
    ]],
    [Uint8Array.of(23, 3, 3, 0, 2), "received unexpected message: got X", [3, 3, 0, 2, 2, 10]],
  ];
  for (const [first, problem, rest] of cases) {
    assert.deepEqual([...firstMessageAlert(first, problem)], [21, ...rest], problem);
  }
});

Deno.test("firstMessageAlert() is silent to those who speak no TLS, and answers no alert", () => {
  const silent = [
    new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"),
    new Uint8Array(300).fill(0x16),
    Uint8Array.of(21, 3, 1, 0, 2, 2, 40),
    Uint8Array.of(),
  ];
  for (const first of silent) assert.equal(firstMessageAlert(first, "corrupt message").length, 0);
});
