import assert from "node:assert/strict";
import { Flood, FLOOD_NAMES, FloodGuard } from "./flood_guard.ts";
import { testLimits } from "../../../tests/support/h2/limits.ts";

type Step = (guard: FloodGuard, nowMs: number) => Flood;

/** What the guard says to `count` steps at once. */
function repeat(guard: FloodGuard, count: number, step: Step, nowMs = 0): Flood {
  let found: Flood = Flood.NONE;
  for (let i = 0; i < count && found === Flood.NONE; i++) found = step(guard, nowMs);
  return found;
}

const RATES: [string, number, Step, Flood][] = [
  ["resets", 2000, (it, now) => it.reset(false, now), Flood.RST_STREAM_WINDOW],
  ["pings", 2000, (it, now) => it.ping(now), Flood.PING_WINDOW],
  ["settings", 1000, (it, now) => it.settings(now), Flood.SETTINGS_WINDOW],
  ["empty data", 2000, (it, now) => it.emptyData(now), Flood.EMPTY_DATA_WINDOW],
  [
    "window updates",
    2000,
    (it, now) => it.connectionWindowUpdate(now),
    Flood.WINDOW_UPDATE_STREAM0_WINDOW,
  ],
  ["glitches", 2000, (it, now) => it.glitch(1, now), Flood.GLITCH_WINDOW],
];

for (const [what, threshold, step, flood] of RATES) {
  Deno.test(`FloodGuard takes ${threshold} ${what} in a second, and not one more`, () => {
    const guard = new FloodGuard(testLimits(), 0);
    assert.equal(repeat(guard, threshold, step), Flood.NONE);
    assert.equal(step(guard, 999), flood);
  });

  Deno.test(`FloodGuard counts ${what} half in the next second`, () => {
    const guard = new FloodGuard(testLimits(), 0);
    repeat(guard, threshold, step);
    assert.equal(repeat(guard, threshold / 2, step, 1000), Flood.NONE);
    assert.equal(step(guard, 1000), flood);
  });
}

Deno.test("FloodGuard counts PING and SETTINGS for the life of a connection, however slowly they come", () => {
  for (
    const [step, flood] of [
      [(it, now) => it.ping(now), Flood.PING_LIFETIME],
      [(it, now) => it.settings(now), Flood.SETTINGS_LIFETIME],
    ] as [Step, Flood][]
  ) {
    const guard = new FloodGuard(testLimits(), 0);
    for (let i = 0; i < 200_000; i++) assert.equal(step(guard, i * 10), Flood.NONE);
    assert.equal(step(guard, 2_000_000), flood);
  }
});

Deno.test("FloodGuard ends Rapid Reset just past the floor", () => {
  const guard = new FloodGuard(testLimits(), 0);
  const rapid: Step = (it, now) => it.reset(true, now);
  assert.equal(repeat(guard, 1000, rapid), Flood.NONE);
  assert.equal(rapid(guard, 0), Flood.RST_STREAM_PRE_RESPONSE_LIFETIME);
});

Deno.test("FloodGuard lets a minority of streams be cancelled for ever", () => {
  const guard = new FloodGuard(testLimits(), 0);
  for (let i = 0; i < 50_000; i++) {
    guard.answered();
    guard.answered();
    assert.equal(guard.reset(true, i * 10), Flood.NONE);
  }
});

Deno.test("FloodGuard counts resets that the peer provokes, with those it sends before a response", () => {
  const guard = new FloodGuard(testLimits({ maxGlitchesPerWindow: 1e9 }), 0);
  assert.equal(repeat(guard, 10_000, (it, now) => it.resetEmitted(now)), Flood.NONE);
  assert.equal(guard.resetEmitted(0), Flood.RST_STREAM_EMITTED_LIFETIME);
  const shared = new FloodGuard(testLimits({ maxGlitchesPerWindow: 1e9 }), 0);
  for (let i = 0; i < 900; i++) shared.answered();
  assert.equal(repeat(shared, 900, (it, now) => it.reset(true, now)), Flood.NONE);
  assert.equal(repeat(shared, 200, (it, now) => it.resetEmitted(now)), Flood.NONE);
  // 1,100 streams for nothing outnumber 900 answers; the floor of 1,000 resets is what is left.
  const found = repeat(shared, 200, (it, now) => it.reset(true, now));
  assert.equal(found, Flood.RST_STREAM_PRE_RESPONSE_LIFETIME);
});

Deno.test("FloodGuard bounds late resets for life only where answers are fewer", () => {
  const limits = testLimits({ maxResetsPerWindow: 1e9 });
  const fruitless = new FloodGuard(limits, 0);
  assert.equal(repeat(fruitless, 200_000, (it, now) => it.reset(false, now)), Flood.NONE);
  assert.equal(fruitless.reset(false, 0), Flood.RST_STREAM_LIFETIME);
  const honest = new FloodGuard(limits, 0);
  for (let i = 0; i < 200_001; i++) honest.answered();
  assert.equal(repeat(honest, 200_001, (it, now) => it.reset(false, now)), Flood.NONE);
});

