import assert from "node:assert/strict";
import { waitFor } from "../../../tests/support/wait.ts";
import { DatagramTimer } from "./datagram_timer.ts";
import { udpRoute } from "../log/sink_datagram.ts";

Deno.test("DatagramTimer sends on its own every second, and at once when flushed", async () => {
  const receiver = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const { port } = receiver.addr as Deno.NetAddr;
  let pass = 0;
  let tick = () => {};
  let period = 0;
  let ended = false;
  const timer = new DatagramTimer({
    open: () => udpRoute("127.0.0.1", port),
    gather: () => [new TextEncoder().encode(`pass ${++pass}`)],
    failing: (problem) => assert.fail(problem),
    every: (ms, work) => {
      [period, tick] = [ms, work];
      return () => ended = true;
    },
  });
  const next = async () => new TextDecoder().decode((await receiver.receive())[0]);
  assert.equal(period, 1_000);
  tick();
  assert.equal(await next(), "pass 1");
  tick();
  assert.equal(await next(), "pass 2");
  await timer.flushed();
  assert.equal(await next(), "pass 3");
  timer.close();
  assert.ok(ended);
  receiver.close();
});

Deno.test("DatagramTimer says once that it cannot send, and goes on trying", async () => {
  const problems: string[] = [];
  let passes = 0;
  const timer = new DatagramTimer({
    open: () => {
      passes++;
      throw new Error("no socket");
    },
    gather: () => [new Uint8Array(1)],
    failing: (problem) => problems.push(problem),
  });
  await timer.flushed();
  await timer.flushed();
  await waitFor("both passes", () => passes >= 2);
  assert.deepEqual(problems, ["no socket"]);
  timer.close();
});
