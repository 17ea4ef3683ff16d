// A relay that decrypts HTTP/2 between a client and a front and counts the requests that really went over the wire.
// A client's own count of what it began holds requests that it still had in its queue when GOAWAY came, too.

import { FrameType } from "../../../src/protocol/h2/frames/frame.ts";
import { MAGIC } from "../../../src/protocol/h2/connection/preface.ts";
import { CERTIFICATE, HOST } from "./front.ts";

const CHUNK_BYTES = 65_536;
const FRAME_HEADER_BYTES = 9;

/** A relay in front of a secure port. */
export interface WireCount {
  readonly port: number;
  /** HEADERS of clients so far. */
  readonly requests: number;
  [Symbol.dispose](): void;
}

/** Starts a relay to the secure port of a front. */
export function countOnWire(securePort: number): WireCount {
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: CERTIFICATE.certificate,
    key: CERTIFICATE.key,
    alpnProtocols: ["h2"],
  });
  let requests = 0;
  const serve = async (client: Deno.TlsConn): Promise<void> => {
    const tcp = await Deno.connect({ hostname: "127.0.0.1", port: securePort });
    const front = await Deno.startTls(tcp, {
      hostname: HOST,
      caCerts: [CERTIFICATE.certificate],
      alpnProtocols: ["h2"],
    });
    const see = headersSeer(() => requests++);
    await Promise.all([pass(client, front, see), pass(front, client, () => {})]);
    client.close();
    front.close();
  };
  void (async () => {
    for await (const client of listener) serve(client).catch((error) => console.error(error));
  })().catch(() => {}); // closed
  return {
    port: listener.addr.port,
    get requests() {
      return requests;
    },
    [Symbol.dispose]: () => listener.close(),
  };
}

/** Passes bytes on until the end of `from`, and then the end. */
async function pass(
  from: Deno.TlsConn,
  into: Deno.TlsConn,
  see: (bytes: Uint8Array) => void,
): Promise<void> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  try {
    for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
      see(buffer.subarray(0, count));
      for (let at = 0; at < count;) at += await into.write(buffer.subarray(at, count));
    }
    await into.closeWrite();
  } catch {
    // One of the two has gone. What it did not answer is missing in the client's count.
  }
}

/** Calls `onHeaders` for each HEADERS frame behind the preface of a client. */
function headersSeer(onHeaders: () => void): (bytes: Uint8Array) => void {
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  let toSkip = MAGIC.length;
  let filled = 0;
  return (bytes) => {
    for (let at = 0; at < bytes.length;) {
      if (toSkip > 0) {
        const skipped = Math.min(toSkip, bytes.length - at);
        toSkip -= skipped;
        at += skipped;
        continue;
      }
      header[filled++] = bytes[at++] as number;
      if (filled < FRAME_HEADER_BYTES) continue;
      filled = 0;
      toSkip = new DataView(header.buffer).getUint32(0) >>> 8;
      if (header[3] === FrameType.HEADERS) onHeaders();
    }
  };
}
