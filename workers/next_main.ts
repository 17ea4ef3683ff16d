// Finds the next main process when the one of this worker has ended. The worker continues to serve and
// connects to the command socket until a main process accepts it. That connection then is its channel.

import { decode, DecodeError, encode } from "../config/codec/protobuf.ts";
import { type AdoptWorker, Request, Response, ResponseStatus } from "../config/schema/messages.ts";
import { writeAll } from "../src/io/net/write_all.ts";
import { loggerOf } from "../src/observe/log/log.ts";
import { encodeFrame } from "../src/protocol/control/frame.ts";
import { FrameSource } from "./frame_source.ts";

/** Intervals and limits of the search, in milliseconds. */
export interface SeekTimes {
  /** Between two attempts. */
  readonly seek: number;
  /** The same after a main process has refused this worker. */
  readonly refused: number;
  /** Between two log lines about the search. */
  readonly remind: number;
  /**
   * How long the folder of the command socket may be missing before the worker ends: no main process can
   * come without it. A service manager that restarts the service makes the folder anew sooner than that.
   */
  readonly folderMissing: number;
}

const TIMES: SeekTimes = { seek: 200, refused: 5_000, remind: 5 * 60_000, folderMissing: 60_000 };

/** The connection to the next main process. */
export interface Command {
  readonly frames: FrameSource;
  readonly write: (bytes: Uint8Array) => Promise<void>;
  close(): void;
}

/** Searches for the next main process. */
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
   * Resolves with the connection to the next main process; with `null` once `isOver` says so or none can
   * come. `announce` is called for each attempt.
   */
  async find(announce: () => AdoptWorker, isOver: () => boolean): Promise<Command | null> {
    this.#log.warn(
      "The main process is gone: serving goes on until another one answers at {path}",
      {
        path: this.#path,
      },
    );
    const { seek, refused, remind, folderMissing } = this.#times;
    let reminded = performance.now();
    let folderMissingSince: number | null = null;
    while (!isOver()) {
      const found = await this.#ask(announce());
      if (typeof found === "object") return found;
      const now = performance.now();
      folderMissingSince = await hasFolder(this.#path) ? null : folderMissingSince ?? now;
      if (folderMissingSince !== null && now - folderMissingSince >= folderMissing) {
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

  /** One attempt: the connection to a main process that accepts this worker, or why there is none. */
  async #ask(announcement: AdoptWorker): Promise<Command | string> {
    let connection: Deno.UnixConn;
    try {
      connection = await Deno.connect({ transport: "unix", path: this.#path });
    } catch {
      return "no main process answers at the command socket";
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
      // The main process has ended.
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
