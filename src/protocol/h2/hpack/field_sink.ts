// Where HPACK puts the fields it decodes: straight into the buffer in which a message head is built, so
// that nothing is copied twice.

/** What a sink found right before, or-ed into the kind of a field: it need not look at those bytes again. */
export const Clean = { NAME: 1 << 8, VALUE: 1 << 9 } as const;

/**
 * Takes fields one after the other. A clean one lies in the table as a line and is given by {@link field}. For every
 * other, the decoder writes the name at {@link position}, calls
 * {@link endName}, writes the value at the new position, and calls {@link endField}.
 */
export interface FieldSink {
  /** What the decoder writes into. */
  readonly bytes: Uint8Array;
  /** Where it writes next. */
  position: number;
  /** Where it must stop. */
  readonly limit: number;
  /** Nothing that comes is kept any more: fields are only counted, by {@link passed}, unless they change the table. */
  readonly lost: boolean;
  /** First byte of the name and first behind it, as {@link endName} left them. */
  readonly nameStart: number;
  readonly nameEnd: number;
  /** First byte of the value. */
  readonly valueStart: number;
  /**
   * A clean field: its line, without the end, is `source[start, end)`, and its name ends at `nameEnd`, two bytes
   * before the value.
   */
  field(source: Uint8Array, start: number, nameEnd: number, end: number, kind: number): void;
  /**
   * A name lies between `start` and {@link position}. May move it; makes room for the value. `kind` may have the
   * mark {@link Clean.NAME}.
   */
  endName(start: number, kind: number): void;
  /**
   * The value lies between {@link valueStart} and {@link position}. True when name and value are clean and have
   * their place in a line as they are: the next time they are given by {@link field}.
   */
  endField(kind: number): boolean;
  /**
   * A field does not fit. The message is lost, but what follows must still be decoded, because it changes
   * the table: the sink makes room, at least as many bytes as the decoder's table may hold, and takes no more fields
   * seriously.
   */
  overflow(): void;
  /** So many fields came behind the one by which the message was lost. */
  passed(fields: number): void;
}
