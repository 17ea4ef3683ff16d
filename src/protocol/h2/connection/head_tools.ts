// What makes heads of header blocks and header blocks of heads. One set serves all connections of a thread,
// since a block is taken apart or made in one go.

import { HEADER_TABLE_BYTES } from "../frames/settings.ts";
import type { FieldSink } from "../hpack/field_sink.ts";
import { EncodingRoom } from "../heads/head_encoder.ts";
import { RequestHeadBuilder } from "../heads/request_head_builder.ts";
import { ResponseHeadBuilder } from "../heads/response_head_builder.ts";
import { TrailerBuilder } from "../heads/trailer_builder.ts";

/** The tools of one thread. */
export class HeadTools {
  readonly request = new RequestHeadBuilder();
  readonly response = new ResponseHeadBuilder();
  readonly trailers = new TrailerBuilder();
  readonly discarded = new DiscardedFields();
  readonly room = new EncodingRoom();
}

/** Takes fields and keeps none: decoding changes the table, whether or not a block is of interest. */
export class DiscardedFields implements FieldSink {
  readonly lost = true;
  /** Fields of the last block. */
  fieldsCome = 0;
  readonly bytes = new Uint8Array(HEADER_TABLE_BYTES + 64);
  readonly limit = this.bytes.length;
  position = 0;
  nameStart = 0;
  nameEnd = 0;
  valueStart = 0;

  field(): void {}

  endName(start: number): void {
    this.nameStart = start;
    this.nameEnd = this.valueStart = this.position;
  }

  endField(): boolean {
    this.position = 0;
    return false;
  }

  overflow(): void {
    this.position = 0;
  }

  passed(fields: number): void {
    this.fieldsCome = fields;
  }
}
