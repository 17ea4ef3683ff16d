// Reads the length-prefixed vectors that TLS messages are made of (RFC 8446 section 3.4). A cursor
// never reads past the end of its range; what does not fit is `null`. Knows no message.

/** A position in `bytes[at, end)` that only moves forward. */
export class ByteCursor {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.end - this.at;
  }

  /** An unsigned number of one or two bytes. */
  number(size: 1 | 2): number | null {
    if (this.left < size) return null;
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + (this.bytes[this.at++] as number);
    return value;
  }

  /** Steps over `count` bytes; false when there are fewer. */
  skip(count: number): boolean {
    if (this.left < count) return false;
    this.at += count;
    return true;
  }

  /** The contents of a vector whose length is written in `prefix` bytes. */
  vector(prefix: 1 | 2): ByteCursor | null {
    const length = this.number(prefix);
    if (length === null || length > this.left) return null;
    const start = this.at;
    this.at += length;
    return new ByteCursor(this.bytes, start, this.at);
  }

  /** What is left as text, one character a byte. */
  text(): string {
    let text = "";
    for (let i = this.at; i < this.end; i++) text += String.fromCharCode(this.bytes[i] as number);
    return text;
  }
}
