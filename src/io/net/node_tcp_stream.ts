// A plain connection accepted with the Node.js library, before its TLS handshake. A read takes no more than it
// is asked for: the rest stays in the socket for the handshake.

import type { Socket } from "node:net";
import type { ByteStream } from "../contracts.ts";

/** A connection that can become the transport of a TLS connection. */
export class NodeTcpStream implements ByteStream {
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
    // A socket that fails closes itself, which ends the pending read.
    socket.on("error", () => {});
  }

  async read(into: Uint8Array): Promise<number> {
    const { socket } = this;
    for (;;) {
      if (socket.destroyed) throw new Error("The connection was closed");
      const wanted = Math.min(into.length, socket.readableLength);
      const piece: Uint8Array | null = wanted > 0 ? socket.read(wanted) : null;
      if (piece !== null) {
        into.set(piece);
        return piece.length;
      }
      if (socket.readableEnded) return 0;
      await this.#event();
    }
  }

  write(from: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      this.socket.write(from, (error) => error ? reject(error) : resolve(from.length));
    });
  }

  closeWrite(): Promise<void> {
    return new Promise((resolve) => this.socket.end(resolve));
  }

  close(): void {
    this.socket.destroy();
  }

  /** Resolves when there may be bytes to read, or the stream has ended. */
  #event(): Promise<void> {
    const { socket } = this;
    return new Promise((resolve) => {
      const names = ["readable", "end", "close"] as const;
      const done = () => {
        for (const name of names) socket.off(name, done);
        resolve();
      };
      for (const name of names) socket.on(name, done);
    });
  }
}
