import assert from "node:assert/strict";
import { ListenerType, ResponseStatus } from "../../../config/schema/messages.ts";
import { address } from "../../../tests/support/config/state.ts";
import { FakeHandOver } from "../../../tests/support/supervisor/fake_worker.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { UNKNOWN_PEER } from "../../io/net/peer_identity.ts";
import type { Client, ClientStream } from "../command_socket/client_session.ts";
import { ownClient } from "../command_socket/own_client.ts";
import { FanOut } from "../commands/fan_out.ts";
import { Adoption } from "./adoption.ts";

const AT = "127.0.0.1:80";
const ANNOUNCEMENT = {
  id: 3,
  build: "0.1.0+feedbeef",
  listeners: [{ proxy: ListenerType.HTTP, address: address(AT) }],
};

/** The connection of a worker that only takes requests and ends when it is told to. */
class WorkerConnection implements ClientStream {
  closed = false;
  requests = 0;
  readonly #end = Promise.withResolvers<null>();

  read(): Promise<null> {
    return this.#end.promise;
  }

  write(bytes: Uint8Array): Promise<number> {
    this.requests++;
    return Promise.resolve(bytes.length);
  }

  close(): void {
    this.closed = true;
    this.end();
  }

  end(): void {
    this.#end.resolve(null);
  }
}

/** A main process whose own workers may not all be there yet. */
class Lab {
  readonly handOver = new FakeHandOver();
  readonly pool = { isWhole: true, targets: () => [] };
  readonly adoption = new Adoption({
    pool: this.pool,
    handOver: this.handOver,
    fanOut: new FanOut(),
    softStopMs: 20,
    maxMessage: 1_000_000,
  });

  adopt(connection: ClientStream, changes: Partial<Client> = {}) {
    // Without a pid no process is killed.
    const peer = { ...UNKNOWN_PEER, uid: Deno.uid() };
    const passConnectionTo = (owner: (stream: ClientStream) => void) => owner(connection);
    const client = { ...ownClient("test", 0), peer, passConnectionTo, ...changes };
    return this.adoption.adopt(ANNOUNCEMENT, client);
  }
}

Deno.test("Adoption takes over the listeners of a worker, then drains it", async () => {
  const lab = new Lab();
  const connection = new WorkerConnection();
  assert.equal(lab.adopt(connection).status, ResponseStatus.OK);
  assert.equal(lab.adoption.workers.length, 1);
  await waitFor("the end of the worker", () => lab.adoption.workers.length === 0);
  assert.deepEqual(lab.handOver.steps, [`uncertain ${AT}`, `close ${AT} 1000000`]);
  assert.ok(connection.requests >= 1);
  assert.equal(connection.closed, true);
});

Deno.test("Adoption leaves the listeners alone until every worker of this main process serves", async () => {
  const lab = new Lab();
  lab.pool.isWhole = false;
  const connection = new WorkerConnection();
  lab.adopt(connection);
  await new Promise((resolve) => setTimeout(resolve, 120));
  assert.deepEqual(lab.handOver.steps, []);
  lab.pool.isWhole = true;
  await waitFor("the hand-over", () => lab.handOver.steps.length === 2);
  connection.end();
  await waitFor("the end of the worker", () => lab.adoption.workers.length === 0);
});

Deno.test("Adoption refuses a worker of another user", () => {
  const lab = new Lab();
  const peer = { ...UNKNOWN_PEER, uid: (Deno.uid() ?? 0) + 1 };
  const { status, message } = lab.adopt(new WorkerConnection(), { peer });
  assert.equal(status, ResponseStatus.FAILURE);
  assert.match(message, /is no worker of this main process/);
  assert.deepEqual(lab.adoption.workers, []);
});
