import assert from "node:assert/strict";
import fc from "fast-check";
import { ReceiveWindow, SendWindow } from "./flow_window.ts";

Deno.test("SendWindow may become negative, and never larger than 2^31-1", () => {
  const window = new SendWindow(10);
  window.take(10);
  assert.ok(window.add(-5));
  assert.equal(window.available, -5);
  assert.ok(window.add(0x7fff_ffff));
  assert.ok(!window.add(6));
  assert.equal(window.available, 0x7fff_ffff - 5);
});

Deno.test("ReceiveWindow announces at once what the peer does not know of", () => {
  const window = new ReceiveWindow(16_777_216);
  assert.equal(window.takeUpdate(true), 16_711_681);
  assert.equal(window.takeUpdate(true), 0);
});

Deno.test("ReceiveWindow gives credit back by halves, for what was passed on", () => {
  const window = new ReceiveWindow(100, 100);
  assert.ok(window.receive(60));
  assert.equal(window.takeUpdate(), 0, "nothing was passed on");
  window.release(39);
  assert.equal(window.takeUpdate(), 0);
  window.release(1);
  assert.equal(window.takeUpdate(), 40);
  assert.ok(window.receive(80));
  assert.ok(!window.receive(1));
});

Deno.test("ReceiveWindow gives credit back sooner when less can come than is owed", () => {
  const window = new ReceiveWindow(100, 100);
  assert.ok(window.receive(80));
  window.release(19);
  assert.equal(window.takeUpdate(), 0);
  assert.ok(window.receive(1));
  assert.ok(window.owesUpdate, "61 are held");
  assert.equal(window.takeUpdate(), 19);
  assert.ok(!window.owesUpdate);
});

Deno.test("ReceiveWindow never lets more be under way than its size", () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(80), fc.nat(80))), (steps) => {
    const window = new ReceiveWindow(100, 100);
    let allowed = 100;
    let held = 0;
    for (const [sent, passed] of steps) {
      const fits = sent <= allowed;
      assert.equal(window.receive(sent), fits);
      if (fits) {
        allowed -= sent;
        held += sent;
      }
      const released = Math.min(passed, held);
      held -= released;
      window.release(released);
      allowed += window.takeUpdate();
      assert.ok(allowed + held <= 100);
    }
  }));
});
