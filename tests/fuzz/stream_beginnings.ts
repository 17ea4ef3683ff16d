// The first bytes of connections as damaged input: PROXY headers and TLS ClientHellos, whole ones to start
// from and what the mutations of a byte fuzzer make of them.

import {
  alpn,
  clientHello,
  GROUPS,
  helloMessage,
  records,
  serverName,
} from "../support/tls/client_hello.ts";
import {
  LOCAL_CHECK,
  MALFORMED_HEADERS,
  V1_LINE,
  v2Header,
} from "../support/session/proxy_headers.ts";
import { latin1 } from "../support/session/wire.ts";
import { mutate, type Pick } from "./mutate.ts";

const TEXT = new TextEncoder();

/** Headers that are taken, of every kind. */
const HEADERS: readonly string[] = [
  V1_LINE,
  "PROXY UNKNOWN\r\n",
  "PROXY TCP6 2001:db8::1 ::1 65535 1\r\n",
  v2Header(),
  v2Header({ source: "2001:db8::1", destination: "::1" }),
  v2Header({
    records: [{ type: 1, value: TEXT.encode("h2") }, { type: 4, value: new Uint8Array(9) }],
  }),
  LOCAL_CHECK,
];

/** ClientHellos that are taken, with and without a name, in one record and in several. */
const HELLOS: readonly string[] = [
  clientHello("one.test"),
  clientHello("x.star.test"),
  records(
    helloMessage({ extensions: [GROUPS, serverName("one.test"), alpn("h2", "http/1.1")] }),
    60,
  ),
  records(helloMessage({ extensions: [] })),
  records(helloMessage({ extensions: null }), 9),
].map(latin1);

const OTHERS: readonly string[] = [
  ...MALFORMED_HEADERS.map(([, bytes]) => bytes),
  "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n",
];

/** What a damaged beginning was made of. */
export type Beginning = "header" | "hello";

/** A damaged beginning, as Latin-1 text, sometimes with the next layer's bytes behind it. */
export function damagedBeginning(kind: Beginning, pick: Pick): string {
  const seeds = kind === "header" ? HEADERS : HELLOS;
  const others = pick(2) === 0 ? OTHERS : seeds;
  const seed = seeds[pick(seeds.length)] as string;
  const damaged = mutate(seed, others[pick(others.length)] as string, pick);
  const whole = pick(3) === 0 ? damaged + (HELLOS[pick(HELLOS.length)] as string) : damaged;
  // A change of case may leave the characters that are one byte.
  return whole.replace(/[^\0-\xff]/g, "?");
}
