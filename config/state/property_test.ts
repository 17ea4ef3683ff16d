import assert from "node:assert/strict";
import { hashClusters } from "./hash.ts";
import * as fc from "fast-check";
import { decode, DecodeError, encode } from "../codec/protobuf.ts";
import { diff } from "../diff/diff.ts";
import { Request, WorkerRequest } from "../schema/messages.ts";
import { readRecords, writeRecord } from "../codec/saved_state.ts";
import { sequences, stateAfter } from "../../tests/support/config/state.ts";

const RUNS = { numRuns: 300 };

Deno.test("apply() changes nothing when it refuses", () => {
  fc.assert(
    fc.property(sequences, (requests) => {
      const state = stateAfter([]);
      for (const request of requests) {
        const before = state.clone();
        const counts = state.counts();
        const refused = state.apply(request) !== null;
        if (refused) assert.ok(state.equals(before) && before.equals(state));
        if (refused) assert.deepEqual(state.counts(), counts);
      }
    }),
    RUNS,
  );
});

Deno.test("apply() leaves earlier clones as they were", () => {
  fc.assert(
    fc.property(sequences, sequences, (first, second) => {
      const state = stateAfter(first);
      const clone = state.clone();
      const dumped = clone.dump().map((request) => encode(Request, request));
      for (const request of second) state.apply(request);
      assert.deepEqual(clone.dump().map((request) => encode(Request, request)), dumped);
    }),
    RUNS,
  );
});

Deno.test("apply() keeps nothing of the request: changing it later changes no state", () => {
  fc.assert(
    fc.property(sequences, (requests) => {
      const copies = requests.map((request) => encode(Request, request));
      const mutable = copies.map((bytes) => {
        const request = decode(Request, bytes);
        assert.ok(!(request instanceof DecodeError));
        return request;
      });
      const state = stateAfter(mutable);
      for (const { request_type } of mutable) scramble(request_type?.value);
      assert.ok(state.equals(stateAfter(requests)));
    }),
    RUNS,
  );
});

/** Overwrites everything inside a value. */
function scramble(value: unknown): void {
  if (value instanceof Map) return value.clear();
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) value.length = 0;
  for (const key of Object.keys(value)) {
    scramble(Reflect.get(value, key));
    Reflect.set(value, key, "scrambled");
  }
}

Deno.test("counts() and the size of the dump agree", () => {
  fc.assert(
    fc.property(sequences, (requests) => {
      const state = stateAfter(requests);
      const kinds = state.dump().map(({ request_type }) => request_type?.kind ?? "");
      const count = (pattern: RegExp) => kinds.filter((kind) => pattern.test(kind)).length;
      assert.deepEqual(state.counts(), {
        clusters: count(/^add_cluster$/),
        backends: count(/^add_backend$/),
        frontends: count(/^add_.*_frontend$/),
      });
    }),
    RUNS,
  );
});

Deno.test("dump() rebuilds an equal state with equal hashes, also through a saved state", () => {
  fc.assert(
    fc.property(sequences, (requests) => {
      const state = stateAfter(requests);
      const replayed = stateAfter(state.dump());
      assert.ok(replayed.equals(state) && state.equals(replayed));
      assert.deepEqual(hashClusters(replayed.tables), hashClusters(state.tables));
      assert.deepEqual(replayed.dump(), state.dump());
      const records = state.dump().map((content, index) => ({ id: `SAVE-${index}`, content }));
      const read = readRecords(records.map(writeRecord).join(""));
      assert.equal(read.error, null);
      assert.ok(stateAfter(read.records.map(({ content }) => content)).equals(state));
      for (const record of records) {
        assert.deepEqual(decode(WorkerRequest, encode(WorkerRequest, record)), record);
      }
    }),
    RUNS,
  );
});

Deno.test("diff() replayed on the first state gives the second, and every step is accepted", () => {
  fc.assert(
    fc.property(sequences, sequences, (first, second) => {
      const mine = stateAfter(first);
      const theirs = stateAfter(second);
      for (const request of diff(mine, theirs)) assert.equal(mine.apply(request), null);
      assert.ok(mine.equals(theirs) && theirs.equals(mine));
      assert.deepEqual(hashClusters(mine.tables), hashClusters(theirs.tables));
      assert.deepEqual(mine.counts(), theirs.counts());
    }),
    { numRuns: 600 },
  );
});

Deno.test("diff() of a state and one that grew out of it replays as well", () => {
  fc.assert(
    fc.property(sequences, sequences, (first, more) => {
      const mine = stateAfter(first);
      const theirs = stateAfter([...first, ...more]);
      for (const request of diff(mine, theirs)) assert.equal(mine.apply(request), null);
      assert.ok(mine.equals(theirs));
      assert.deepEqual(diff(mine, theirs), []);
    }),
    { numRuns: 600 },
  );
});

Deno.test("equals() is false and hashClusters() differs when a backend is missing", () => {
  fc.assert(
    fc.property(sequences, (requests) => {
      const state = stateAfter(requests);
      const other = state.clone();
      const known = state.dump().map(({ request_type }) => request_type);
      const added = known.find((verb) => verb?.kind === "add_backend");
      if (added?.kind !== "add_backend") return;
      assert.equal(
        other.apply({ request_type: { kind: "remove_backend", value: added.value } }),
        null,
      );
      assert.equal(other.equals(state), false);
      const id = added.value.cluster_id;
      if (hashClusters(state.tables).has(id)) {
        assert.notEqual(hashClusters(state.tables).get(id), hashClusters(other.tables).get(id));
      }
    }),
    RUNS,
  );
});
