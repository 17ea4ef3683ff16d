// The connection between a main process and its successor. The snapshot goes first, then both sides send
// steps. Each side sees the end of the other one as the end of the connection.

import { decode, DecodeError, encode } from "../../../config/codec/protobuf.ts";
import { Inheritance, Succession } from "../../../config/schema/messages.ts";
import { writeAll } from "../../io/net/write_all.ts";
import { encodeFrame, FrameError, FrameReader } from "../../protocol/control/frame.ts";

/** Longest message: the whole state with its keys and certificates. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024;

const READ_BYTES = 256 * 1024;

/** One step of an upgrade. */
export type UpgradeStep = NonNullable<Succession["step"]>;

/** One end of the connection. */
export class UpgradeChannel {
  readonly #connection: Deno.UnixConn;
  readonly #reader = new FrameReader(MAX_FRAME_BYTES);
  readonly #buffer = new Uint8Array(READ_BYTES);

  constructor(connection: Deno.UnixConn) {
    this.#connection = connection;
  }

  /** Connects to a main process that waits at `path`. */
  static async connect(path: string): Promise<UpgradeChannel> {
    return new UpgradeChannel(await Deno.connect({ transport: "unix", path }));
  }

  async sendSnapshot(inheritance: Inheritance): Promise<void> {
    await this.#write(encodeFrame(encode(Inheritance, inheritance)));
  }

  /** The snapshot of the old main process, or why it cannot be read. */
  async receiveSnapshot(): Promise<Inheritance | string> {
    const frame = await this.#next();
    if (frame === null) return "The old main process has gone";
    const inheritance = decode(Inheritance, frame);
    return inheritance instanceof DecodeError ? inheritance.message : inheritance;
  }

  async send(step: UpgradeStep): Promise<void> {
    await this.#write(encodeFrame(encode(Succession, { step })));
  }

  /** The next step of the other side; `null` when it has ended or its message cannot be decoded. */
  async receive(): Promise<UpgradeStep | null> {
    try {
      const frame = await this.#next();
      const message = frame === null ? null : decode(Succession, frame);
      return message === null || message instanceof DecodeError ? null : message.step;
    } catch {
      return null;
    }
  }

  close(): void {
    try {
      this.#connection.close();
    } catch {
      // Closed already.
    }
  }

  async #next(): Promise<Uint8Array | null> {
    for (;;) {
      const frame = this.#reader.next();
      if (frame instanceof FrameError) throw new Error(frame.message);
      if (frame !== null) return frame;
      const length = await this.#connection.read(this.#buffer);
      if (length === null) return null;
      this.#reader.receive(this.#buffer.subarray(0, length));
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await writeAll(this.#connection, bytes);
  }
}
