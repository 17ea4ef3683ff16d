// One request through the HTTP/1.1 core the way a session takes it: head, edits, canonical head for the
// backend, body. Without sockets and without routing, so that what the core lets through can be seen.

import { asciiBytes, asciiText } from "../../../src/bytes/ascii.ts";
import { BodyReader } from "../../../src/protocol/h1/body_reader.ts";
import { ReadStatus } from "../../../src/protocol/h1/field_reader.ts";
import { type HeadReader, requestHeadReader } from "../../../src/protocol/h1/head_reader.ts";
import {
  writeLineEnd,
  writeRequestHead,
  writtenHeadBound,
} from "../../../src/protocol/h1/head_writer.ts";
import { Problem } from "../../../src/protocol/h1/problem.ts";
import { ForwardedElements } from "../../../src/protocol/http/forwarded.ts";
import {
  continueForwarding,
  forwardingLinesBound,
  type ForwardingRules,
  writeForwardingLines,
} from "../../../src/protocol/http/forwarding_lines.ts";
import { dropHopByHop } from "../../../src/protocol/http/hop_by_hop.ts";
import type { MessageHead } from "../../../src/protocol/http/message_head.ts";
import { offeredUpgrade } from "../../../src/protocol/http/upgrade.ts";

const ID = asciiBytes("01J9ZK7Q4T8X2V6B3N5M0C1D2E");
const CONNECTION_UPGRADE = asciiBytes("Connection: upgrade\r\n");
const RULES: ForwardingRules = {
  idHeaderName: asciiBytes("Sozu-Id: "),
  family: 0,
  sendRealIp: false,
  elideRealIp: false,
  omitted: 0,
  omitId: false,
};
const ELEMENTS = new ForwardedElements({
  peer: { ip: "192.0.2.1", port: 9000 },
  publicAddress: { ip: "198.51.100.7", port: 80 },
  protocol: "http",
});

/** What became of the bytes of a client. */
export interface Relayed {
  /** 0 when a whole request was taken, 100 when it is not complete yet, else the answer's status. */
  readonly status: 0 | 100 | 400 | 413;
  readonly problem: Problem;
  /** Bytes of head and body that were taken. */
  readonly consumed: number;
  /** The head for the backend, with the empty line; empty when the head was not accepted. */
  readonly forwarded: string;
  readonly framing: number;
  readonly contentLength: number;
  readonly authority: string;
  /** The body as a backend receives it, as Latin-1 text. */
  readonly body: string;
}

/** How {@link relayRequest} is run. */
export interface RelayOptions {
  /** Reused between requests when given. */
  readonly reader?: HeadReader;
  readonly body?: BodyReader;
  /** Size of the buffer a head must fit in. */
  readonly largestHead?: number;
}

/** The head as a backend receives it. */
export function forwardHead(head: MessageHead): string {
  const upgrade = offeredUpgrade(head) !== null;
  dropHopByHop(head, upgrade);
  continueForwarding(head, ELEMENTS, RULES);
  const bound = writtenHeadBound(head) + forwardingLinesBound(RULES) + CONNECTION_UPGRADE.length +
    2;
  const out = new Uint8Array(bound);
  let at = writeRequestHead(head, out, 0);
  if (upgrade) {
    out.set(CONNECTION_UPGRADE, at);
    at += CONNECTION_UPGRADE.length;
  }
  at = writeForwardingLines(head, ELEMENTS, RULES, ID, out, at);
  at = writeLineEnd(out, at);
  if (at > bound) throw new RangeError(`Wrote ${at} bytes where ${bound} were announced`);
  return asciiText(out, 0, at);
}

/**
 * Reads one request from `bytes`, of which `ends` says how many have arrived at each step: increasing,
 * the last one is the length of the input.
 */
export function relayRequest(
  bytes: Uint8Array,
  ends: readonly number[],
  { reader = requestHeadReader(), body = new BodyReader(), largestHead = 16_393 }: RelayOptions =
    {},
): Relayed {
  const nothing = { forwarded: "", framing: 0, contentLength: 0, authority: "", body: "" };
  reader.begin(bytes, 0);
  let step = 0;
  let status: ReadStatus = ReadStatus.MORE;
  for (; step < ends.length && status === ReadStatus.MORE; step++) {
    const end = ends[step] as number;
    status = reader.read(Math.min(end, largestHead));
    if (status === ReadStatus.MORE && end >= largestHead) {
      return { status: 413, problem: Problem.HEAD_TOO_LARGE, consumed: 0, ...nothing };
    }
  }
  const { head, problem } = reader;
  if (status === ReadStatus.BAD) return { status: 400, problem, consumed: 0, ...nothing };
  if (status === ReadStatus.MORE) return { status: 100, problem, consumed: 0, ...nothing };
  const { framing, contentLength } = head;
  const authority = asciiText(head.bytes, head.authorityStart, head.authorityEnd);
  body.begin(head);
  const forwarded = forwardHead(head);
  let at = head.end;
  let forwardedBody = "";
  for (let i = step - 1; i < ends.length; i++) {
    // A copy, because what must not be forwarded is cut out where it lies.
    const piece = new Uint8Array(Math.max(0, (ends[i] as number) - at));
    for (let j = 0; j < piece.length; j++) piece[j] = bytes[at + j] as number;
    at += body.advance(piece, 0, piece.length);
    forwardedBody += asciiText(piece, 0, body.keptEnd);
  }
  const bodyStatus = body.problem !== Problem.NONE ? 400 : body.done ? 0 : 100;
  return {
    status: bodyStatus,
    problem: body.problem,
    consumed: at,
    forwarded,
    framing,
    contentLength,
    authority,
    body: forwardedBody,
  };
}
