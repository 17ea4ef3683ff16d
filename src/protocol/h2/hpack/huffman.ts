// Huffman coding of HPACK strings (RFC 7541 section 5.2). Decoding takes a byte at a time: each state of the
// table is a node of the code's tree, and no byte completes more than two symbols. Where room is scarce it takes
// four bits at a time, which complete no more than one.

import { CODE_LENGTHS } from "./huffman_lengths.ts";

const END_OF_STRING = 256;

/** An entry of the decoding table: the symbol in the low 8 bits, then what follows. */
const EMITS = 1 << 8;
const FAILS = 1 << 9;
const STATE_SHIFT = 10;
const STATES_PER_NODE = 16;

/** An entry of the table by bytes: two symbols in the low 16 bits, how many of them count, then the rest. */
const COUNT_SHIFT = 16;
const BYTE_FAILS = 1 << 18;
const BYTE_STATE_SHIFT = 19;

const CODES: Uint32Array = buildCodes();
const NODES: DecodingTable = buildTable();
const BYTES: Uint32Array = buildByteTable();

/** {@link huffmanDecode}: the string breaks the rules of the code. */
export const HUFFMAN_BAD = -1;
/** {@link huffmanDecode}: the string is longer than the room for it. */
export const HUFFMAN_NO_ROOM = -2;

/** Bytes that `bytes[start, end)` takes when it is encoded. */
export function huffmanLength(bytes: Uint8Array, start: number, end: number): number {
  let bits = 0;
  for (let at = start; at < end; at++) bits += CODE_LENGTHS[bytes[at] as number] as number;
  return (bits + 7) >> 3;
}

/** Encodes `bytes[start, end)` into `out` from `at`, where there must be room; returns the end. */
export function huffmanEncode(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at: number,
): number {
  let held = 0;
  let heldBits = 0;
  for (let i = start; i < end; i++) {
    const symbol = bytes[i] as number;
    let bits = CODE_LENGTHS[symbol] as number;
    const code = CODES[symbol] as number;
    // At most 7 bits are held, and a code may have 30: it is added in two parts.
    while (bits > 0) {
      const taken = Math.min(bits, 16);
      bits -= taken;
      held = (held << taken) | ((code >>> bits) & ((1 << taken) - 1));
      heldBits += taken;
      while (heldBits >= 8) {
        heldBits -= 8;
        out[at++] = held >>> heldBits;
        held &= (1 << heldBits) - 1;
      }
    }
  }
  // The end is filled with the first bits of the end-of-string symbol, which are ones.
  if (heldBits > 0) out[at++] = (held << (8 - heldBits)) | (0xff >> heldBits);
  return at;
}

/**
 * Decodes `bytes[start, end)` into `out[at, limit)`. Returns the end, {@link HUFFMAN_BAD} or
 * {@link HUFFMAN_NO_ROOM}; what was written before a failure means nothing.
 */
export function huffmanDecode(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at: number,
  limit: number,
): number {
  if (limit - at < 2 * (end - start)) return decodeSparingly(bytes, start, end, out, at, limit);
  let state = 0;
  let seen = 0;
  for (let i = start; i < end; i++) {
    const entry = BYTES[(state << 8) | (bytes[i] as number)] as number;
    out[at] = entry;
    out[at + 1] = entry >>> 8;
    at += (entry >>> COUNT_SHIFT) & 3;
    seen |= entry;
    state = entry >>> BYTE_STATE_SHIFT;
  }
  return (seen & BYTE_FAILS) === 0 && NODES.accepts[state] === 1 ? at : HUFFMAN_BAD;
}

/** Whether `bytes[start, end)` keeps to the rules of the code; nothing is decoded. */
export function isHuffmanString(bytes: Uint8Array, start: number, end: number): boolean {
  let state = 0;
  let seen = 0;
  for (let i = start; i < end; i++) {
    const entry = BYTES[(state << 8) | (bytes[i] as number)] as number;
    seen |= entry;
    state = entry >>> BYTE_STATE_SHIFT;
  }
  return (seen & BYTE_FAILS) === 0 && NODES.accepts[state] === 1;
}

