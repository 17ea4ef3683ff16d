import assert from "node:assert/strict";
import fc from "fast-check";
import { decode, encode } from "../../../config/codec/protobuf.ts";
import { Request, Response } from "../../../config/schema/messages.ts";
import { encodeFrame } from "../../protocol/control/frame.ts";
import { MalformedRequest, RecognisingCodec } from "./codec.ts";
import { ok } from "./responses.ts";

const STATUS: Request = { request_type: { kind: "status", value: {} } };
const FRAME = encodeFrame(encode(Request, STATUS));
const LINE = new TextEncoder().encode('{"request_type":{"STATUS":{}}}\n');

function feed(codec: RecognisingCodec, bytes: Uint8Array, size: number): unknown[] {
  const taken: unknown[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    codec.receive(bytes.subarray(at, at + size));
    for (let next = codec.next(); next !== null; next = codec.next()) taken.push(next);
  }
  return taken;
}

Deno.test("RecognisingCodec reads frames and answers in frames, however they are cut", () => {
  for (const size of [1, 3, 1000]) {
    const codec = new RecognisingCodec(1000);
    const twice = new Uint8Array([...FRAME, ...FRAME]);
    assert.deepEqual(feed(codec, twice, size), [STATUS, STATUS]);
    assert.deepEqual(decode(Response, codec.encode(ok("x")).subarray(8)), ok("x"));
  }
});

Deno.test("RecognisingCodec reads JSON lines and answers in JSON lines, however they are cut", () => {
  for (const size of [1, 3, 1000]) {
    const codec = new RecognisingCodec(1000);
    const twice = new Uint8Array([...LINE, ...LINE]);
    assert.deepEqual(feed(codec, twice, size), [STATUS, STATUS]);
    const text = new TextDecoder().decode(codec.encode(ok("x")));
    assert.equal(text.at(-1), "\n");
    assert.equal(JSON.parse(text).message, "x");
  }
});

Deno.test("RecognisingCodec takes a frame for a frame although its length begins like a brace", () => {
  for (const length of [0x7b, 0x7b + 256 * 0x22]) {
    const path = "p".repeat(length - 8 - (length > 200 ? 3 : 2));
    const request: Request = { request_type: { kind: "save_state", value: path } };
    const frame = encodeFrame(encode(Request, request));
    assert.equal(frame.length, length);
    assert.equal(frame[0], 0x7b);
    for (const size of [1, 2, 9, 10_000]) {
      assert.deepEqual(feed(new RecognisingCodec(10_000), frame, size), [request]);
    }
  }
});

Deno.test("RecognisingCodec tells what can be skipped, answered or followed no further", () => {
  const short = new RecognisingCodec(1000);
  const [skipped, next] = feed(short, new Uint8Array([5, 0, 0, 0, 0, 0, 0, 0, ...FRAME]), 1000);
  assert.ok(skipped instanceof MalformedRequest);
  assert.equal(skipped.severity, "skipped");
  assert.deepEqual(next, STATUS);

  const json = new RecognisingCodec(1000);
  const broken = new TextEncoder().encode('{"request_type":{"NO":1}}\n');
  const [answered, after] = feed(json, new Uint8Array([...broken, ...LINE]), 1000);
  assert.ok(answered instanceof MalformedRequest);
  assert.equal(answered.severity, "answered");
  assert.deepEqual(after, STATUS);

  const large = new RecognisingCodec(1000);
  large.receive(Uint8Array.of(0xe9, 3, 0, 0, 0, 0, 0, 0));
  const fatal = large.next();
  assert.ok(fatal instanceof MalformedRequest);
  assert.equal(fatal.severity, "fatal");
});

Deno.test("RecognisingCodec never throws, whatever it is fed", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
    const codec = new RecognisingCodec(200);
    for (const chunk of chunks) {
      codec.receive(chunk);
      for (let next = codec.next(); next !== null; next = codec.next()) {
        if (next instanceof MalformedRequest && next.severity === "fatal") return;
      }
    }
  }));
});
