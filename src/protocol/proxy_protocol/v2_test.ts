import assert from "node:assert/strict";
import type { ParseStep } from "./header.ts";
import { crc32c } from "./crc32c.ts";
import { encodeTlvs, readTlvs } from "./tlv.ts";
import { encodeV2, MAX_V2_LENGTH, parseV2, V2_HEADER_SIZE } from "./v2.ts";

const SIGNATURE = "0d0a0d0a000d0a515549540a";

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function hex(of: Uint8Array): string {
  return Array.from(of, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const LOCAL_IPV4 = SIGNATURE + "2011000c" + "7d190a01" + "0a040508" + "1f90" + "1068";
const PROXY_IPV6 = SIGNATURE + "21210024" +
  "20010db8000000000000000000000001" + "20010db8000000000000000000000002" + "2328" + "01bb";

function done(step: ParseStep) {
  assert.ok(step.kind === "done", `expected a header, got ${JSON.stringify(step)}`);
  return step;
}

function reasonOf(step: ParseStep): string {
  assert.ok(step.kind === "error", `expected an error, got ${JSON.stringify(step)}`);
  return step.reason;
}

Deno.test("parseV2() reads LOCAL with IPv4 and adopts its addresses", () => {
  const { header, consumed } = done(parseV2(bytes(LOCAL_IPV4)));
  assert.equal(consumed, 28);
  assert.deepEqual(header, {
    version: 2,
    command: "LOCAL",
    transport: "stream",
    addresses: {
      family: "inet",
      source: { ip: "125.25.10.1", port: 8080 },
      destination: { ip: "10.4.5.8", port: 4200 },
    },
    extensions: new Uint8Array(0),
  });
});

Deno.test("parseV2() reads PROXY with IPv4", () => {
  const { header } = done(parseV2(bytes(LOCAL_IPV4.replace("2011000c", "2111000c"))));
  assert.equal(header.command, "PROXY");
  assert.equal(header.addresses?.source.ip, "125.25.10.1");
});

Deno.test("parseV2() reads PROXY with IPv6", () => {
  const { header, consumed } = done(parseV2(bytes(PROXY_IPV6)));
  assert.equal(consumed, 52);
  assert.deepEqual(header.addresses, {
    family: "inet6",
    source: { ip: "2001:db8::1", port: 9000 },
    destination: { ip: "2001:db8::2", port: 443 },
  });
});

Deno.test("parseV2() reads LOCAL with an unspecified family as no addresses", () => {
  const { header, consumed } = done(parseV2(bytes(SIGNATURE + "20000000")));
  assert.equal(consumed, 16);
  assert.deepEqual(header, {
    version: 2,
    command: "LOCAL",
    transport: "unspec",
    addresses: null,
    extensions: new Uint8Array(0),
  });
});

Deno.test("parseV2() skips the length of an unspecified family", () => {
  const { header, consumed } = done(parseV2(bytes(SIGNATURE + "21000003" + "aabbcc" + "ff")));
  assert.equal(consumed, 19);
  assert.equal(header.addresses, null);
  assert.deepEqual(header.extensions, bytes("aabbcc"));
});

Deno.test("parseV2() keeps the records that follow the addresses", () => {
  const records = encodeTlvs([{ type: 2, value: bytes("6578616d706c65") }]);
  const addresses = LOCAL_IPV4.slice(32);
  const { header, consumed } = done(
    parseV2(bytes(SIGNATURE + "21110016" + addresses + hex(records))),
  );
  assert.equal(consumed, 16 + 22);
  assert.deepEqual(readTlvs(header.extensions), [{ type: 2, value: bytes("6578616d706c65") }]);
});

Deno.test("parseV2() refuses records that are cut off, with either command", () => {
  const addresses = LOCAL_IPV4.slice(32);
  const rows = ["01", "0100", "010001", "0100020a", "04000004", "020003414141" + "05"];
  for (const records of rows) {
    for (const command of ["20", "21"]) {
      const length = (12 + records.length / 2).toString(16).padStart(4, "0");
      const header = bytes(SIGNATURE + command + "11" + length + addresses + records);
      assert.match(reasonOf(parseV2(header)), /records after the addresses are cut off/, records);
    }
  }
});

/** A header whose checksum record, at the end, is right. */
function withChecksum(records: string): Uint8Array {
  const before = bytes(records);
  const header = encodeV2({
    command: "PROXY",
    transport: "stream",
    source: { ip: "192.0.2.1", port: 9000 },
    destination: { ip: "192.0.2.2", port: 443 },
    extensions: bytes(hex(before) + "03000400000000"),
  });
  new DataView(header.buffer).setUint32(header.length - 4, crc32c(header));
  return header;
}

Deno.test("parseV2() refuses a header whose checksum does not fit, whichever byte is damaged", () => {
  for (const records of ["", "0100026832"]) {
    const good = withChecksum(records);
    assert.equal(parseV2(good).kind, "done");
    for (let at = V2_HEADER_SIZE; at < good.length; at++) {
      // With another type, the last record is no checksum.
      if (at === good.length - 7) continue;
      const damaged = good.slice();
      damaged[at] = (damaged[at] as number) ^ 0x10;
      assert.notEqual(parseV2(damaged).kind, "done", `byte ${at}`);
    }
  }
  const short = bytes(SIGNATURE + "21110011" + LOCAL_IPV4.slice(32) + "0300020000");
  assert.match(reasonOf(parseV2(short)), /checksum has 2 bytes, 4 are accepted/);
});

Deno.test("parseV2() gives extensions that survive reuse of the input buffer", () => {
  const input = bytes(SIGNATURE + "21000002" + "aabb");
  const { header } = done(parseV2(input));
  input.fill(0);
  assert.deepEqual(header.extensions, bytes("aabb"));
});

Deno.test("parseV2() accepts the transports of version 2 and refuses the others", () => {
  const withByte = (byte: string) =>
    parseV2(bytes(LOCAL_IPV4.replace("2011000c", `21${byte}000c`)));
  const transports = ["10", "11", "12"].map((byte) => done(withByte(byte)).header.transport);
  assert.deepEqual(transports, ["unspec", "stream", "dgram"]);
  for (let nibble = 3; nibble < 16; nibble++) {
    const reason = reasonOf(withByte("1" + nibble.toString(16)));
    assert.match(reason, new RegExp(`transport is "${nibble}"`));
  }
});

Deno.test("parseV2() refuses every first byte that differs from the signature", () => {
  const good = bytes(LOCAL_IPV4);
  for (let i = 0; i < 12; i++) {
    const bad = good.slice(0, i + 1);
    bad[i] = (bad[i] as number) ^ 0x01;
    assert.match(reasonOf(parseV2(bad)), new RegExp(`^Byte ${i} does not belong`));
  }
  assert.equal(parseV2(new TextEncoder().encode("PROXY TCP4 1.2.3.4")).kind, "error");
});

Deno.test("parseV2() accepts the two commands of version 2 and refuses every other byte", () => {
  for (let byte = 0; byte < 256; byte++) {
    const text = byte.toString(16).padStart(2, "0");
    const step = parseV2(bytes(SIGNATURE + text + "000000"));
    if (byte === 0x20 || byte === 0x21) assert.equal(step.kind, "done");
    else assert.match(reasonOf(step), new RegExp(`"0x${text}", "0x20" and "0x21" are accepted`));
    assert.equal(
      parseV2(bytes(SIGNATURE + text)).kind,
      step.kind === "done" ? "need_more" : "error",
    );
  }
});

Deno.test("parseV2() refuses unix and unknown families as soon as it sees them", () => {
  for (let family = 3; family < 16; family++) {
    const step = parseV2(bytes(SIGNATURE + "21" + family.toString(16) + "1"));
    assert.match(reasonOf(step), new RegExp(`family is "${family}"`));
  }
});

Deno.test("parseV2() refuses a length smaller than the addresses", () => {
  assert.match(reasonOf(parseV2(bytes(SIGNATURE + "2111000b"))), /"11", .* at least "12"/);
  assert.match(reasonOf(parseV2(bytes(SIGNATURE + "21210010"))), /"16", .* at least "36"/);
});

Deno.test("parseV2() takes the longest accepted length and refuses one more", () => {
  const longest = new Uint8Array(16 + MAX_V2_LENGTH);
  longest.set(bytes(SIGNATURE + "210000d8"));
  assert.equal(done(parseV2(longest)).consumed, 232);
  assert.match(reasonOf(parseV2(bytes(SIGNATURE + "210000d9"))), /at most "216" is accepted/);
  assert.equal(parseV2(bytes(SIGNATURE + "2100ffff"), 65_535).kind, "need_more");
});

Deno.test("parseV2() says how many bytes are missing at every cut", () => {
  const whole = bytes(PROXY_IPV6);
  for (let end = 0; end < whole.length; end++) {
    const step = parseV2(whole.subarray(0, end));
    assert.ok(step.kind === "need_more");
    // The family, byte 13, tells the least there is after the fixed part.
    assert.equal(step.atLeast, (end < 14 ? 16 : 52) - end, `cut after ${end}`);
  }
  const cut = parseV2(bytes(SIGNATURE + "2100"));
  assert.deepEqual(cut, { kind: "need_more", atLeast: 2 });
});

Deno.test("encodeV2() writes the exact bytes for IPv4 and IPv6", () => {
  assert.equal(
    hex(encodeV2({
      command: "LOCAL",
      transport: "stream",
      source: { ip: "125.25.10.1", port: 8080 },
      destination: { ip: "10.4.5.8", port: 4200 },
    })),
    LOCAL_IPV4,
  );
  assert.equal(
    hex(encodeV2({
      command: "PROXY",
      transport: "stream",
      source: { ip: "2001:db8::1", port: 9000 },
      destination: { ip: "2001:db8::2", port: 443 },
    })),
    PROXY_IPV6,
  );
});

Deno.test("encodeV2() writes datagram families", () => {
  const ipv4 = { ip: "192.0.2.1", port: 1 };
  const ipv6 = { ip: "::1", port: 1 };
  const family = (source: typeof ipv4, destination: typeof ipv4) =>
    hex(encodeV2({ command: "PROXY", transport: "dgram", source, destination }).subarray(12, 16));
  assert.equal(family(ipv4, ipv4), "2112000c");
  assert.equal(family(ipv6, ipv6), "21220024");
});

Deno.test("encodeV2() says UNSPEC when families are mixed, unknown or unreadable", () => {
  const ipv4 = { ip: "192.0.2.1", port: 1 };
  const rows = [
    [ipv4, { ip: "::1", port: 1 }],
    [{ ip: "::1", port: 1 }, ipv4],
    [null, ipv4],
    [ipv4, null],
    [null, null],
    [{ ip: "host.test", port: 1 }, ipv4],
  ] as const;
  for (const [source, destination] of rows) {
    const encoded = encodeV2({ command: "PROXY", transport: "stream", source, destination });
    assert.equal(hex(encoded), SIGNATURE + "21000000");
  }
});

Deno.test("encodeV2() puts records after the addresses and counts them", () => {
  const extensions = encodeTlvs([{ type: 0xe0, value: bytes("01") }]);
  const endpoint = { ip: "192.0.2.1", port: 65_535 };
  const encoded = encodeV2({
    command: "PROXY",
    transport: "stream",
    source: endpoint,
    destination: endpoint,
    extensions,
  });
  assert.equal(hex(encoded.subarray(12)), "21110010" + "c0000201c0000201ffffffff" + "e0000101");
  assert.deepEqual(done(parseV2(encoded)).header.extensions, extensions);
});

Deno.test("encodeV2() refuses more than the length field can say", () => {
  const extensions = new Uint8Array(65_536);
  assert.throws(
    () =>
      encodeV2({
        command: "PROXY",
        transport: "stream",
        source: null,
        destination: null,
        extensions,
      }),
    RangeError,
  );
});
