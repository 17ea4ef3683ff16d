import assert from "node:assert/strict";
import fc from "fast-check";
import { asciiBytes } from "../../bytes/ascii.ts";
import { HeaderKind, headerKind } from "./header_kind.ts";

const KNOWN: readonly (readonly [string, HeaderKind])[] = [
  ["Host", HeaderKind.HOST],
  ["Connection", HeaderKind.CONNECTION],
  ["Content-Length", HeaderKind.CONTENT_LENGTH],
  ["Transfer-Encoding", HeaderKind.TRANSFER_ENCODING],
  ["Upgrade", HeaderKind.UPGRADE],
  ["Expect", HeaderKind.EXPECT],
  ["Keep-Alive", HeaderKind.KEEP_ALIVE],
  ["Proxy-Connection", HeaderKind.PROXY_CONNECTION],
  ["TE", HeaderKind.TE],
  ["Trailer", HeaderKind.TRAILER],
  ["X-Forwarded-For", HeaderKind.X_FORWARDED_FOR],
  ["Forwarded", HeaderKind.FORWARDED],
  ["X-Real-IP", HeaderKind.X_REAL_IP],
  ["X-Forwarded-Port", HeaderKind.X_FORWARDED_PORT],
  ["X-Forwarded-Proto", HeaderKind.X_FORWARDED_PROTO],
  ["X-Request-Id", HeaderKind.X_REQUEST_ID],
  ["Cookie", HeaderKind.COOKIE],
  ["Authorization", HeaderKind.AUTHORIZATION],
  ["HTTP2-Settings", HeaderKind.HTTP2_SETTINGS],
  ["Priority", HeaderKind.PRIORITY],
];

function kindOf(name: string): HeaderKind {
  const bytes = asciiBytes(`Host${name}Host`);
  return headerKind(bytes, 4, 4 + name.length);
}

Deno.test("headerKind() knows every name in any case", () => {
  assert.equal(KNOWN.length, Object.keys(HeaderKind).length - 1);
  for (const [name, kind] of KNOWN) {
    for (const spelling of [name, name.toLowerCase(), name.toUpperCase()]) {
      assert.equal(kindOf(spelling), kind, spelling);
    }
  }
});

Deno.test("headerKind() takes no name for a similar one", () => {
  for (const [name] of KNOWN) {
    for (
      const other of [`${name}s`, name.slice(1), name.slice(0, -1), `x${name.slice(1)}`, `${name} `]
    ) {
      const known = KNOWN.find(([text]) => text.toLowerCase() === other.toLowerCase());
      assert.equal(kindOf(other), known?.[1] ?? HeaderKind.OTHER, other);
    }
  }
  // The same bytes but for the bit that tells the cases of letters apart.
  assert.equal(kindOf("Content\rLength"), HeaderKind.OTHER);
  assert.equal(kindOf("transfer_encoding"), HeaderKind.OTHER);
});

Deno.test("headerKind() answers OTHER to anything else", () => {
  const names = new Set(KNOWN.map(([name]) => name.toLowerCase()));
  fc.assert(fc.property(fc.string({ unit: "binary-ascii", maxLength: 30 }), (name) => {
    if (!names.has(name.toLowerCase())) assert.equal(kindOf(name), HeaderKind.OTHER);
  }));
});

Deno.test("HeaderKind values fit the bits of MessageHead.seen", () => {
  const values = Object.values(HeaderKind);
  assert.ok(values.every((kind) => kind >= 0 && kind < 31));
  assert.equal(new Set(values).size, values.length);
});
