import assert from "node:assert/strict";
import fc from "fast-check";
import { feedHead, whole } from "../../../tests/support/http/h1_reading.ts";
import { asciiBytes, asciiText } from "../../bytes/ascii.ts";
import { ReadStatus } from "../h1/field_reader.ts";
import { requestHeadReader } from "../h1/head_reader.ts";
import { writeRequestHead } from "../h1/head_writer.ts";
import { ForwardedElements } from "./forwarded.ts";
import {
  continueForwarding,
  forwardingLinesBound,
  type ForwardingRules,
  writeForwardingLines,
  writeIdLine,
} from "./forwarding_lines.ts";
import { ForwardingFamily } from "./forwarding/family.ts";
import { HeaderKind } from "./header_kind.ts";

const ID = "01J9ZK7Q4T8X2V6B3N5M0C1D2E";
const FORWARDED = 'proto=https;for="192.0.2.1:9000";by=198.51.100.7';
const PLAIN: ForwardingRules = {
  idHeaderName: asciiBytes("Sozu-Id: "),
  family: 0,
  sendRealIp: false,
  elideRealIp: false,
  omitted: 0,
  omitId: false,
};
const ELEMENTS = new ForwardedElements({
  peer: { ip: "192.0.2.1", port: 9000 },
  publicAddress: { ip: "198.51.100.7", port: 8443 },
  protocol: "https",
});
const UNKNOWN_PEER = new ForwardedElements({
  peer: null,
  publicAddress: { ip: "198.51.100.7", port: 8443 },
  protocol: "http",
});

/** What the last call of {@link forward} dropped. */
let forwardedDropped = 0;

/** The head of a request with these lines as it is sent on, without request line and Host. */
function forward(
  lines: readonly string[],
  rules: ForwardingRules = PLAIN,
  elements: ForwardedElements = ELEMENTS,
): string[] {
  const reader = requestHeadReader();
  const text = ["GET / HTTP/1.1", "Host: a", ...lines, "", ""].join("\r\n");
  assert.equal(feedHead(reader, whole(text)), ReadStatus.DONE);
  forwardedDropped = continueForwarding(reader.head, elements, rules);
  const out = new Uint8Array(2000).fill(0xee);
  const at = writeRequestHead(reader.head, out, 0);
  const end = writeForwardingLines(reader.head, elements, rules, asciiBytes(ID), out, at);
  assert.ok(end - at <= forwardingLinesBound(rules));
  assert.ok(out.subarray(end).every((byte) => byte === 0xee));
  const written = asciiText(out, 0, end);
  assert.ok(written.endsWith("\r\n"));
  return written.split("\r\n").slice(2, -1);
}

Deno.test("writeForwardingLines() adds every line in the order of sozu 2.1", () => {
  assert.deepEqual(forward(["A: 1"]), [
    "A: 1",
    "X-Forwarded-For: 192.0.2.1",
    `Forwarded: ${FORWARDED}`,
    "X-Forwarded-Port: 8443",
    "X-Forwarded-Proto: https",
    `X-Request-Id: ${ID}`,
    `Sozu-Id: ${ID}`,
  ]);
});

Deno.test("writeForwardingLines() adds X-Real-IP between Forwarded and X-Forwarded-Port", () => {
  const expected = [
    "X-Forwarded-For: 192.0.2.1",
    `Forwarded: ${FORWARDED}`,
    "X-Real-IP: 192.0.2.1",
    "X-Forwarded-Port: 8443",
    "X-Forwarded-Proto: https",
    `X-Request-Id: ${ID}`,
    `Sozu-Id: ${ID}`,
  ];
  assert.deepEqual(forward([], { ...PLAIN, sendRealIp: true }), expected);
  const partly = forward(["X-Forwarded-Port: 1"], { ...PLAIN, sendRealIp: true });
  const withoutPort = expected.filter((line) => !line.startsWith("X-Forwarded-Port"));
  assert.deepEqual(partly, ["X-Forwarded-Port: 1", ...withoutPort]);
});

