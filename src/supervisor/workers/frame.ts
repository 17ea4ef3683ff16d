// The frame of one request to a worker, built around an encoded request: the request goes to every worker under
// another id and is encoded once.

import { FRAME_PREFIX_LENGTH, writeFramePrefix } from "../../protocol/control/frame.ts";

/** Tags of the two fields of a WorkerRequest, both of them length-delimited. */
const ID_TAG = 1 << 3 | 2;
const CONTENT_TAG = 2 << 3 | 2;

/** Bytes of the frame with the WorkerRequest of `id`, which must be ASCII, and an encoded Request. */
export function workerFrameLength(id: string, content: Uint8Array): number {
  return FRAME_PREFIX_LENGTH +
    1 + varintLength(id.length) + id.length +
    1 + varintLength(content.length) + content.length;
}

/** Fills `frame`, which has the length of the frame, with it. */
export function writeWorkerFrame(frame: Uint8Array, id: string, content: Uint8Array): void {
  let at = writeFramePrefix(frame, frame.length);
  frame[at++] = ID_TAG;
  at = writeVarint(frame, at, id.length);
  for (let i = 0; i < id.length; i++) frame[at++] = id.charCodeAt(i);
  frame[at++] = CONTENT_TAG;
  at = writeVarint(frame, at, content.length);
  frame.set(content, at);
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
  return length;
}

function writeVarint(into: Uint8Array, at: number, value: number): number {
  let rest = value;
  while (rest >= 0x80) {
    into[at++] = rest % 0x80 | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  into[at++] = rest;
  return at;
}
