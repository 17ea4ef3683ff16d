// Reads DER (X.690): elements with a tag and a range of bytes. Lengths are checked against the parent, so hostile
// bytes can only end the walk early.

/** One element: its tag byte, and where its contents start and end. */
export interface DerElement {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** Reads the element at `position` that must end at or before `limit`; `null` when there is none. */
export function readElement(bytes: Uint8Array, position: number, limit: number): DerElement | null {
  const tag = bytes[position];
  const first = bytes[position + 1];
  // Tags above 30 take more bytes; certificates have none.
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return null;
  let start = position + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) return null;
    length = 0;
    for (let index = 0; index < count; index++) length = length * 256 + (bytes[start++] ?? 0);
  }
  const end = start + length;
  return end > limit ? null : { tag, start, end };
}

/** The elements inside a constructed one, up to the first that is malformed. */
export function childrenOf(bytes: Uint8Array, parent: DerElement): DerElement[] {
  const children: DerElement[] = [];
  let position = parent.start;
  while (position < parent.end) {
    const child = readElement(bytes, position, parent.end);
    if (child === null) break;
    children.push(child);
    position = child.end;
  }
  return children;
}
