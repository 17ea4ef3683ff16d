// Damaged TLS ClientHellos on a live port. Begins with what a real client sends, so that the damage
// reaches deep into the handshake; each is on a connection of its own.

import { seededRandom } from "../support/seeded_random.ts";
import type { Pick } from "./mutate.ts";

/** Connections at the same time. */
const CONCURRENCY = 32;
/** How long a server may take to end a connection whose other end has said its last word. */
const DEADLINE_MS = 20_000;

/** The first bytes a real client sends to shake hands for `serverName`. */
export async function captureHello(serverName: string): Promise<Uint8Array> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  const server = await listener.accept();
  const secured = await Deno.startTls(client, {
    hostname: serverName,
    alpnProtocols: ["http/1.1"],
  });
  const handshake = secured.handshake().catch(() => {});
  const bytes = new Uint8Array(4096);
  const count = await server.read(bytes) ?? 0;
  server.close();
  await handshake;
  secured.close();
  return bytes.slice(0, count);
}

/** One to six mutations of `hello`. */
export function damageHello(hello: Uint8Array, pick: Pick): Uint8Array {
  let bytes = hello.slice();
  for (let left = 1 + pick(6); left > 0 && bytes.length > 0; left--) {
    bytes = damageOnce(bytes, pick);
  }
  return bytes;
}

function damageOnce(bytes: Uint8Array<ArrayBuffer>, pick: Pick): Uint8Array<ArrayBuffer> {
  const at = pick(bytes.length);
  // Lengths and types are at the front: half of the damage goes there.
  const place = pick(2) === 0 ? at : Math.min(at, pick(64));
  switch (pick(7)) {
    case 0:
      bytes[place] = pick(256);
      return bytes;
    case 1:
      bytes[place] = (bytes[place] as number) ^ (1 << pick(8));
      return bytes;
    case 2:
      return bytes.slice(0, place);
    case 3:
      return joined(bytes.subarray(0, place), bytes.subarray(place + 1 + pick(16)));
    case 4:
      return joined(
        bytes.subarray(0, place),
        randomBytes(1 + pick(32), pick),
        bytes.subarray(place),
      );
    case 5:
      return joined(bytes.subarray(0, place), bytes);
    default:
      bytes.fill(pick(2) * 0xff, place, Math.min(bytes.length, place + 1 + pick(8)));
      return bytes;
  }
}

function randomBytes(count: number, pick: Pick): Uint8Array {
  return Uint8Array.from({ length: count }, () => pick(256));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * Sends `count` damaged hellos to a loopback port, each followed by the end of its stream, and waits for
 * the server to end each connection. Throws when one is kept open.
 */
export async function damagedHellos(port: number, count: number, seed: number): Promise<void> {
  const hello = await captureHello("app.test");
  const random = seededRandom(seed);
  const pick: Pick = (limit) => Math.floor(random() * limit);
  let left = count;
  const sender = async () => {
    const answer = new Uint8Array(4096);
    while (left-- > 0) await sendOne(port, damageHello(hello, pick), answer);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, sender));
}

async function sendOne(port: number, bytes: Uint8Array, answer: Uint8Array): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const timer = setTimeout(() => connection.close(), DEADLINE_MS);
  try {
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    await connection.closeWrite();
    while (await connection.read(answer) !== null);
  } catch (error) {
    // A reset is as good an end as any; a closed resource is our own timer.
    if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) {
      throw new Error(`A connection was kept open: ${bytes.toHex()}`, { cause: error });
    }
  } finally {
    clearTimeout(timer);
    try {
      connection.close();
    } catch {
      // Closed by the timer.
    }
  }
}
