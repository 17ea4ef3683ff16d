// Arbitrary HTTP/1.1 messages for properties: well-formed heads in every spelling the grammar allows,
// and bodies together with their payload.

import fc from "fast-check";

const TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~09azAZ";
const HEX_DIGITS = "0123456789abcdefABCDEF";

/** A field as it is on the wire and as it is meant. */
export interface WireField {
  readonly line: string;
  readonly name: string;
  readonly value: string;
}

/** A message body as it is on the wire, the field that announces it and its payload. */
export interface WireBody {
  readonly announced: string;
  readonly wire: string;
  /** The same without what is not passed on. */
  readonly kept: string;
  readonly payload: string;
}

function textOf(characters: string, minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...characters), minLength, maxLength });
}

/** Tokens, now and then one that is the name of a header with a meaning. */
export const tokens: fc.Arbitrary<string> = textOf(TOKEN_CHARACTERS, 1, 12);

/** Names of fields that decide neither framing nor routing. */
export const fieldNames: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: tokens },
  fc.constantFrom("Cookie", "TE", "Upgrade", "x-forwarded-for", "Forwarded", "X-Real-IP", "Expect"),
);

/** Visible ASCII and obs-text with inner blanks; never blank at its ends. */
export const fieldValues: fc.Arbitrary<string> = fc.string({
  unit: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0x1f, max: 0x7e }) },
    fc.integer({ min: 0x80, max: 0xff }),
  ).map((byte) => byte === 0x1f ? "\t" : String.fromCharCode(byte)),
  maxLength: 60,
}).map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ""));

const blanks: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(" ") },
  textOf(" \t", 0, 3),
);

const trailingBlanks: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constant("") },
  textOf(" \t", 0, 3),
);

/** Fields that decide neither framing nor routing, in every accepted spelling. */
export const wireFields: fc.Arbitrary<WireField> = fc
  .tuple(fieldNames, blanks, fieldValues, trailingBlanks)
  .map(([name, before, value, after]) => ({
    name,
    value,
    line: `${name}:${before}${value}${after}\r\n`,
  }));

/** Lists of such fields, sometimes longer than the room a head has at first. */
export const wireFieldLists: fc.Arbitrary<WireField[]> = fc.oneof(
  { weight: 6, arbitrary: fc.array(wireFields, { maxLength: 8 }) },
  fc.array(wireFields, { minLength: 33, maxLength: 70 }),
);

/** Origin-form targets. */
export const targets: fc.Arbitrary<string> = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((byte) => String.fromCharCode(byte)),
  maxLength: 30,
}).map((text) => `/${text.replaceAll("#", "")}`);

const payloads: fc.Arbitrary<string> = fc.string({
  unit: fc.nat(255).map((byte) => String.fromCharCode(byte)),
  minLength: 1,
  maxLength: 40,
});

/** What may stand between a chunk size and its line end. */
const extensions: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constant("") },
  textOf(" \t", 1, 3),
  fc.tuple(textOf(" \t", 0, 2), textOf("ab=; \t\xff", 0, 9)).map(([blank, rest]) =>
    `${blank};${rest}`
  ),
  fc.constantFrom(';a="b;\\"c"', ";chunk-signature=0123456789abcdef"),
);

const chunks: fc.Arbitrary<WireBody> = fc
  .tuple(payloads, textOf("0", 0, 5), fc.boolean(), extensions)
  .map(([payload, zeros, isUpper, extension]) => {
    const digits = payload.length.toString(16);
    const size = zeros + (isUpper ? digits.toUpperCase() : digits);
    const kept = `${size}\r\n${payload}\r\n`;
    return { announced: "", payload, kept, wire: `${size}${extension}\r\n${payload}\r\n` };
  });

const trailers: fc.Arbitrary<string> = fc
  .array(fc.tuple(textOf("xyz-", 1, 40), fieldValues), { maxLength: 3 })
  .map((lines) => lines.map(([name, value]) => `${name}:${value}\r\n`).join(""));

const chunkedBodies: fc.Arbitrary<WireBody> = fc
  .tuple(fc.array(chunks, { maxLength: 6 }), textOf("0", 1, 16), trailers, extensions)
  .map(([all, last, trailer, extension]) => ({
    announced: "Transfer-Encoding: chunked",
    wire: `${all.map(({ wire }) => wire).join("")}${last}${extension}\r\n${trailer}\r\n`,
    kept: `${all.map(({ kept }) => kept).join("")}${last}\r\n${trailer}\r\n`,
    payload: all.map(({ payload }) => payload).join(""),
  }));

const countedBodies: fc.Arbitrary<WireBody> = fc
  .oneof(fc.constant(""), payloads)
  .map((payload) => ({
    announced: `Content-Length: ${payload.length}`,
    wire: payload,
    kept: payload,
    payload,
  }));

/** Bodies whose end the receiver can see. */
export const bodies: fc.Arbitrary<WireBody> = fc.oneof(chunkedBodies, countedBodies);

/** Bytes that look enough like HTTP to come far in a parser. */
export const almostHttp: fc.Arbitrary<string> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom("\r\n", "\r", "\n", " ", "\t", ":", "0", "\x00", "/") },
    { weight: 2, arbitrary: fc.constantFrom("GET ", "/ HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n") },
    { weight: 2, arbitrary: fc.constantFrom("Host: a\r\n", "Content-Length: 3\r\n", "\r\n\r\n") },
    fc.constantFrom("Transfer-Encoding: chunked\r\n", "Connection: close, x\r\n", "0\r\n\r\n"),
    textOf(HEX_DIGITS, 1, 3),
    payloads,
  ),
  { maxLength: 16 },
).map((pieces) => pieces.join(""));

/** Where a delivery is cut and before which piece its bytes move to another buffer. */
export const cuts: fc.Arbitrary<readonly { length: number; move: boolean }[]> = fc.array(
  fc.record({ length: fc.integer({ min: 1, max: 40 }), move: fc.boolean() }),
  { minLength: 1, maxLength: 12 },
);

/** `bytes` cut as `plan` says, over and over. */
export function cutBy(
  bytes: Uint8Array,
  plan: readonly { readonly length: number; readonly move: boolean }[],
): { chunks: Uint8Array[]; moveBefore: Set<number> } {
  const pieces: Uint8Array[] = [];
  const moveBefore = new Set<number>();
  for (let at = 0; at < bytes.length;) {
    const step = plan[pieces.length % plan.length];
    if (step?.move === true) moveBefore.add(pieces.length);
    const end = Math.min(bytes.length, at + (step?.length ?? 1));
    pieces.push(bytes.slice(at, end));
    at = end;
  }
  return { chunks: pieces, moveBefore };
}
