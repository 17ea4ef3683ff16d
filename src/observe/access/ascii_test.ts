import assert from "node:assert/strict";
import fc from "fast-check";
import { AsciiAccessFormat } from "./ascii.ts";
import { loggedName, loggedTags } from "./names.ts";
import type { AccessRecord } from "./record.ts";
import {
  bytes,
  emptyRecord,
  fill,
  fullRecord,
  REQUEST_ID,
  SESSION_ID,
} from "../../../tests/support/observe/access_records.ts";

const FACTS = { tag: "WRK-00", pid: 42, colored: false };

function line(record: AccessRecord, colored = false): string {
  const format = new AsciiAccessFormat({ ...FACTS, colored });
  const bound = format.bound(record);
  const target = new Uint8Array(bound + 7);
  const end = format.write(record, target, 7);
  assert.ok(end - 7 <= bound, `${end - 7} bytes, announced ${bound}`);
  return new TextDecoder("utf-8", { fatal: true }).decode(target.subarray(7, end));
}

Deno.test("AsciiAccessFormat writes every field in its place", () => {
  assert.equal(
    line(fullRecord()),
    "2023-11-14T22:13:20.123456Z 1700000000123456000 42 INFO-ACCESS  WRK-00\t" +
      `[${SESSION_ID} ${REQUEST_ID} shop shop-1] 192.0.2.7:51234 [2001:db8::1]:8080 ` +
      "12ms/9500ns/11ms/-/- 321 5000000000 " +
      "[env=prod, team=edge, user-agent=Mozilla/5.0_(X11;_Linux)_{test}] " +
      "Some(4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7 b7ad6b7169203331) " +
      "https shop.test:8443 GET /cart?id=1 200 | H1::Complete\n",
  );
});

Deno.test("AsciiAccessFormat shows a dash for what is not there", () => {
  assert.equal(
    line(emptyRecord()),
    "2023-11-14T22:13:20.000001Z 1700000000000001000 42 INFO-ACCESS  WRK-00\t" +
      "[- - - -] - - -/-/-/-/- 0 0 [] None TCP -\n",
  );
  const record = fullRecord();
  for (const slice of [record.method, record.authority, record.path, record.userAgent]) {
    slice.clear();
  }
  record.tags = null;
  record.status = 0;
  record.failed = true;
  record.reason = bytes("malformed_request");
  record.trace = { ...(record.trace as NonNullable<typeof record.trace>), hasParent: false };
  const text = line(record);
  assert.match(text, / 42 ERROR-ACCESS WRK-00\t/);
  assert.match(
    text,
    / \[\] Some\(\w{32} \w{16} -\) https - - - - \| H1::Complete malformed_request\n/,
  );
});

Deno.test("AsciiAccessFormat gives durations two digits in the largest unit that leaves them", () => {
  const cases: [number, string][] = [
    [0, "0ns"],
    [0.25, "250ns"],
    [9.999, "9999ns"],
    [10, "10μs"],
    [9_999.9, "9999μs"],
    [10_000, "10ms"],
    [9_999_999, "9999ms"],
    [10_000_000, "10s"],
    [86_400_000_000, "86400s"],
  ];
  for (const [micros, text] of cases) {
    const record = emptyRecord();
    record.serviceTime = micros;
    assert.ok(line(record).includes(` -/${text}/-/-/- `), `${micros}: ${line(record)}`);
  }
});

Deno.test("AsciiAccessFormat colours what people look for", () => {
  const text = line(fullRecord(), true);
  assert.ok(text.includes(`\x1b[;35;1mINFO-ACCESS  \x1b[0;1mWRK-00\x1b[m\t\x1b[;1m[${SESSION_ID}`));
  assert.ok(text.includes("shop-1]\x1b[m 192"));
  assert.ok(text.includes(" \x1b[2m[env=prod"));
  assert.ok(text.includes(" \x1b[;1mhttps "));
  assert.ok(text.includes("\x1b[32m200\x1b[m | H1"));
  for (const [status, color] of [[302, "34"], [404, "33"], [503, "31"]] as const) {
    const record = fullRecord();
    record.status = status;
    assert.ok(line(record, true).includes(`\x1b[${color}m${status}`));
  }
});

Deno.test("AsciiAccessFormat keeps the words of other languages and drops what reorders text", () => {
  const record = fullRecord();
  fill(record.userAgent, "Müller\u00a0x\u202e\u2028 \u05d0");
  assert.match(line(record), /user-agent=Müller_x\?\?_\u05d0\]/u);
});

/** The fields of a line, split as its reader would. */
function fields(text: string): RegExpExecArray {
  const pattern =
    /^\S+ \d+ 42 (?:INFO-ACCESS |ERROR-ACCESS) WRK-00\t\[(\S+) (\S+) (\S+) (\S+)\] (\S+) (\S+) (\S+) (\d+) (\d+) \[([^[\]]*)\] (None|Some\([^)]*\)) (\S+) (\S+) (\S+) (\S+) (\S+)(?: \| ([^\n]*))?\n$/u;
  const match = pattern.exec(text);
  assert.ok(match !== null, JSON.stringify(text));
  return match;
}

Deno.test("nothing a client or a configuration says can forge a field or a line", () => {
  const hostile = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 40 }),
    fc.string({ unit: "binary", minLength: 1, maxLength: 20 }).map(bytes),
    fc.constantFrom(" 200 | x\n", "] None http", "\t[a b c d]", "\x1b[2J\x9b", "a, b=c]", "\u2028")
      .map(bytes),
  ).filter((content) => content.length > 0);
  const name = fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
    fc.constantFrom("a b", "x]\n[", "\u202e"),
  );
  fc.assert(
    fc.property(fc.array(hostile, { minLength: 4, maxLength: 4 }), name, name, (parts, a, b) => {
      const record = fullRecord();
      const slices = [record.method, record.authority, record.path, record.userAgent];
      slices.forEach((slice, i) => fill(slice, parts[i] as Uint8Array));
      record.cluster = loggedName(a);
      record.tags = loggedTags(new Map([[a, b], ["z", a]]));
      const text = line(record);
      assert.doesNotMatch(
        text.slice(0, -1),
        // deno-lint-ignore no-control-regex -- the very characters that must not be there
        /[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/,
      );
      assert.equal(text.split("\t").length, 2);
      const found = fields(text);
      assert.deepEqual(found.slice(1, 3), [SESSION_ID, REQUEST_ID]);
      assert.equal(found[4], "shop-1");
      assert.deepEqual([found[8], found[12], found[16]], ["321", "https", "200"]);
      assert.equal(found[17], "H1::Complete");
      assert.equal(found[10]?.split(", ").length, a === "z" ? 2 : 3);
    }),
    { numRuns: 2_000 },
  );
});
