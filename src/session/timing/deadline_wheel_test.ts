import assert from "node:assert/strict";
import fc from "fast-check";
import { DeadlineWheel, TICK_MS, type Timed } from "./deadline_wheel.ts";

class Alarm implements Timed {
  deadline = Infinity;
  filedTick = Infinity;
  filedIndex = 0;
  readonly fired: number[] = [];
  onFire: (() => void) | null = null;

  onDeadline(now: number): void {
    this.fired.push(now);
    this.onFire?.();
  }
}

function advanceBy(wheel: DeadlineWheel, total: number): void {
  const end = wheel.now + total;
  while (wheel.now < end) wheel.advance(Math.min(end, wheel.now + TICK_MS));
}

Deno.test("DeadlineWheel fires within one tick after the deadline, once", () => {
  const wheel = new DeadlineWheel(1_000);
  const alarm = new Alarm();
  wheel.arm(alarm, 1_000);
  advanceBy(wheel, 900);
  assert.equal(alarm.fired.length, 0);
  advanceBy(wheel, 300);
  assert.equal(alarm.fired.length, 1);
  assert.ok((alarm.fired[0] as number) <= 2_000 + TICK_MS);
  advanceBy(wheel, 200_000);
  assert.equal(alarm.fired.length, 1);
});

Deno.test("DeadlineWheel follows a deadline that moves away, nearer, or is taken away", () => {
  const wheel = new DeadlineWheel(0);
  const [away, nearer, gone] = [new Alarm(), new Alarm(), new Alarm()];
  wheel.arm(away, 1_000);
  wheel.arm(nearer, 60_000);
  wheel.arm(gone, 1_000);
  wheel.arm(nearer, 500);
  wheel.disarm(gone);
  for (let i = 0; i < 30; i++) {
    wheel.arm(away, 1_000);
    advanceBy(wheel, 500);
  }
  assert.deepEqual([away.fired.length, nearer.fired.length, gone.fired.length], [0, 1, 0]);
  assert.ok((nearer.fired[0] as number) <= 500 + TICK_MS);
  advanceBy(wheel, 2_000);
  assert.equal(away.fired.length, 1);
});

Deno.test("DeadlineWheel keeps deadlines longer than its turn", () => {
  const wheel = new DeadlineWheel(0);
  const alarm = new Alarm();
  wheel.arm(alarm, 600_000);
  advanceBy(wheel, 599_900);
  assert.equal(alarm.fired.length, 0);
  advanceBy(wheel, 300);
  assert.equal(alarm.fired.length, 1);
});

Deno.test("DeadlineWheel can be armed again from its own callback", () => {
  const wheel = new DeadlineWheel(0);
  const alarm = new Alarm();
  alarm.onFire = () => wheel.arm(alarm, 1_000);
  wheel.arm(alarm, 1_000);
  advanceBy(wheel, 5_500);
  assert.equal(alarm.fired.length, 5);
});

Deno.test("DeadlineWheel catches up after a pause longer than its turn", () => {
  const wheel = new DeadlineWheel(0);
  const alarms = Array.from({ length: 100 }, () => new Alarm());
  alarms.forEach((alarm, i) => wheel.arm(alarm, i * 1_000 + 1));
  wheel.advance(10_000_000);
  advanceBy(wheel, 60_000);
  assert.ok(alarms.every((alarm) => alarm.fired.length === 1));
});

Deno.test("DeadlineWheel agrees with a clock that looks at everything", () => {
  const steps = fc.array(
    fc.record({
      alarm: fc.nat(4),
      delay: fc.integer({ min: 1, max: 120_000 }),
      disarm: fc.boolean(),
      wait: fc.integer({ min: 0, max: 40_000 }),
    }),
    { maxLength: 60 },
  );
  fc.assert(fc.property(steps, (script) => {
    const wheel = new DeadlineWheel(0);
    const alarms = Array.from({ length: 5 }, () => new Alarm());
    const due = new Array<number>(5).fill(Infinity);
    for (const { alarm, delay, disarm, wait } of script) {
      const timed = alarms[alarm] as Alarm;
      if (disarm) wheel.disarm(timed);
      else wheel.arm(timed, delay);
      due[alarm] = disarm ? Infinity : wheel.now + delay;
      const end = wheel.now + wait;
      while (wheel.now < end) {
        wheel.advance(Math.min(end, wheel.now + TICK_MS));
        alarms.forEach((it, i) => {
          if (it.fired.length === 0) return;
          assert.ok((it.fired[0] as number) >= (due[i] as number), "fired too early");
          it.fired.length = 0;
          due[i] = Infinity;
        });
        due.forEach((time) => assert.ok(wheel.now < time + 2 * TICK_MS, "fired too late"));
      }
    }
  }));
});

Deno.test("DeadlineWheel lets go of what is disarmed at once", () => {
  const wheel = new DeadlineWheel(0);
  const kept = new Alarm();
  wheel.arm(kept, 5_000);
  const released: Alarm[] = [];
  const rearmed = new Alarm();
  for (let i = 0; i < 100; i++) {
    const alarm = i === 0 ? rearmed : new Alarm();
    wheel.arm(alarm, i % 2 === 0 ? 40_000 : 5_000);
    wheel.disarm(alarm);
    if (i > 0) released.push(alarm);
  }
  // Whoever was forgotten says so itself: it is filed nowhere, and filed anew when it is armed again.
  assert.ok(released.every(({ filedTick }) => filedTick === Infinity));
  wheel.arm(rearmed, 3_000);
  advanceBy(wheel, 6_000);
  assert.deepEqual([rearmed.fired.length, kept.fired.length], [1, 1]);
});

Deno.test("DeadlineWheel stands what is due arming and disarming its neighbours", () => {
  const wheel = new DeadlineWheel(0);
  const [first, gone, later, other] = [new Alarm(), new Alarm(), new Alarm(), new Alarm()];
  first.onFire = () => {
    wheel.disarm(gone);
    wheel.arm(later, 2_000);
    wheel.disarm(other);
  };
  for (const alarm of [first, gone, later]) wheel.arm(alarm, 1_000);
  wheel.arm(other, 51_100); // so that it lies where the others are filed next
  advanceBy(wheel, 1_500);
  assert.deepEqual([first, gone, later].map(({ fired }) => fired.length), [1, 0, 0]);
  advanceBy(wheel, 60_000);
  assert.deepEqual([gone, later, other].map(({ fired }) => fired.length), [0, 1, 0]);
});

Deno.test("DeadlineWheel keeps the others of a slot when one leaves it", () => {
  const wheel = new DeadlineWheel(0);
  const alarms = Array.from({ length: 6 }, () => new Alarm());
  for (const alarm of alarms) wheel.arm(alarm, 1_000);
  const [first, , third, , , last] = alarms as [Alarm, Alarm, Alarm, Alarm, Alarm, Alarm];
  wheel.disarm(third);
  wheel.arm(last, 500);
  wheel.disarm(first);
  wheel.disarm(last);
  advanceBy(wheel, 2_000);
  assert.deepEqual(alarms.map(({ fired }) => fired.length), [0, 1, 0, 1, 1, 0]);
});
