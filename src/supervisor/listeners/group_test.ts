import assert from "node:assert/strict";
import fc from "fast-check";
import { closingStep, ListenerGroup, stayingPlaces } from "./group.ts";

/** The kernel's side: joins at the end, the last moves into the place of one that is closed. */
class KernelGroup {
  readonly places: number[] = [];
  readonly joined: number[] = [];
  #selector: readonly number[] = [];

  open(socket: number): void {
    this.places.push(socket);
    this.joined.push(socket);
  }

  close(socket: number): void {
    const place = this.places.indexOf(socket);
    const last = this.places.pop() as number;
    if (place < this.places.length) this.places[place] = last;
    this.joined.splice(this.joined.indexOf(socket), 1);
  }

  steer(targets: readonly number[]): void {
    this.#selector = targets;
  }

  /** Every socket that may get the next connection. */
  reachable(): Set<number> {
    const isForAll = this.#selector.length === 0 ||
      this.#selector.some((place) => place >= this.places.length);
    return new Set(
      isForAll ? this.places : this.#selector.map((place) => this.places[place] as number),
    );
  }
}

/**
 * Closes the leaving sockets step by step. A socket that could get a connection and is then closed
 * without having been out of reach for a while is reported.
 */
function handOver(kernel: KernelGroup, group: ListenerGroup, leaving: ReadonlySet<number>) {
  const losses: number[] = [];
  let rested = new Set<number>();
  const look = () => {
    for (const socket of kernel.reachable()) rested.delete(socket);
  };
  const rest = () => {
    rested = new Set(kernel.places.filter((socket) => !kernel.reachable().has(socket)));
  };
  for (let needsRest = true;;) {
    if (needsRest) {
      kernel.steer(stayingPlaces(group.order, leaving));
      rest();
    }
    const step = closingStep(group.order, leaving);
    if (step === null) break;
    kernel.steer(step.targets);
    look();
    if (!rested.has(step.socket)) losses.push(step.socket);
    kernel.close(step.socket);
    look();
    group.observe(kernel.joined);
    needsRest = step.exposes;
  }
  kernel.steer([]);
  return losses;
}

Deno.test("ListenerGroup follows sockets that come and go one at a time", () => {
  fc.assert(fc.property(fc.array(fc.nat(20), { maxLength: 60 }), (choices) => {
    const kernel = new KernelGroup();
    const group = new ListenerGroup();
    let next = 100;
    for (const choice of choices) {
      const victim = kernel.places[choice];
      if (victim === undefined) kernel.open(next++);
      else kernel.close(victim);
      group.observe(kernel.joined);
      assert.ok(group.isCertain);
      assert.deepEqual(group.order, kernel.places);
    }
  }));
});

Deno.test("ListenerGroup is certain only as far as one order of events explains what is seen", () => {
  const group = new ListenerGroup();
  group.observe([1, 2, 3, 4]);
  group.observe([1, 2]);
  assert.ok(group.isCertain, "the last ones left, in whatever order");
  group.observe([1, 2, 5, 6]);
  group.observe([5, 6]);
  assert.equal(group.isCertain, false, "the places of 5 and 6 depend on who left first");
  group.setOrder([6, 5]);
  assert.ok(group.isCertain);
  group.observe([5, 7]);
  assert.equal(group.isCertain, false, "7 may have come before 6 left");
  group.observe([5]);
  assert.ok(group.isCertain, "a single socket has only one place");
});

Deno.test("closingStep() never closes a socket that can have got a connection a moment before", () => {
  fc.assert(fc.property(
    fc.array(fc.boolean(), { minLength: 2, maxLength: 12 }),
    fc.array(fc.nat(11), { maxLength: 6 }),
    (leaves, closedBefore) => {
      const kernel = new KernelGroup();
      const group = new ListenerGroup();
      const sockets = leaves.map((_, i) => i);
      for (const socket of sockets) kernel.open(socket);
      group.observe(kernel.joined);
      for (const socket of new Set(closedBefore)) {
        if (!kernel.places.includes(socket) || kernel.places.length < 3) continue;
        kernel.close(socket);
        group.observe(kernel.joined);
      }
      const leaving = new Set(kernel.places.filter((socket) => leaves[socket] === true));
      if (leaving.size === kernel.places.length) return; // nobody stays: nothing to hand over to
      const staying = kernel.places.filter((socket) => !leaving.has(socket));
      assert.deepEqual(handOver(kernel, group, leaving), []);
      assert.deepEqual([...kernel.places].sort(), staying.sort());
    },
  ));
});

Deno.test("closingStep() works while further sockets join", () => {
  const kernel = new KernelGroup();
  const group = new ListenerGroup();
  for (const socket of [1, 2, 3, 4]) kernel.open(socket);
  group.observe(kernel.joined);
  const leaving = new Set([1, 2]);
  kernel.steer(stayingPlaces(group.order, leaving));
  const first = closingStep(group.order, leaving);
  assert.deepEqual(first, { socket: 2, targets: [2], exposes: false });
  kernel.steer([2]);
  kernel.open(5);
  kernel.close(2);
  assert.deepEqual([...kernel.reachable()], [3]);
});

Deno.test("closingStep() tells when the kernel may choose a socket that is still to be closed", () => {
  assert.deepEqual(closingStep([1, 2, 9], new Set([1, 2])), {
    socket: 2,
    targets: [2],
    exposes: true,
  });
  assert.deepEqual(closingStep([1, 9], new Set([1])), { socket: 1, targets: [1], exposes: false });
  assert.equal(closingStep([9], new Set([1])), null);
});
