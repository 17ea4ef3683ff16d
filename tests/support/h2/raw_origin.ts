// A backend of which the test makes every frame: it can do what no server should.

import { FrameFlag, FrameType } from "../../../src/protocol/h2/frames/frame.ts";
import { type ScriptedOrigin, scriptedOrigin } from "../http/scripted_origin.ts";
import { latin1, type Wire } from "../session/wire.ts";
import { describe, type Frame, frame, settings, SETTINGS_ACK } from "./frames.ts";

const MAGIC_BYTES = 24;

/** The proxy as a client, at frame level. */
export class RawPeer {
  readonly wire: Wire;
  /** Every frame that came, in short. */
  readonly seen: string[] = [];
  /** PING is answered. */
  answersPing = true;

  constructor(wire: Wire) {
    this.wire = wire;
  }

  /** Takes the preface and sends SETTINGS. */
  async begin(...values: readonly (readonly [id: number, value: number])[]): Promise<void> {
    await this.wire.readExactly(MAGIC_BYTES);
    await this.write(settings(...values));
  }

  async write(...pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) await this.wire.write(piece);
  }

  /** The next frame that is not about the connection as such. */
  async next(deadlineMs = 10_000): Promise<Frame> {
    for (;;) {
      const read = await this.#frame(deadlineMs);
      this.seen.push(describe(read));
      const isAck = (read.flags & FrameFlag.ACK) !== 0;
      if (read.type === FrameType.SETTINGS) {
        if (!isAck) await this.write(SETTINGS_ACK);
      } else if (read.type === FrameType.PING) {
        if (!isAck && this.answersPing) await this.write(pong(read));
      } else if (read.type !== FrameType.WINDOW_UPDATE) return read;
    }
  }

  /** The next frame of this type; those before it are passed over. */
  async nextOf(type: number, deadlineMs?: number): Promise<Frame> {
    for (;;) {
      const read = await this.next(deadlineMs);
      if (read.type === type) return read;
    }
  }

  /** The stream of the next request, and its block as text. */
  async request(): Promise<{ stream: number; block: string; ends: boolean }> {
    const { stream, payload, flags } = await this.nextOf(FrameType.HEADERS);
    return { stream, block: latin1(payload), ends: (flags & FrameFlag.END_STREAM) !== 0 };
  }

  /** Reads until the proxy closes. */
  async drain(): Promise<void> {
    for (;;) await this.next(60_000);
  }

  async #frame(deadlineMs: number): Promise<Frame> {
    const head = await this.wire.readExactly(9, deadlineMs);
    const view = new DataView(head.buffer, head.byteOffset);
    const length = view.getUint32(0) >>> 8;
    return {
      type: view.getUint8(3),
      flags: view.getUint8(4),
      stream: view.getUint32(5),
      payload: await this.wire.readExactly(length, deadlineMs),
    };
  }
}

function pong({ payload }: Frame): Uint8Array {
  return frame(FrameType.PING, FrameFlag.ACK, 0, payload);
}

/** Starts a backend whose every connection runs `script`, and is closed when that returns. */
export function rawH2Origin(
  script: (peer: RawPeer, index: number) => Promise<void>,
): ScriptedOrigin {
  return scriptedOrigin((wire, index) => script(new RawPeer(wire), index));
}
