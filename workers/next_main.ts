// A worker whose main process is gone goes on serving and looks for the next one at the command socket.
// When one answers, the worker is commanded over that connection as it was over its pipes: what the
// next main does with it, such as letting it leave, is that one's business.

import { decode, DecodeError, encode } from "../config/codec/protobuf.ts";
import { type AdoptWorker, Request, Response, ResponseStatus } from "../config/schema/messages.ts";
import { writeAll } from "../src/io/net/write_all.ts";
import { loggerOf } from "../src/observe/log/log.ts";
import { encodeFrame } from "../src/protocol/control/frame.ts";
import { FrameSource } from "./frame_source.ts";

/** How long a worker waits for what, in milliseconds. */
export interface SeekTimes {
  /** Between two looks. */
  readonly seek: number;
  /** The same after a main process has refused, which another look will hardly change. */
  readonly refused: number;
  /** Between two log lines about it. */
  readonly remind: number;
  /**
   * A worker whose command socket has lost its folder can never be found by anybody again. After this
   * long it leaves: a folder that is only put in place anew, as service managers do, is back by then.
   */
  readonly forsaken: number;
}

const TIMES: SeekTimes = { seek: 200, refused: 5_000, remind: 5 * 60_000, forsaken: 60_000 };

/** A connection to a main process that commands this worker now. */
export interface Command {
  readonly frames: FrameSource;
  readonly write: (bytes: Uint8Array) => Promise<void>;
  close(): void;
}

/** Finds main processes. */
export class NextMain {
  readonly #path: string;
  readonly #times: SeekTimes;
  readonly #log = loggerOf("worker::next_main");

  /** `path`: the command socket. */
  constructor(path: string, times: SeekTimes = TIMES) {
    this.#path = path;
    this.#times = times;
  }

  /**
   * Resolves with the way to the next main process; with `null` once `isOver` or nobody can come. The
   * announcement is made for each look.
   */
  async find(announce: () => AdoptWorker, isOver: () => boolean): Promise<Command | null> {
    this.#log.warn(
      "The main process is gone: serving goes on until another one answers at {path}",
      {
        path: this.#path,
      },
    );
    const { seek, refused, remind, forsaken } = this.#times;
    let reminded = performance.now();
    let forsakenSince: number | null = null;
    while (!isOver()) {
      const found = await this.#ask(announce());
      if (typeof found === "object") return found;
      const now = performance.now();
      forsakenSince = await hasFolder(this.#path) ? null : forsakenSince ?? now;
      if (forsakenSince !== null && now - forsakenSince >= forsaken) {
        this.#log.error("The folder of {path} is gone: no main process can come", {
          path: this.#path,
        });
        return null;
      }
      if (now - reminded >= remind) {
        reminded = now;
        this.#log.warn("Still without a main process: {found}", { found });
      }
      await new Promise((resolve) => setTimeout(resolve, found === REFUSED ? refused : seek));
    }
    return null;
  }

  /** One look: the main process that took this worker, or why there is none. */
  async #ask(announcement: AdoptWorker): Promise<Command | string> {
    let connection: Deno.UnixConn;
    try {
      connection = await Deno.connect({ transport: "unix", path: this.#path });
    } catch {
      return "nobody answers at the command socket";
    }
    try {
      const request: Request = { request_type: { kind: "adopt_worker", value: announcement } };
      const write = (bytes: Uint8Array) => writeAll(connection, bytes);
      await write(encodeFrame(encode(Request, request)));
      const frames = new FrameSource(connection);
      const refusal = await answerIn(frames);
      if (refusal === null) {
        this.#log.info("A new main process commands this worker now");
        return { frames, write, close: () => connection.close() };
      }
      this.#log.warn("The new main process refuses this worker: {refusal}", { refusal });
    } catch {
      // It has gone again.
    }
    connection.close();
    return REFUSED;
  }
}

const REFUSED = "the main process at the command socket refuses this worker";

/** The last answer to the announcement: `null` when it is OK, otherwise why not. */
async function answerIn(frames: FrameSource): Promise<string | null> {
  for (;;) {
    const frame = await frames.next();
    if (frame === null) return "it closed the connection";
    const response = decode(Response, frame);
    if (response instanceof DecodeError) return response.message;
    if (response.status === ResponseStatus.OK) return null;
    if (response.status === ResponseStatus.FAILURE) return response.message;
  }
}

async function hasFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path.slice(0, path.lastIndexOf("/")) || "/")).isDirectory;
  } catch {
    return false;
  }
}
