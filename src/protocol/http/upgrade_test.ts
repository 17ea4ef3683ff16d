import assert from "node:assert/strict";
import { feedHead, whole } from "../../../tests/support/http/h1_reading.ts";
import { ReadStatus } from "../h1/field_reader.ts";
import { requestHeadReader, responseHeadReader } from "../h1/head_reader.ts";
import type { MessageHead } from "./message_head.ts";
import { grantsUpgrade, offeredUpgrade } from "./upgrade.ts";

function request(lines: readonly string[], version = "1.1"): MessageHead {
  const reader = requestHeadReader();
  const text = [`GET / HTTP/${version}`, "Host: a", ...lines, "", ""].join("\r\n");
  assert.equal(feedHead(reader, whole(text)), ReadStatus.DONE, text);
  return reader.head;
}

function offer(value: string) {
  return offeredUpgrade(request([`Upgrade: ${value}`, "Connection: upgrade"]));
}

function grants(offered: string, lines: readonly string[], version = "1.1"): boolean {
  const reader = responseHeadReader();
  const text = [`HTTP/${version} 101 Switching Protocols`, ...lines, "", ""].join("\r\n");
  assert.equal(feedHead(reader, whole(text)), ReadStatus.DONE, text);
  return grantsUpgrade(offer(offered), reader.head);
}

Deno.test("offeredUpgrade() wants Upgrade and the matching Connection option, in HTTP/1.1", () => {
  const upgrade = "Upgrade: websocket";
  assert.deepEqual(offeredUpgrade(request([upgrade, "Connection: upgrade"])), ["websocket"]);
  assert.ok(offeredUpgrade(request([upgrade, "Connection: keep-alive, Upgrade"])));
  assert.equal(offeredUpgrade(request([upgrade])), null);
  assert.equal(offeredUpgrade(request([upgrade, "Connection: upgraded"])), null);
  assert.equal(offeredUpgrade(request(["Connection: upgrade"])), null);
  assert.equal(offeredUpgrade(request([upgrade, "Connection: upgrade"], "1.0")), null);
});

Deno.test("offeredUpgrade() reads a list, over several fields, in lower case", () => {
  assert.deepEqual(offer("WebSocket"), ["websocket"]);
  assert.deepEqual(offer(" foo/2 ,, BAR\t"), ["foo/2", "bar"]);
  const lines = ["Upgrade: a", "upgrade: b, c/1", "Connection: upgrade"];
  assert.deepEqual(offeredUpgrade(request(lines)), ["a", "b", "c/1"]);
});

Deno.test("offeredUpgrade() does not pipe HTTP/2, which would hide requests from routing", () => {
  for (const value of ["h2c", "H2C", "websocket, h2c", "h2c-14", "foo/h2c"]) {
    assert.equal(offer(value), null, value);
    const lines = ["Upgrade: websocket", `upgrade: ${value}`, "Connection: upgrade"];
    assert.equal(offeredUpgrade(request(lines)), null, value);
  }
});

Deno.test("offeredUpgrade() pipes nothing else in which requests could hide, and nothing malformed", () => {
  for (
    const value of ["TLS/1.0", "tls", "HTTP/2.0", "HTTP/1.1", "h2", "h3", "websocket, TLS/1.2"]
      .concat(
        ["", ",", "/1", "a/", "a/1/2", "a;b", '"a"', "a b=c", "a, b, c, d, e, f, g, h, i"],
      )
  ) {
    assert.equal(offer(value), null, value);
  }
});

Deno.test("grantsUpgrade() takes a 101 that names protocols of the request, in any case", () => {
  assert.ok(grants("websocket", ["Upgrade: WebSocket", "Connection: Upgrade"]));
  assert.ok(grants("websocket", ["Upgrade: websocket"]));
  assert.ok(grants("a, b/2, c", ["Upgrade: c, b/2"]));
  assert.ok(grants("a, b", ["Upgrade: a", "Upgrade: b"]));
});

Deno.test("grantsUpgrade() refuses a 101 that names none, another, or one more", () => {
  for (
    const lines of [
      [],
      ["Upgrade: "],
      ["Upgrade: other"],
      ["Upgrade: websocket, other"],
      ["Upgrade: websocket", "Upgrade: h2c"],
      ["Upgrade: websocket/13"],
      ["Connection: Upgrade"],
    ]
  ) {
    assert.ok(!grants("websocket", lines), lines.join());
  }
  assert.ok(!grants("websocket", ["Upgrade: websocket"], "1.0"));
  assert.ok(!grants("h2c", ["Upgrade: h2c"]));
});
