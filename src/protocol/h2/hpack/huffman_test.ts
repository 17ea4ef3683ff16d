import assert from "node:assert/strict";
import fc from "fast-check";
import { asciiBytes } from "../../../bytes/ascii.ts";
import {
  HUFFMAN_BAD,
  HUFFMAN_NO_ROOM,
  huffmanDecode,
  huffmanEncode,
  huffmanLength,
} from "./huffman.ts";

function encode(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(huffmanLength(bytes, 0, bytes.length));
  assert.equal(huffmanEncode(bytes, 0, bytes.length, out, 0), out.length);
  return out;
}

function decode(bytes: Uint8Array, room = 4096): Uint8Array | number {
  const out = new Uint8Array(room);
  const end = huffmanDecode(bytes, 0, bytes.length, out, 0, room);
  return end < 0 ? end : out.slice(0, end);
}

Deno.test("huffmanEncode() writes the examples of RFC 7541 appendix C", () => {
  const rows: [string, string][] = [
    ["www.example.com", "f1e3c2e5f23a6ba0ab90f4ff"],
    ["no-cache", "a8eb10649cbf"],
    ["custom-key", "25a849e95ba97d7f"],
    ["custom-value", "25a849e95bb8e8b4bf"],
    ["302", "6402"],
    ["private", "aec3771a4b"],
    ["Mon, 21 Oct 2013 20:13:21 GMT", "d07abe941054d444a8200595040b8166e082a62d1bff"],
    ["https://www.example.com", "9d29ad171863c78f0b97c8e9ae82ae43d3"],
  ];
  for (const [text, hex] of rows) {
    assert.equal(encode(asciiBytes(text)).toHex(), hex, text);
    assert.deepEqual(decode(Uint8Array.fromHex(hex)), asciiBytes(text));
  }
});

Deno.test("huffmanDecode() reads back every symbol and every string", () => {
  for (let symbol = 0; symbol < 256; symbol++) {
    assert.deepEqual(decode(encode(Uint8Array.of(symbol))), Uint8Array.of(symbol));
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    assert.deepEqual(decode(encode(bytes)), bytes);
  }));
});

Deno.test("huffmanDecode() never writes past its room", () => {
  const bytes = encode(asciiBytes("0000000000"));
  const out = new Uint8Array(12).fill(0x7e);
  assert.equal(huffmanDecode(bytes, 0, bytes.length, out, 1, 10), HUFFMAN_NO_ROOM);
  assert.deepEqual([out[0], out[10], out[11]], [0x7e, 0x7e, 0x7e]);
  assert.equal(huffmanDecode(bytes, 0, bytes.length, out, 1, 11), 11);
});

Deno.test("huffmanDecode() refuses bad padding and the end-of-string symbol", () => {
  const bad: [string, string][] = [
    ["zeros as padding", "00"],
    ["eight ones as padding", "f1e3c2e5f23a6ba0ab90f4ffff"],
    ["nothing but padding, a byte long", "ff"],
    ["the end-of-string symbol", "fffffffc"],
    ["the end-of-string symbol, then more", "ffffffff00"],
  ];
  for (const [what, hex] of bad) {
    assert.equal(decode(Uint8Array.fromHex(hex)), HUFFMAN_BAD, what);
  }
  // A code of exactly eight bits needs no padding.
  assert.deepEqual(decode(Uint8Array.fromHex("f8")), asciiBytes("&"));
});

Deno.test("huffmanDecode() ends on arbitrary input, with what encodes to the same bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
    const decoded = decode(bytes);
    if (typeof decoded === "number") return assert.equal(decoded, HUFFMAN_BAD);
    assert.deepEqual(encode(decoded), bytes);
  }));
});
