// What a fuzzer sends to a command socket: noise, damaged frames and damaged lines. Everything is
// decided by the random numbers that are passed in. Inputs that would do what they say to the process
// under test or to the machine (stop it, write files, open ports, probe strange addresses) are found
// by reading them with the real reader, and left out.

import { encode } from "../../config/codec/protobuf.ts";
import { toJson } from "../../config/codec/json.ts";
import { Request } from "../../config/schema/messages.ts";
import { backend, cluster, frontend } from "../support/config/state.ts";
import { encodeFrame } from "../../src/protocol/control/frame.ts";
import { MalformedRequest, RecognisingCodec } from "../../src/supervisor/command_socket/codec.ts";
import type { Pick } from "./mutate.ts";

type Verb = NonNullable<Request["request_type"]>;

/** Requests that are damaged. */
const SEEDS: readonly Verb[] = [
  { kind: "status", value: {} },
  { kind: "list_workers", value: {} },
  { kind: "list_listeners", value: {} },
  { kind: "list_frontends", value: { http: true, https: true, tcp: true } },
  { kind: "query_clusters_hashes", value: {} },
  { kind: "query_cluster_by_id", value: "fuzz" },
  { kind: "query_clusters_by_domain", value: { hostname: "fuzz.test", path: "/" } },
  { kind: "count_requests", value: {} },
  {
    kind: "add_cluster",
    value: cluster("fuzz", { answers: new Map([["503", "HTTP/1.1 503 X"]]) }),
  },
  { kind: "remove_cluster", value: "fuzz" },
  { kind: "add_http_frontend", value: frontend("fuzz.test", "/a") },
  { kind: "remove_http_frontend", value: frontend("fuzz.test", "/a") },
  { kind: "add_backend", value: backend("fuzz", "b", "127.0.0.1:9", { sticky_id: "s" }) },
  { kind: "remove_backend", value: backend("fuzz", "b", "[::1]:9") },
  { kind: "set_max_connections_per_ip", value: 18_446_744_073_709_551_615n },
  { kind: "load_state", value: "/dev/null" },
  { kind: "launch_worker", value: "x" },
  { kind: "subscribe_events", value: {} },
];

/** What must not be executed, however it came about. */
const DANGEROUS: ReadonlySet<string> = new Set([
  "activate_listener",
  "hard_stop",
  "Logging",
  "save_state",
  "set_health_check",
  "soft_stop",
  "upgrade_main",
  "upgrade_worker",
]);

const MAX_MESSAGE = 2_000_000;
const LONGEST_INPUT = 20_000;

/** Bytes that mean something in one of the encodings. */
const DICTIONARY: readonly string[] = [
  "\0",
  "\0\0\0\0\0\0\0\0",
  "\xff\xff\xff\xff\xff\xff\xff\xff",
  "\x08\0\0\0\0\0\0\0",
  "\x07\0\0\0\0\0\0\0",
  "\n",
  "{",
  "}",
  '"',
  "\\u0000",
  "\\ud800",
  "[[[[[[[[",
  '{"request_type":',
  "null",
  "18446744073709551616",
  "-1",
  "1e999",
  "\x80",
  "\xc3\x28",
];

/** One input: some bytes a client could send, in one of both encodings or in none. */
export function damagedInput(pick: Pick): Uint8Array {
  for (;;) {
    const input = latin1(anyInput(pick).slice(0, LONGEST_INPUT));
    if (isHarmless(input)) return input;
  }
}

function anyInput(pick: Pick): string {
  switch (pick(6)) {
    case 0:
      return noise(pick);
    case 1:
    case 2:
      return damage(sequence(pick, frameText), pick);
    case 3:
    case 4:
      return damage(sequence(pick, lineText), pick);
    default:
      return damage(sequence(pick, frameText) + sequence(pick, lineText), pick);
  }
}

function noise(pick: Pick): string {
  return Array.from({ length: 1 + pick(300) }, () => String.fromCharCode(pick(256))).join("");
}

function sequence(pick: Pick, textOf: (verb: Verb) => string): string {
  return Array.from({ length: 1 + pick(5) }, () => textOf(SEEDS[pick(SEEDS.length)] as Verb))
    .join("");
}

function frameText(verb: Verb): string {
  return text(encodeFrame(encode(Request, { request_type: verb })));
}

function lineText(verb: Verb): string {
  return text(new TextEncoder().encode(`${toJson(Request, { request_type: verb })}\n`));
}

/** None to five changes: an undamaged input now and then keeps the session going. */
function damage(input: string, pick: Pick): string {
  let damaged = input;
  for (let left = pick(6); left > 0; left--) damaged = damageOnce(damaged, pick);
  return damaged;
}

function damageOnce(input: string, pick: Pick): string {
  const at = pick(input.length + 1);
  const before = input.slice(0, at);
  const after = input.slice(at);
  switch (pick(7)) {
    case 0:
      return before + String.fromCharCode(pick(256)) + after.slice(1);
    case 1:
      return before + String.fromCharCode((input.charCodeAt(at) || 0) ^ 1 << pick(8)) +
        after.slice(1);
    case 2:
      return before + after.slice(1 + pick(16));
    case 3:
      return before + after.slice(0, pick(40)) + after;
    case 4:
      return before;
    case 5:
      return before + (after[0] ?? "A").repeat(1 + pick(2_000)) + after;
    default:
      return before + (DICTIONARY[pick(DICTIONARY.length)] as string) + after;
  }
}

/** Whether none of the requests in an input is one that must not be executed. */
export function isHarmless(input: Uint8Array): boolean {
  const codec = new RecognisingCodec(MAX_MESSAGE);
  codec.receive(input);
  for (let next = codec.next(); next !== null; next = codec.next()) {
    if (next instanceof MalformedRequest) {
      if (next.severity === "fatal") return true;
      continue;
    }
    const verb = next.request_type;
    if (verb === null) continue;
    if (DANGEROUS.has(verb.kind)) return false;
    if (verb.kind === "add_cluster" && verb.value.health_check !== undefined) return false;
  }
  return true;
}

function text(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function latin1(input: string): Uint8Array {
  return Uint8Array.from(input, (character) => character.charCodeAt(0) & 0xff);
}
