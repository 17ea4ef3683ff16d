// A command socket whose answers a test decides: a real unix listener and real frames, with a
// script in the place of the main process. For what a healthy main never does: answering late, in
// pieces, too much, or not at all.

import { decode, DecodeError, encode } from "../../../config/codec/protobuf.ts";
import {
  Request,
  Response,
  type ResponseContent,
  type ResponseStatus,
} from "../../../config/schema/messages.ts";
import { encodeFrame, FrameReader } from "../../../src/protocol/control/frame.ts";

const MAX_FRAME_BYTES = 2_000_000;

type RequestType = NonNullable<Request["request_type"]>;

/** One connection as the script sees it. */
export class ScriptedPeer {
  readonly #socket: Deno.UnixConn;
  readonly #frames = new FrameReader(MAX_FRAME_BYTES);

  constructor(socket: Deno.UnixConn) {
    this.#socket = socket;
  }

  /** The next request; `null` when the client has hung up. */
  async next(): Promise<RequestType | null> {
    const buffer = new Uint8Array(65_536);
    while (true) {
      const frame = this.#frames.next();
      if (frame instanceof Uint8Array) return requestIn(frame);
      if (frame !== null) throw new Error(frame.message);
      const count = await this.#socket.read(buffer).catch(() => null);
      if (count === null) return null;
      this.#frames.receive(buffer.subarray(0, count));
    }
  }

  /** True when bytes of a further request have already been received. */
  get pipelined(): boolean {
    return this.#frames.pending > 0;
  }

  /** Sends one answer. */
  answer(status: ResponseStatus, message?: string, content?: ResponseContent["content_type"]) {
    return this.write(answerFrame(status, message, content));
  }

  /** Sends bytes as they are. Writing to a client that has left is not an error of the script. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) at += await this.#socket.write(bytes.subarray(at));
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  }

  hangUp(): void {
    try {
      this.#socket.close();
    } catch {
      // The test ended first.
    }
  }
}

/** Frame of one answer. */
export function answerFrame(
  status: ResponseStatus,
  message?: string,
  content?: ResponseContent["content_type"],
): Uint8Array {
  const response: Response = {
    status,
    message: message ?? "",
    ...(content !== undefined && { content: { content_type: content } }),
  };
  return encodeFrame(encode(Response, response));
}

/** A listening socket in a folder of its own. */
export class ScriptedMain {
  readonly path: string;
  readonly #folder: string;
  readonly #script: (peer: ScriptedPeer, connection: number) => Promise<void> | void;
  readonly #peers: ScriptedPeer[] = [];
  #listener: Deno.UnixListener | null = null;
  #accepting: Promise<void> = Promise.resolve();
  #failure: unknown = null;

  /** `script` runs once for each connection, numbered from 0. */
  constructor(script: (peer: ScriptedPeer, connection: number) => Promise<void> | void) {
    this.#script = script;
    this.#folder = Deno.makeTempDirSync({ prefix: "scripted-main-" });
    this.path = `${this.#folder}/sozu.sock`;
    this.listen();
  }

  /** Connections accepted so far. */
  get connections(): number {
    return this.#peers.length;
  }

  /** Listens (again). */
  listen(): void {
    const listener = Deno.listen({ transport: "unix", path: this.path });
    this.#listener = listener;
    this.#accepting = this.#accept(listener);
  }

  /** Stops listening and hangs up on everybody, as a main process that dies. */
  async die(): Promise<void> {
    this.#listener?.close();
    this.#listener = null;
    for (const peer of this.#peers) peer.hangUp();
    await this.#accepting;
    await Deno.remove(this.path).catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.die();
    await Deno.remove(this.#folder, { recursive: true });
    if (this.#failure !== null) throw this.#failure;
  }

  async #accept(listener: Deno.UnixListener): Promise<void> {
    const running: Promise<void>[] = [];
    try {
      for await (const socket of listener) {
        const peer = new ScriptedPeer(socket);
        this.#peers.push(peer);
        running.push(this.#run(peer, this.#peers.length - 1));
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
    await Promise.all(running);
  }

  async #run(peer: ScriptedPeer, connection: number): Promise<void> {
    try {
      await this.#script(peer, connection);
    } catch (error) {
      this.#failure ??= error;
    }
  }
}

function requestIn(frame: Uint8Array): RequestType {
  const request = decode(Request, frame);
  if (request instanceof DecodeError) throw new Error(request.message);
  if (request.request_type === null) throw new Error("The request is empty");
  return request.request_type;
}
