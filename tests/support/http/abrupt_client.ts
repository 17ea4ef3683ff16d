// A client that does what the runtime's own connections cannot: it sends until the peer takes no more, and
// ends its connection with a reset.

import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { fromLatin1, latin1 } from "../session/wire.ts";
import { pause, waitFor } from "../wait.ts";

const PIECE = new Uint8Array(64 * 1024).fill(120);
/** What a peer that reads nothing and the kernel take between them is less. */
const MAX_FILLING = 64 * 1024 * 1024;

/** A connected client. */
export interface AbruptClient {
  /** Sends text (Latin-1); resolves when the kernel has taken it. */
  send(text: string): Promise<void>;
  /** Sends until the peer has taken nothing more for a while. */
  fill(): Promise<void>;
  /** Ends the sending side only. */
  half(): Promise<void>;
  /** What has come so far (Latin-1). */
  readonly received: string;
  /** Ends the connection with a reset. */
  reset(): void;
  [Symbol.dispose](): void;
}

/** Connects to a loopback port, inside TLS for `app.test` if asked to. */
export async function abruptClient(port: number, tls = false): Promise<AbruptClient> {
  const raw = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  const peer: Socket = tls
    ? connectTls({ socket: raw, servername: "app.test", rejectUnauthorized: false })
    : raw;
  for (const socket of [raw, peer]) socket.on("error", () => {});
  await new Promise((resolve) => peer.once(tls ? "secureConnect" : "connect", resolve));
  let received = "";
  peer.on("data", (piece: Uint8Array) => received += latin1(piece));
  const write = (bytes: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      peer.write(bytes, (error) => error ? reject(error) : resolve());
    });
  return {
    send: (text) => write(fromLatin1(text)),
    fill: async () => {
      let taken = 0;
      let before = -1;
      const filling = (async () => {
        while (taken < MAX_FILLING) {
          await write(PIECE);
          taken += PIECE.length;
        }
      })().catch(() => {});
      await waitFor("the peer to take no more", async () => {
        before = taken;
        await pause(300);
        return taken === before;
      }, { deadlineMs: 15_000 });
      void filling;
    },
    get received() {
      return received;
    },
    half: () => new Promise((resolve) => peer.end(resolve)),
    reset: () => void raw.resetAndDestroy(),
    [Symbol.dispose]: () => raw.destroy(),
  };
}
