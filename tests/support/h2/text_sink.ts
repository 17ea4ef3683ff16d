// A sink that keeps fields as texts, for tests of HPACK.

import { asciiText } from "../../../src/bytes/ascii.ts";
import type { FieldSink } from "../../../src/protocol/h2/hpack/field_sink.ts";

/** Takes fields into a buffer of `room` bytes; after an overflow it starts over and counts no more. */
export class TextSink implements FieldSink {
  readonly fields: [name: string, value: string][] = [];
  readonly bytes: Uint8Array;
  position = 0;
  nameStart = 0;
  nameEnd = 0;
  valueStart = 0;
  overflows = 0;
  /** Fields that were not kept, because of {@link lost}. */
  others = 0;
  /** A test sets it when nothing more is to be kept. */
  lost = false;

  constructor(room = 65_536) {
    this.bytes = new Uint8Array(room);
  }

  get limit(): number {
    return this.bytes.length;
  }

  field(source: Uint8Array, start: number, nameEnd: number, end: number): void {
    if (this.overflows > 0) return;
    this.fields.push([asciiText(source, start, nameEnd), asciiText(source, nameEnd + 2, end)]);
  }

  endName(start: number): void {
    this.nameStart = start;
    this.nameEnd = this.position;
    this.position += 2;
    this.valueStart = this.position;
  }

  endField(): boolean {
    if (this.overflows > 0 || this.lost) {
      this.position = 0;
      return false;
    }
    this.fields.push([
      asciiText(this.bytes, this.nameStart, this.nameEnd),
      asciiText(this.bytes, this.valueStart, this.position),
    ]);
    this.position += 2;
    return true;
  }

  overflow(): void {
    this.overflows++;
    this.position = 0;
  }

  passed(fields: number): void {
    this.others += fields;
  }
}