/** {@link huffmanDecode} where every byte that is written must be looked at. */
function decodeSparingly(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at: number,
  limit: number,
): number {
  const { steps, accepts } = NODES;
  let state = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    const high = steps[state * STATES_PER_NODE + (byte >> 4)] as number;
    if ((high & EMITS) !== 0) {
      if (at === limit) return HUFFMAN_NO_ROOM;
      out[at++] = high & 0xff;
    }
    const low = steps[(high >>> STATE_SHIFT) * STATES_PER_NODE + (byte & 15)] as number;
    if (((high | low) & FAILS) !== 0) return HUFFMAN_BAD;
    if ((low & EMITS) !== 0) {
      if (at === limit) return HUFFMAN_NO_ROOM;
      out[at++] = low & 0xff;
    }
    state = low >>> STATE_SHIFT;
  }
  return accepts[state] === 1 ? at : HUFFMAN_BAD;
}

/** What decoding goes by. */
interface DecodingTable {
  /** By state and four bits: symbol, flags and the next state. */
  readonly steps: Uint32Array;
  /** 1 for states in which a string may end: after at most seven ones. */
  readonly accepts: Uint8Array;
}

function buildCodes(): Uint32Array {
  const codes = new Uint32Array(CODE_LENGTHS.length);
  let code = 0;
  let length = 0;
  for (const symbol of symbolsByCode()) {
    const bits = CODE_LENGTHS[symbol] as number;
    code <<= bits - length;
    length = bits;
    codes[symbol] = code++;
  }
  return codes;
}

function symbolsByCode(): number[] {
  const lengthOf = (symbol: number) => CODE_LENGTHS[symbol] as number;
  return CODE_LENGTHS.map((_, symbol) => symbol)
    .sort((a, b) => lengthOf(a) - lengthOf(b) || a - b);
}

/** A node has two children: another node, or a symbol written as `-1 - symbol`. */
type Node = [number | null, number | null];

function buildTree(): Node[] {
  const nodes: Node[] = [[null, null]];
  for (const [symbol, length] of CODE_LENGTHS.entries()) {
    let node = nodes[0] as Node;
    for (let bit = length - 1; bit > 0; bit--) {
      const side = ((CODES[symbol] as number) >>> bit) & 1;
      const next = node[side] ?? nodes.push([null, null]) - 1;
      node[side] = next;
      node = nodes[next] as Node;
    }
    node[(CODES[symbol] as number) & 1] = -1 - symbol;
  }
  return nodes;
}

function buildTable(): DecodingTable {
  const nodes = buildTree();
  const steps = new Uint32Array(nodes.length * STATES_PER_NODE);
  for (let state = 0; state < nodes.length; state++) {
    for (let bits = 0; bits < STATES_PER_NODE; bits++) {
      steps[state * STATES_PER_NODE + bits] = stepFrom(nodes, state, bits);
    }
  }
  const accepts = new Uint8Array(nodes.length);
  for (let ones = 0, state = 0; ones < 8; ones++) {
    accepts[state] = 1;
    state = (nodes[state] as Node)[1] as number;
  }
  return { steps, accepts };
}

/** Two steps of four bits each make one of a byte. */
function buildByteTable(): Uint32Array {
  const { steps, accepts } = NODES;
  const table = new Uint32Array(accepts.length << 8);
  for (let at = 0; at < table.length; at++) {
    const high = steps[(at >>> 8) * STATES_PER_NODE + ((at >>> 4) & 15)] as number;
    const low = steps[(high >>> STATE_SHIFT) * STATES_PER_NODE + (at & 15)] as number;
    let entry = (low >>> STATE_SHIFT) << BYTE_STATE_SHIFT;
    let count = 0;
    if ((high & EMITS) !== 0) entry |= (high & 0xff) << (8 * count++);
    if ((low & EMITS) !== 0) entry |= (low & 0xff) << (8 * count++);
    table[at] = ((high | low) & FAILS) === 0 ? entry | (count << COUNT_SHIFT) : BYTE_FAILS;
  }
  return table;
}

function stepFrom(nodes: readonly Node[], from: number, bits: number): number {
  let state = from;
  let emitted = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const next = (nodes[state] as Node)[(bits >>> bit) & 1] as number;
    if (next >= 0) {
      state = next;
      continue;
    }
    // RFC 7541 section 5.2: a string that holds the end-of-string symbol is an error.
    if (-1 - next === END_OF_STRING) return FAILS;
    emitted = EMITS | (-1 - next);
    state = 0;
  }
  return emitted | (state << STATE_SHIFT);
}
