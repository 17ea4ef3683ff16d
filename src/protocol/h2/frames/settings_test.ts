import assert from "node:assert/strict";
import { ErrorCode } from "./error_code.ts";
import { writeSettings } from "./frame_writer.ts";
import { ownSettings, PeerSettings } from "./settings.ts";

function read(settings: PeerSettings, ...pairs: [number, number][]): ErrorCode {
  const bytes = new Uint8Array(9 + pairs.length * 6);
  writeSettings(bytes, 0, pairs);
  return settings.read(bytes, 9, bytes.length);
}

Deno.test("PeerSettings takes in what the peer asks, the last of each", () => {
  const settings = new PeerSettings();
  assert.equal(read(settings, [1, 0], [3, 5], [4, 0], [4, 10], [5, 20_000], [8, 1], [9, 1]), 0);
  const { headerTableSize, maxConcurrentStreams, initialWindow, maxFrameSize } = settings;
  assert.deepEqual([headerTableSize, maxConcurrentStreams, initialWindow, maxFrameSize], [
    0,
    5,
    10,
    20_000,
  ]);
  assert.ok(settings.connectProtocol);
});

Deno.test("PeerSettings counts settings that mean nothing to us", () => {
  const settings = new PeerSettings();
  read(settings, [7, 1], [0xfe, 1], [6, 1]);
  assert.equal(settings.unknown, 2);
  read(settings, [6, 1]);
  assert.equal(settings.unknown, 0);
});

Deno.test("PeerSettings refuses values that are out of range", () => {
  const rows: [number, number, ErrorCode][] = [
    [2, 2, ErrorCode.PROTOCOL_ERROR],
    [4, 0x8000_0000, ErrorCode.FLOW_CONTROL_ERROR],
    [5, 16_383, ErrorCode.PROTOCOL_ERROR],
    [5, 16_777_216, ErrorCode.PROTOCOL_ERROR],
    [8, 2, ErrorCode.PROTOCOL_ERROR],
    [9, 2, ErrorCode.PROTOCOL_ERROR],
    [4, 0x7fff_ffff, ErrorCode.NO_ERROR],
    [5, 16_777_215, ErrorCode.NO_ERROR],
    [3, 0xffff_ffff, ErrorCode.NO_ERROR],
  ];
  for (const [id, value, code] of rows) {
    assert.equal(read(new PeerSettings(), [id, value]), code, `${id}=${value}`);
  }
  assert.equal(read(new PeerSettings(), [8, 1], [8, 0]), ErrorCode.PROTOCOL_ERROR);
});

Deno.test("ownSettings() names eight settings in a fixed order", () => {
  assert.deepEqual(ownSettings(100, true), [
    [1, 4096],
    [2, 0],
    [3, 100],
    [4, 65_535],
    [5, 16_384],
    [6, 65_536],
    [8, 1],
    [9, 1],
  ]);
});