Deno.test("FloodGuard refuses streams softly past half of the floor, while resets go on", () => {
  const guard = new FloodGuard(testLimits(), 0);
  repeat(guard, 500, (it, now) => it.reset(true, now));
  assert.ok(!guard.refusesStreams(0));
  guard.reset(true, 0);
  assert.ok(guard.refusesStreams(999));
  assert.ok(!guard.refusesStreams(1000), "a second after the last reset");
  for (let i = 0; i < 501; i++) guard.answered();
  assert.ok(!guard.refusesStreams(0), "as many answers as resets");
  guard.reset(true, 0);
  assert.ok(guard.refusesStreams(0));
  guard.refusalIgnored();
  assert.ok(!guard.refusesStreams(0), "whoever resets refused streams meets the bound instead");
});

Deno.test("FloodGuard refuses nothing softly at 0 percent, and nothing before the bound at 100", () => {
  for (const streamRefusalPercent of [0, 100]) {
    const guard = new FloodGuard(testLimits({ streamRefusalPercent }), 0);
    repeat(guard, 1000, (it, now) => it.reset(true, now));
    assert.ok(!guard.refusesStreams(0));
  }
});

Deno.test("FloodGuard takes two updates of the connection's window for each DATA frame", () => {
  const guard = new FloodGuard(testLimits(), 0);
  for (let i = 0; i < 10_000; i++) {
    guard.dataSent();
    for (let j = 0; j < 2; j++) assert.equal(guard.connectionWindowUpdate(0), Flood.NONE);
  }
  assert.equal(repeat(guard, 2000, (it, now) => it.connectionWindowUpdate(now)), Flood.NONE);
  assert.equal(guard.connectionWindowUpdate(0), Flood.WINDOW_UPDATE_STREAM0_WINDOW);
});

Deno.test("FloodGuard keeps no more credit for updates than twice the threshold and recent DATA", () => {
  const limits = testLimits({ maxConnectionWindowUpdatesPerWindow: 10 });
  const guard = new FloodGuard(limits, 0);
  for (let i = 0; i < 100; i++) guard.dataSent();
  for (let second = 1; second < 20; second++) guard.glitch(0, second * 1000);
  guard.dataSent();
  assert.equal(repeat(guard, 22 + 10, (it) => it.connectionWindowUpdate(19_000)), Flood.NONE);
  assert.notEqual(guard.connectionWindowUpdate(19_000), Flood.NONE);
});

Deno.test("FloodGuard bounds one header block by frames and by bytes", () => {
  const guard = new FloodGuard(testLimits(), 0);
  assert.equal(guard.headerBlock(20, 65_536), Flood.NONE);
  assert.equal(guard.headerBlock(21, 0), Flood.CONTINUATION_PER_BLOCK);
  assert.equal(guard.headerBlock(0, 65_537), Flood.HEADER_SIZE_PER_BLOCK);
});

Deno.test("FLOOD_NAMES has a name of its own for every finding", () => {
  assert.equal(new Set(FLOOD_NAMES).size, Object.keys(Flood).length);
  assert.equal(
    FLOOD_NAMES[Flood.RST_STREAM_PRE_RESPONSE_LIFETIME],
    "rst_stream_pre_response_lifetime",
  );
});

Deno.test("FloodGuard suspects who lets streams end for nothing, and not who lets as many be answered", () => {
  const guard = new FloodGuard(testLimits(), 0);
  repeat(guard, 64, (it, now) => it.reset(true, now));
  assert.ok(!guard.isWasteful);
  guard.reset(true, 0);
  assert.ok(guard.isWasteful);
  guard.answered();
  assert.ok(!guard.isWasteful);
  repeat(guard, 1, (it, now) => it.resetEmitted(now));
  assert.ok(guard.isWasteful);
});

Deno.test("FloodGuard suspects who makes many glitches, for as long as it does", () => {
  const guard = new FloodGuard(testLimits(), 0);
  repeat(guard, 250, (it, now) => it.glitch(1, now));
  assert.ok(!guard.isWasteful);
  guard.glitch(1, 0);
  assert.ok(guard.isWasteful);
  guard.check(1_000);
  assert.ok(!guard.isWasteful);
});

Deno.test("FloodGuard counts a head by how much larger it is than one may be, to half of the bound", () => {
  const guard = new FloodGuard(testLimits(), 0);
  assert.equal(repeat(guard, 250, (it, now) => it.oversized(1, now)), Flood.NONE);
  assert.equal(guard.oversized(1, 0), Flood.GLITCH_WINDOW);
  const other = new FloodGuard(testLimits(), 0);
  assert.equal(repeat(other, 2, (it, now) => it.oversized(100_000, now)), Flood.NONE);
  assert.equal(other.oversized(1, 0), Flood.GLITCH_WINDOW);
});
