// Gives each request its place in a trace: continues that of its traceparent field, or begins one. What
// the client sent of the old context and does not hold any more is not passed on.

import { asciiBytes, equalsIgnoreCase } from "../../bytes/ascii.ts";
import { HexIds } from "../../protocol/http/ids/hex_ids.ts";
import { Field, FieldFlag, type MessageHead } from "../../protocol/http/message_head.ts";
import { readTraceparent, type TraceContext } from "../../protocol/http/ids/trace_context.ts";

const TRACEPARENT = asciiBytes("traceparent");
const TRACESTATE = asciiBytes("tracestate");

/** Traces the requests of a worker. */
export class Tracer {
  readonly #ids: HexIds;
  readonly #sampledShare: number;

  /** `sampledShare`: how many of the traces that begin here are recorded, 0 to 1. */
  constructor(fillRandom: (into: Uint8Array<ArrayBuffer>) => void, sampledShare: number) {
    this.#ids = new HexIds(fillRandom);
    this.#sampledShare = sampledShare;
  }

  /** Fills `context` for the request in `head`; its own traceparent fields are dropped from it. */
  begin(head: MessageHead, context: TraceContext): void {
    const found = dropFields(head, TRACEPARENT);
    // More than one is as good as none: nobody can tell which is right (section 3.2.1).
    if (found.count !== 1 || !readField(head, found.last, context)) {
      context.hasParent = false;
      context.sampled = this.#ids.fraction() < this.#sampledShare;
      this.#ids.writeInto(context.traceId);
      dropFields(head, TRACESTATE);
    }
    this.#ids.writeInto(context.spanId);
  }
}

function readField(head: MessageHead, field: number, context: TraceContext): boolean {
  const start = head.at(field, Field.VALUE_START);
  return readTraceparent(head.bytes, start, head.at(field, Field.VALUE_END), context);
}

/** Drops every field of this name; says how many there were, and which was the last. */
function dropFields(head: MessageHead, name: Uint8Array): { count: number; last: number } {
  let count = 0;
  let last = -1;
  for (let i = 0; i < head.count; i++) {
    const start = head.at(i, Field.NAME_START);
    if (!equalsIgnoreCase(head.bytes, start, head.at(i, Field.NAME_END), name)) continue;
    head.flag(i, FieldFlag.DROP);
    last = i;
    count++;
  }
  return { count, last };
}
