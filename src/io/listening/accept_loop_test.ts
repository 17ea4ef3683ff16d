import assert from "node:assert/strict";
import { AcceptPause, acceptUntilClosed } from "./accept_loop.ts";

/** A connection that can be closed. */
interface Fake {
  closed: boolean;
  close(): void;
}

function connection(): Fake {
  return {
    closed: false,
    close() {
      this.closed = true;
    },
  };
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code} (as the system says)`), { code });
}

/** What accept gives, one after the other; the loop ends with the list. */
async function run(
  script: readonly (Fake | Error)[],
  welcome: (connection: Fake) => void = () => {},
): Promise<{ welcomed: number; pauses: string[] }> {
  let at = 0;
  let welcomed = 0;
  const pauses: string[] = [];
  await acceptUntilClosed<Fake>(
    {
      accept: () => {
        const next = script[at++] as Fake | Error;
        return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
      },
    },
    () => at >= script.length,
    (one) => {
      welcomed++;
      welcome(one);
    },
    (error) => {
      pauses.push((error as Error).message.split(" ")[0] as string);
      return Promise.resolve();
    },
  );
  return { welcomed, pauses };
}

Deno.test("acceptUntilClosed goes on at once when a connection has gone", async () => {
  const gone = ["ENOTCONN", "ECONNABORTED", "ECONNRESET", "EPROTO", "EPERM", "EHOSTUNREACH"];
  const script = Array.from(
    { length: 500 },
    (_, i) => systemError(gone[i % gone.length] as string),
  );
  const { welcomed, pauses } = await run([...script, connection(), connection()]);
  assert.deepEqual([welcomed, pauses], [2, []]);
});

Deno.test("acceptUntilClosed yields to the event loop among connections that were reset", async () => {
  let turns = 0;
  let counting = true;
  const count = () => {
    turns++;
    if (counting) setTimeout(count, 0);
  };
  setTimeout(count, 0);
  await run(Array.from({ length: 5_000 }, () => systemError("ENOTCONN")));
  counting = false;
  assert.ok(turns >= 10, `${turns} turns`);
  await new Promise((resolve) => setTimeout(resolve, 5));
});

Deno.test("acceptUntilClosed pauses after each want of resources", async () => {
  const wants = ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"];
  const { welcomed, pauses } = await run([...wants.map(systemError), connection(), connection()]);
  assert.deepEqual([welcomed, pauses], [2, wants]);
});

Deno.test("acceptUntilClosed does not spin on a socket that is broken for good", async () => {
  const { pauses } = await run(Array.from({ length: 200 }, () => systemError("EBADF")));
  assert.ok(pauses.length >= 180, `${pauses.length} pauses`);
  const mixed = Array.from(
    { length: 60 },
    (_, i) => i % 3 < 2 ? systemError("EINVAL") : connection(),
  );
  assert.deepEqual((await run([...mixed, connection()])).pauses, [], "it is not broken for good");
  assert.equal((await run([new Error("without a code"), connection(), connection()])).welcomed, 2);
});

Deno.test("acceptUntilClosed closes a connection that cannot be welcomed, and goes on", async () => {
  const bad = connection();
  const good = connection();
  const { welcomed } = await run([bad, good, connection()], (one) => {
    if (one === bad) throw new Error("no session for this one");
  });
  assert.deepEqual([welcomed, bad.closed, good.closed], [3, true, false]);
});

Deno.test("acceptUntilClosed ends when the socket is closed under a pending accept", async () => {
  let closed = false;
  const pending = Promise.withResolvers<Fake>();
  const loop = acceptUntilClosed<Fake>(
    { accept: () => pending.promise },
    () => closed,
    () => assert.fail("nothing was accepted"),
    () => assert.fail("nothing is wanting"),
  );
  closed = true;
  pending.reject(new Deno.errors.BadResource("Listener has been closed"));
  await loop;
});

Deno.test("AcceptPause reports at once, then at most every ten seconds with how often", async () => {
  let now = 0;
  const reports: [string, number][] = [];
  const slept: number[] = [];
  const pause = new AcceptPause(
    (reason, count) => reports.push([reason, count]),
    () => now,
    (ms) => Promise.resolve(void slept.push(ms)),
  );
  for (const at of [0, 100, 9_999, 10_000, 10_100]) {
    now = at;
    await pause.after(new Error("out"));
  }
  assert.deepEqual(reports, [["out", 1], ["out", 3]]);
  assert.deepEqual(slept, [100, 100, 100, 100, 100]);
});
