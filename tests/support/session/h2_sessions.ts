// Sessions of HTTP/2 on fake streams: what the client is sent is shown frame by frame.

import { FrameFlag, FrameType } from "../../../src/protocol/h2/frames/frame.ts";
import { HpackDecoder } from "../../../src/protocol/h2/hpack/hpack_decoder.ts";
import type { ListenerContext } from "../../../src/session/listener_context.ts";
import type { Fields } from "../h2/blocks.ts";
import { describe, type Frame, framesIn, headers, join, preface } from "../h2/frames.ts";
import { TextSink } from "../h2/text_sink.ts";
import { waitFor } from "../wait.ts";
import type { FakeStream } from "./fake_stream.ts";
import { httpSession } from "./http_sessions.ts";
import { fromLatin1, latin1 } from "./wire.ts";

/** What a stream was sent. */
export interface StreamReply {
  /** Header sections in order. */
  readonly sections: readonly Fields[];
  /** Its DATA as Latin-1 text. */
  readonly text: string;
  readonly ended: boolean;
  /** Code of the reset, or null. */
  readonly reset: number | null;
}

/** A session whose client and backends the test plays. */
export interface PlayedH2 extends ReturnType<typeof httpSession> {
  /** Lets the client send. */
  say(...pieces: readonly Uint8Array[]): void;
  /** Lets the client send a request. */
  ask(stream: number, more?: Fields, ends?: boolean): void;
  /** Every frame the client was sent, in short. */
  readonly seen: string[];
  reply(stream: number): StreamReply;
  /** Waits for a frame that is described like this. */
  see(pattern: RegExp): Promise<void>;
  /** Waits for the request on the backend dialled as number `index`. */
  backendOf(index?: number): Promise<FakeStream>;
}

/** Starts a session that the client opens with its preface. */
export function h2Session(
  settings: Partial<ListenerContext> = {},
  fastPath: boolean | undefined = undefined,
): PlayedH2 {
  const set = httpSession(settings, fastPath, 2);
  const say = (...pieces: readonly Uint8Array[]) => set.client.feed(latin1(join(...pieces)));
  const played: PlayedH2 = {
    ...set,
    say,
    ask: (stream, more = [], ends = true) => say(headers(stream, request(more), ends)),
    get seen() {
      return framesOf(set.client).map(describe);
    },
    reply: (stream) => replyOf(framesOf(set.client), stream),
    see: async (pattern) => {
      await waitFor(`${pattern}`, () => played.seen.some((each) => pattern.test(each)));
    },
    backendOf: async (index = 0) => {
      const backend = await waitFor("the backend", () => set.backends[index]);
      await waitFor("the request", () => backend.written.includes("\r\n\r\n"));
      return backend;
    },
  };
  say(preface());
  return played;
}

/** A GET, unless `more` names another method. */
function request(more: Fields): Fields {
  const method = more.find(([name]) => name === ":method")?.[1] ?? "GET";
  return [
    [":method", method],
    [":scheme", "http"],
    [":path", "/"],
    [":authority", "a.test"],
    ...more.filter(([name]) => name !== ":method"),
  ];
}

function framesOf({ written }: FakeStream): Frame[] {
  return framesIn(fromLatin1(written));
}

function replyOf(frames: readonly Frame[], wanted: number): StreamReply {
  const decoder = new HpackDecoder(4096);
  const sections: Fields[] = [];
  let text = "";
  let ended = false;
  let reset: number | null = null;
  for (const { type, flags, stream, payload } of frames) {
    if (type === FrameType.HEADERS) {
      const sink = new TextSink();
      decoder.decode(payload, 0, payload.length, sink);
      if (stream === wanted) sections.push(sink.fields);
    }
    if (stream !== wanted) continue;
    if (type === FrameType.DATA) text += latin1(payload);
    if (type === FrameType.RST_STREAM) reset = new DataView(payload.buffer).getUint32(0);
    const carries = type === FrameType.DATA || type === FrameType.HEADERS;
    if (carries && (flags & FrameFlag.END_STREAM) !== 0) ended = true;
  }
  return { sections, text, ended, reset };
}

/** Status of the last head of a reply; 0 for none. */
export function statusOf({ sections }: StreamReply): number {
  const last = sections.findLast((fields) => fields.some(([name]) => name === ":status"));
  return Number(last?.find(([name]) => name === ":status")?.[1] ?? 0);
}
