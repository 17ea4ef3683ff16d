import assert from "node:assert/strict";
import * as fc from "fast-check";
import { encode } from "../codec/protobuf.ts";
import { ALL_TYPES, arbitraryMessage } from "../../tests/support/config/arbitrary_messages.ts";
import { copyMessage, equalMessages } from "./message_values.ts";
import { Cluster, UdpHealthConfig } from "./messages.ts";

Deno.test("copyMessage() gives an equal message that shares nothing", () => {
  const bytes = Uint8Array.of(1, 2);
  const probe = { udp_probe_payload: bytes };
  const copy = copyMessage(UdpHealthConfig, probe);
  bytes[0] = 9;
  assert.deepEqual(copy, { udp_probe_payload: Uint8Array.of(1, 2) });
  const cluster = Cluster.empty();
  const clusterCopy = copyMessage(Cluster, cluster);
  cluster.answers.set("503", "x");
  cluster.authorized_hashes.push("x");
  assert.deepEqual(clusterCopy, Cluster.empty());
});

Deno.test("copyMessage() leaves unknown and undefined keys behind", () => {
  const given = { ...Cluster.empty(), http2: undefined, later: 1 };
  assert.deepEqual(copyMessage(Cluster, given as never), Cluster.empty());
});

Deno.test("equalMessages() agrees with the encodings of two messages", () => {
  for (const type of ALL_TYPES) {
    const pairs = fc.tuple(arbitraryMessage(type, 1), arbitraryMessage(type, 1));
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        assert.ok(equalMessages(type, a, copyMessage(type, a)));
        const sameBytes = encode(type, a).toHex() === encode(type, b).toHex();
        assert.equal(equalMessages(type, a, b), sameBytes);
        assert.equal(equalMessages(type, b, a), sameBytes);
      }),
      { numRuns: 20 },
    );
  }
});

Deno.test("equalMessages() does not mind the order of a map, and tells absent from zero", () => {
  const withAnswers = (...keys: string[]) => ({
    ...Cluster.empty(),
    answers: new Map(keys.map((key) => [key, "x"])),
  });
  assert.ok(equalMessages(Cluster, withAnswers("1", "2"), withAnswers("2", "1")));
  assert.ok(!equalMessages(Cluster, withAnswers("1", "2"), withAnswers("1", "3")));
  assert.ok(!equalMessages(Cluster, withAnswers("1"), withAnswers("1", "2")));
  assert.ok(!equalMessages(Cluster, Cluster.empty(), { ...Cluster.empty(), http2: false }));
});
