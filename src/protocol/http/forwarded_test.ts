import assert from "node:assert/strict";
import { type Endpoint, ForwardedElements } from "./forwarded.ts";
import { ForwardingFamily } from "./forwarding/family.ts";

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

const PUBLIC_V4: Endpoint = { ip: "198.51.100.7", port: 8443 };

function elements(
  peer: Endpoint | null,
  publicAddress = PUBLIC_V4,
  protocol: "http" | "https" = "https",
) {
  return new ForwardedElements({ peer, publicAddress, protocol });
}

Deno.test("ForwardedElements quotes an IPv4 peer and leaves an IPv4 public address bare", () => {
  const { forwarded } = elements({ ip: "192.0.2.1", port: 9000 });
  assert.equal(text(forwarded), 'proto=https;for="192.0.2.1:9000";by=198.51.100.7');
});

Deno.test("ForwardedElements brackets and quotes IPv6 on both sides of Forwarded", () => {
  const { forwarded } = elements(
    { ip: "2001:db8::1", port: 9000 },
    { ip: "2001:db8::2", port: 80 },
    "http",
  );
  assert.equal(text(forwarded), 'proto=http;for="[2001:db8::1]:9000";by="[2001:db8::2]"');
});

Deno.test("ForwardedElements mixes families as they are", () => {
  const ipv6 = { ip: "2001:db8::1", port: 1 };
  assert.equal(
    text(elements(ipv6).forwarded),
    'proto=https;for="[2001:db8::1]:1";by=198.51.100.7',
  );
  assert.equal(
    text(elements({ ip: "192.0.2.1", port: 2 }, ipv6).forwarded),
    'proto=https;for="192.0.2.1:2";by="[2001:db8::1]"',
  );
});

Deno.test("ForwardedElements leaves IPv6 bare in X-Forwarded-For and X-Real-IP", () => {
  const { xForwardedForLine, xRealIpLine } = elements({ ip: "2001:db8::1", port: 9000 });
  assert.equal(text(xForwardedForLine), "X-Forwarded-For: 2001:db8::1\r\n");
  assert.equal(text(xRealIpLine), "X-Real-IP: 2001:db8::1\r\n");
});

Deno.test("ForwardedElements drops brackets and zone of an address", () => {
  const bracketed = elements({ ip: "[fe80::1%eth0]", port: 1 }, { ip: "[::1]", port: 2 });
  assert.equal(text(bracketed.xRealIpLine), "X-Real-IP: fe80::1\r\n");
  assert.equal(text(bracketed.forwarded), 'proto=https;for="[fe80::1]:1";by="[::1]"');
});

Deno.test("ForwardedElements gives port and protocol of the public side", () => {
  const { protocol, xForwardedPortLine, xForwardedProtoLine } = elements(null);
  assert.equal(text(protocol), "https");
  assert.equal(text(xForwardedPortLine), "X-Forwarded-Port: 8443\r\n");
  assert.equal(text(xForwardedProtoLine), "X-Forwarded-Proto: https\r\n");
});

Deno.test("ForwardedElements continues a header that is already there", () => {
  const { xForwardedForSuffix, forwardedSuffix } = elements({ ip: "192.0.2.1", port: 9000 });
  assert.equal(text(xForwardedForSuffix), ", 192.0.2.1");
  assert.equal(
    text(forwardedSuffix),
    ', proto=https;for="192.0.2.1:9000";by=198.51.100.7',
  );
});

Deno.test("ForwardedElements joins all lines in the order they are sent", () => {
  const all = elements({ ip: "192.0.2.1", port: 9000 });
  const start = "X-Forwarded-For: 192.0.2.1\r\n" +
    'Forwarded: proto=https;for="192.0.2.1:9000";by=198.51.100.7\r\n';
  const end = "X-Forwarded-Port: 8443\r\nX-Forwarded-Proto: https\r\n";
  const { BOTH, X_FORWARDED, RFC7239, NONE } = ForwardingFamily;
  const [xFor = "", forwarded = ""] = start.split(/(?<=\n)/);
  const realIp = "X-Real-IP: 192.0.2.1\r\n";
  for (let round = 0; round < 2; round++) {
    assert.equal(text(all.linesOf(BOTH, false)), start + end);
    assert.equal(text(all.linesOf(BOTH, true)), start + realIp + end);
    assert.equal(text(all.linesOf(X_FORWARDED, false)), xFor + end);
    assert.equal(text(all.linesOf(X_FORWARDED, true)), xFor + realIp + end);
    assert.equal(text(all.linesOf(RFC7239, false)), forwarded);
    assert.equal(text(all.linesOf(RFC7239, true)), forwarded + realIp);
    assert.equal(text(all.linesOf(NONE, false)), "");
    assert.equal(text(all.linesOf(NONE, true)), realIp);
  }
  assert.equal(all.linesOf(NONE, true), all.linesOf(NONE, true));
});

Deno.test("ForwardedElements has nothing to say of an unknown peer", () => {
  const unknown = elements(null);
  const end = "X-Forwarded-Port: 8443\r\nX-Forwarded-Proto: https\r\n";
  const empty = [
    unknown.forwarded,
    unknown.xForwardedForSuffix,
    unknown.forwardedSuffix,
    unknown.xForwardedForLine,
    unknown.forwardedLine,
    unknown.xRealIpLine,
  ];
  for (const piece of empty) assert.equal(piece.length, 0);
  assert.equal(text(unknown.linesOf(ForwardingFamily.BOTH, false)), end);
  assert.equal(text(unknown.linesOf(ForwardingFamily.BOTH, true)), end);
});