Deno.test("continueForwarding() continues the last X-Forwarded-For and Forwarded in place", () => {
  assert.deepEqual(
    forward(["x-forwarded-for:1.1.1.1", "A: 1", "X-Forwarded-For: 2.2.2.2, 3.3.3.3 ", "B: 2"]),
    [
      "x-forwarded-for: 1.1.1.1",
      "A: 1",
      "X-Forwarded-For: 2.2.2.2, 3.3.3.3, 192.0.2.1",
      "B: 2",
      `Forwarded: ${FORWARDED}`,
      "X-Forwarded-Port: 8443",
      "X-Forwarded-Proto: https",
      `X-Request-Id: ${ID}`,
      `Sozu-Id: ${ID}`,
    ],
  );
  assert.deepEqual(forward(["Forwarded: for=a", "forwarded: for=b", "X-Forwarded-For: c"]), [
    "Forwarded: for=a",
    `forwarded: for=b, ${FORWARDED}`,
    "X-Forwarded-For: c, 192.0.2.1",
    "X-Forwarded-Port: 8443",
    "X-Forwarded-Proto: https",
    `X-Request-Id: ${ID}`,
    `Sozu-Id: ${ID}`,
  ]);
});

Deno.test("writeForwardingLines() trusts what the client says of port, protocol and request id", () => {
  const lines = [
    "X-Forwarded-Proto: ftp",
    "x-request-id: mine",
    "X-Forwarded-Port: 1",
    "Sozu-Id: 2",
  ];
  assert.deepEqual(forward(lines), [
    ...lines,
    "X-Forwarded-For: 192.0.2.1",
    `Forwarded: ${FORWARDED}`,
    `Sozu-Id: ${ID}`,
  ]);
});

Deno.test("continueForwarding() removes X-Real-IP lines of the client only when told to", () => {
  const lines = ["X-Real-IP: 9.9.9.9", "A: 1", "x-real-ip:8.8.8.8"];
  const realIps = (rules: ForwardingRules) =>
    forward(lines, rules).filter((line) => /^x-real-ip:/i.test(line));
  assert.deepEqual(realIps(PLAIN), ["X-Real-IP: 9.9.9.9", "x-real-ip: 8.8.8.8"]);
  assert.deepEqual(realIps({ ...PLAIN, elideRealIp: true }), []);
  assert.deepEqual(realIps({ ...PLAIN, elideRealIp: true, sendRealIp: true }), [
    "X-Real-IP: 192.0.2.1",
  ]);
  assert.deepEqual(realIps({ ...PLAIN, sendRealIp: true }), [
    "X-Real-IP: 9.9.9.9",
    "x-real-ip: 8.8.8.8",
    "X-Real-IP: 192.0.2.1",
  ]);
});

Deno.test("writeForwardingLines() leaves out what the rules omit", () => {
  const lineOf: readonly (readonly [HeaderKind, string])[] = [
    [HeaderKind.X_FORWARDED_FOR, "X-Forwarded-For"],
    [HeaderKind.FORWARDED, "Forwarded"],
    [HeaderKind.X_REAL_IP, "X-Real-IP"],
    [HeaderKind.X_FORWARDED_PORT, "X-Forwarded-Port"],
    [HeaderKind.X_FORWARDED_PROTO, "X-Forwarded-Proto"],
    [HeaderKind.X_REQUEST_ID, "X-Request-Id"],
  ];
  const all = forward([], { ...PLAIN, sendRealIp: true });
  for (const [kind, name] of lineOf) {
    const rules = { ...PLAIN, sendRealIp: true, omitted: 1 << kind };
    assert.deepEqual(forward([], rules), all.filter((line) => !line.startsWith(`${name}: `)), name);
  }
  const omitId = { ...PLAIN, sendRealIp: true, omitId: true };
  assert.deepEqual(forward([], omitId), all.slice(0, -1));
});

Deno.test("an unknown peer adds nothing to any line", () => {
  const lines = ["X-Forwarded-For: 1.1.1.1", "Forwarded: for=a"];
  const end = [
    "X-Forwarded-Port: 8443",
    "X-Forwarded-Proto: http",
    `X-Request-Id: ${ID}`,
    `Sozu-Id: ${ID}`,
  ];
  const rules = { ...PLAIN, sendRealIp: true };
  assert.deepEqual(forward(lines, rules, UNKNOWN_PEER), [...lines, ...end]);
  assert.deepEqual(forward([], rules, UNKNOWN_PEER), end);
});

Deno.test("forwardingLinesBound() covers the longest addresses", () => {
  const ip = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255";
  const elements = new ForwardedElements({
    peer: { ip, port: 65535 },
    publicAddress: { ip, port: 65535 },
    protocol: "https",
  });
  // The helper checks the bound.
  assert.equal(forward([], { ...PLAIN, sendRealIp: true }, elements).length, 7);
});

