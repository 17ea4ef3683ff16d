import assert from "node:assert/strict";
import { ListenerType } from "../../../config/schema/messages.ts";
import { socketAddress } from "../../../tests/support/config/commands.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { runtimeParts } from "../runtime_parts.ts";
import { UnopenedListeners } from "./unopened.ts";

const LISTENER = {
  address: socketAddress("127.0.0.1:80"),
  proxy: ListenerType.HTTP,
  from_scm: false,
};
const GONE = { ...LISTENER, to_scm: false };

/** Sockets that open when the test says so; what was told of them. */
class Doors {
  tries = 0;
  closed = 0;
  outcome: Promise<string | null> = Promise.resolve("taken");
  readonly told: string[] = [];
  readonly unopened = new UnopenedListeners(
    {
      open: () => {
        this.tries++;
        return this.outcome;
      },
      close: () => {
        this.closed++;
        return Promise.resolve(null);
      },
    },
    runtimeParts(),
    1,
  );

  constructor() {
    this.unopened.onChange = (list) =>
      void this.told.push(list.map(({ reason }) => reason).join() || "none");
  }
}

Deno.test("UnopenedListeners tries again, ever less often, until the socket is open", async () => {
  const doors = new Doors();
  const { unopened } = doors;
  unopened.keep(LISTENER, "taken");
  unopened.keep(LISTENER, "taken again");
  const begun = performance.now();
  await waitFor("five tries", () => doors.tries === 5);
  assert.ok(performance.now() - begun >= 1 + 2 + 4 + 8 + 16 - 5);
  doors.outcome = Promise.resolve("no descriptor");
  await waitFor("the new reason", () => doors.told.includes("no descriptor"));
  doors.outcome = Promise.resolve(null);
  await waitFor("the socket", () => !unopened.has(LISTENER));
  assert.deepEqual(doors.told, ["taken", "no descriptor", "none"]);
  const { tries } = doors;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(doors.tries, tries);
});

Deno.test("UnopenedListeners closes a socket that opens when nobody wants it any more", async () => {
  const doors = new Doors();
  const opening = Promise.withResolvers<string | null>();
  doors.outcome = opening.promise;
  doors.unopened.keep(LISTENER, "taken");
  await waitFor("the try", () => doors.tries === 1);
  const dropped = doors.unopened.drop(GONE);
  opening.resolve(null);
  assert.equal(await dropped, true);
  assert.deepEqual([doors.closed, doors.unopened.has(LISTENER)], [1, false]);
  assert.equal(await doors.unopened.drop(GONE), false);
  assert.deepEqual(doors.told, ["taken", "none"]);
});

Deno.test("UnopenedListeners tries nothing after a stop, and leaves nothing open", async () => {
  const doors = new Doors();
  const opening = Promise.withResolvers<string | null>();
  doors.outcome = opening.promise;
  doors.unopened.keep(LISTENER, "taken");
  await waitFor("the try", () => doors.tries === 1);
  doors.unopened.stop();
  opening.resolve(null);
  await waitFor("the socket to be closed", () => doors.closed === 1);
  doors.unopened.keep({ ...LISTENER, address: socketAddress("127.0.0.1:81") }, "taken");
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(doors.tries, 1);
  assert.equal(
    doors.unopened.has(LISTENER),
    true,
    "what is not open is told of as long as it is wanted",
  );
});
