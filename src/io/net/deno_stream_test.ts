// Both ways of reading and writing a connection of the runtime, on real sockets: by its operations, which
// an upgrade of the runtime may move, and by its public methods, which then serve.

import assert from "node:assert/strict";
import { certificateFor } from "../../../tests/support/tls/test_certificates.ts";
import {
  type DenoConnection,
  denoStream,
  type StreamOperations,
  streamOperations,
} from "./deno_stream.ts";

const LOOPBACK = "127.0.0.1";
const WAYS: readonly (readonly [string, StreamOperations | null])[] = [
  ["operations", streamOperations],
  ["methods", null],
];

/** The two ends of a TCP connection. */
async function tcpPair(): Promise<[DenoConnection, DenoConnection]> {
  using listener = Deno.listen({ hostname: LOOPBACK, port: 0 });
  const connecting = Deno.connect({ hostname: LOOPBACK, port: listener.addr.port });
  return [await listener.accept(), await connecting];
}

/** The two ends of a TLS connection, the handshake done. */
async function tlsPair(): Promise<[DenoConnection, DenoConnection]> {
  const { certificate, key } = certificateFor(["localhost"]);
  using listener = Deno.listenTls({ hostname: LOOPBACK, port: 0, cert: certificate, key });
  const connecting = Deno.connectTls({
    hostname: "localhost",
    port: listener.addr.port,
    caCerts: [certificate],
  });
  const near = await listener.accept();
  const far = await connecting;
  await Promise.all([near.handshake(), far.handshake()]);
  return [near, far];
}

const PAIRS = [["TCP", tcpPair], ["TLS", tlsPair]] as const;

/** Answers everything with itself until the end. */
async function echo(connection: DenoConnection): Promise<void> {
  const buffer = new Uint8Array(1024);
  for (let count; (count = await connection.read(buffer)) !== null;) {
    await connection.write(buffer.subarray(0, count));
  }
  await connection.closeWrite();
  connection.close();
}

Deno.test("the operations are where this runtime is expected to have them", async () => {
  assert.notEqual(streamOperations, null);
  const used: string[] = [];
  const noting: StreamOperations = {
    read: (
      resource,
      into,
    ) => (used.push("read"), streamOperations?.read(resource, into) ?? never()),
    write: (
      resource,
      from,
    ) => (used.push("write"), streamOperations?.write(resource, from) ?? never()),
  };
  const [near, far] = await tcpPair();
  const stream = denoStream(near, noting);
  assert.equal(await stream.write(new Uint8Array(3)), 3);
  far.close();
  await stream.read(new Uint8Array(8)).catch(() => 0);
  stream.close();
  assert.deepEqual(used, ["write", "read"]);
});

for (const [way, operations] of WAYS) {
  for (const [kind, connect] of PAIRS) {
    Deno.test(`${kind} by ${way}: bytes both ways, 0 at the end`, async () => {
      const [near, far] = await connect();
      const stream = denoStream(near, operations);
      const echoing = echo(far);
      const into = new Uint8Array(64);
      for (const text of ["one", "and another"]) {
        const bytes = new TextEncoder().encode(text);
        assert.equal(await stream.write(bytes), bytes.length);
        const count = await stream.read(into);
        assert.equal(new TextDecoder().decode(into.subarray(0, count)), text);
      }
      await stream.closeWrite();
      assert.equal(await stream.read(into), 0);
      stream.close();
      await echoing;
    });

    Deno.test(`${kind} by ${way}: close ends a read that waits`, async () => {
      const [near, far] = await connect();
      const stream = denoStream(near, operations);
      const reading = stream.read(new Uint8Array(8));
      stream.close();
      await assert.rejects(reading);
      await assert.rejects(stream.write(new Uint8Array(1)));
      far.close();
    });
  }
}

for (const [way, operations] of WAYS) {
  Deno.test(`by ${way}: small writes are not held back from the second on`, async () => {
    using listener = Deno.listen({ hostname: LOOPBACK, port: 0 });
    const connecting = Deno.connect({ hostname: LOOPBACK, port: listener.addr.port });
    const near = await listener.accept();
    const asked: (boolean | undefined)[] = [];
    near.setNoDelay = (wanted) => void asked.push(wanted);
    const stream = denoStream(near, operations);
    for (let i = 0; i < 3; i++) await stream.write(new Uint8Array(1));
    assert.deepEqual(asked, [true]);
    near.setNoDelay = () => {
      throw new Deno.errors.BadResource("gone");
    };
    stream.close();
    await assert.rejects(stream.write(new Uint8Array(1)));
    (await connecting).close();
  });
}

Deno.test("a connection that tells no number is read by its methods", async () => {
  const silent: DenoConnection = {
    read: () => Promise.resolve(null),
    write: (from) => Promise.resolve(from.length),
    closeWrite: () => Promise.resolve(),
    close: () => {},
  };
  const stream = denoStream(silent);
  assert.equal(await stream.read(new Uint8Array(1)), 0);
  assert.equal(await stream.write(new Uint8Array(5)), 5);
});

function never(): never {
  throw new Error("There are no operations");
}