Deno.test("each line is there once, or continued once, whatever the client sent", () => {
  const known = [
    "X-Forwarded-For",
    "Forwarded",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
    "X-Request-Id",
  ];
  fc.assert(fc.property(fc.subarray(known), fc.boolean(), (sent, sendRealIp) => {
    const found = forward(sent.map((name) => `${name}: for=x`), { ...PLAIN, sendRealIp });
    for (const name of known) {
      assert.equal(found.filter((line) => line.startsWith(`${name}: `)).length, 1, name);
    }
    const added = found.slice(sent.length).map((line) => line.split(": ")[0] as string);
    const order = [...known.slice(0, 2), "X-Real-IP", ...known.slice(2), "Sozu-Id"];
    const expected = order.filter((name) =>
      name === "X-Real-IP" ? sendRealIp : !sent.includes(name)
    );
    assert.deepEqual(added, expected);
  }));
});

Deno.test("writeIdLine() writes name, id and line end", () => {
  const target = new Uint8Array(50).fill(0xee);
  const end = writeIdLine(asciiBytes("N: "), asciiBytes(`${ID}junk`), target, 2);
  assert.equal(asciiText(target, 2, end), `N: ${ID}\r\n`);
});

const CLIENT_LINES = [
  "X-Forwarded-For: 203.0.113.9",
  "Forwarded: for=203.0.113.9",
  "X-Forwarded-Proto: ftp",
  "X-Forwarded-Port: 21",
  "x-forwarded-HOST: b",
];
const IDS = [`X-Request-Id: ${ID}`, `Sozu-Id: ${ID}`];

Deno.test("each family of lines is added by itself, and those of clients are treated by it", () => {
  const { X_FORWARDED, RFC7239, NONE } = ForwardingFamily;
  const rules = (family: number) => ({ ...PLAIN, family });
  assert.deepEqual(forward([], rules(X_FORWARDED)), [
    "X-Forwarded-For: 192.0.2.1",
    "X-Forwarded-Port: 8443",
    "X-Forwarded-Proto: https",
    ...IDS,
  ]);
  assert.deepEqual(forward(CLIENT_LINES, rules(X_FORWARDED)), [
    "X-Forwarded-For: 203.0.113.9, 192.0.2.1",
    ...CLIENT_LINES.slice(1),
    ...IDS,
  ]);
  assert.deepEqual(forward([], rules(RFC7239)), [`Forwarded: ${FORWARDED}`, ...IDS]);
  assert.deepEqual(forward(CLIENT_LINES, rules(RFC7239)), [
    `Forwarded: for=203.0.113.9, ${FORWARDED}`,
    ...IDS,
  ]);
  assert.deepEqual(forward([], rules(NONE)), IDS);
  const broken = [...CLIENT_LINES, "Forwarded: for=1:2"];
  assert.deepEqual(forward(broken, rules(NONE)), [...broken, ...IDS]);
  assert.deepEqual(forward(broken, rules(X_FORWARDED)).slice(1), [...broken.slice(1), ...IDS]);
  const realIp = { ...rules(NONE), sendRealIp: true, elideRealIp: true };
  assert.deepEqual(forward(["X-Real-IP: 9.9.9.9"], realIp), ["X-Real-IP: 192.0.2.1", ...IDS]);
});

Deno.test("lines of Forwarded that are no list are dropped and counted", () => {
  const kept = ["X-Forwarded-For: a", "X-Forwarded-Port: 1", "X-Forwarded-Proto: b"];
  const sent = ["X-Forwarded-For: a, 192.0.2.1", ...kept.slice(1)];
  const malformed = ["Forwarded: for=1.2.3.4:80", 'forwarded: for="open'];
  assert.deepEqual(forward([...malformed, ...kept]), [...sent, `Forwarded: ${FORWARDED}`, ...IDS]);
  assert.equal(forwardedDropped, 2);
  const good = ["Forwarded: for=a", "Forwarded: for=b"];
  assert.deepEqual(forward([...good, ...malformed, ...kept]), [
    "Forwarded: for=a",
    `Forwarded: for=b, ${FORWARDED}`,
    ...sent,
    ...IDS,
  ]);
  assert.equal(forwardedDropped, 2);
  forward(good);
  assert.equal(forwardedDropped, 0);
});
