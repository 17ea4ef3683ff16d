import assert from "node:assert/strict";
import { ListenerSteering, MAX_TARGETS, ownListeningSocket } from "./steering.ts";
import { listeningRows } from "./rows.ts";

const ignore = Deno.build.os !== "linux";

/** Listeners of one address that count what they accept. */
class Group {
  readonly accepted: number[] = [];
  readonly port: number;
  readonly #listeners: Deno.TcpListener[] = [];

  constructor(readonly ip: string, size: number) {
    this.#open(0);
    this.port = (this.#listeners[0] as Deno.TcpListener).addr.port;
    for (let i = 1; i < size; i++) this.#open(this.port);
  }

  get inodes(): number[] {
    return (listeningRows({ ip: this.ip, port: this.port }) ?? []).map(({ inode }) => inode);
  }

  /** Connects `count` times; resolves with how many each accepted. */
  async connect(count: number): Promise<number[]> {
    this.accepted.fill(0);
    for (let i = 0; i < count; i++) {
      const connection = await Deno.connect({ hostname: this.ip, port: this.port });
      await connection.read(new Uint8Array(1)); // closed once it was accepted
      connection.close();
    }
    return [...this.accepted];
  }

  close(index: number): void {
    this.#listeners[index]?.close();
  }

  [Symbol.dispose](): void {
    for (const listener of this.#listeners) {
      try {
        listener.close();
      } catch {
        // The test closed it.
      }
    }
  }

  #open(port: number): void {
    const listener = Deno.listen({ hostname: this.ip, port, reusePort: true });
    const index = this.#listeners.push(listener) - 1;
    this.accepted.push(0);
    void this.#accept(listener, index);
  }

  async #accept(listener: Deno.TcpListener, index: number): Promise<void> {
    try {
      for await (const connection of listener) {
        this.accepted[index] = (this.accepted[index] ?? 0) + 1;
        connection.close();
      }
    } catch {
      // The listener was closed.
    }
  }
}

function openSteering(): ListenerSteering {
  const steering = ListenerSteering.open();
  if (typeof steering === "string") throw new Error(steering);
  return steering;
}

for (const ip of ["127.0.0.1", "::1"]) {
  Deno.test({
    name: `ListenerSteering chooses the sockets of ${ip} that get new connections`,
    ignore,
    async fn() {
      using group = new Group(ip, 4);
      const steering = openSteering();
      try {
        const own = await ownListeningSocket({ ip, port: group.port });
        assert.ok(own !== null && group.inodes.includes(own.inode));
        assert.equal(steering.steer(own.fd, [2]), null);
        assert.deepEqual(await group.connect(20), [0, 0, 20, 0]);
        assert.equal(steering.steer(own.fd, [0, 3]), null);
        const [first, second, third, fourth] = await group.connect(60);
        assert.deepEqual([second, third], [0, 0]);
        assert.ok((first ?? 0) > 5 && (fourth ?? 0) > 5, "each of the two gets its share");
        assert.equal(steering.steer(own.fd, []), null);
        assert.ok((await group.connect(80)).every((count) => count > 0), "everybody again");
        assert.equal(steering.steer(own.fd, []), null, "nothing to end is no error");
      } finally {
        steering.close();
      }
    },
  });
}

Deno.test({
  name: "ListenerSteering finds the last socket in the place of one that was closed",
  ignore,
  async fn() {
    using group = new Group("127.0.0.1", 3);
    const steering = openSteering();
    try {
      const own = await ownListeningSocket({ ip: "127.0.0.1", port: group.port });
      assert.ok(own !== null);
      group.close(1);
      while (group.inodes.length > 2) await new Promise((resolve) => setTimeout(resolve, 1));
      assert.equal(steering.steer(own.fd, [1]), null);
      assert.deepEqual(await group.connect(20), [0, 0, 20]);
    } finally {
      steering.close();
    }
  },
});

Deno.test({
  name: "ListenerSteering says why it cannot steer",
  ignore,
  fn() {
    const steering = openSteering();
    try {
      assert.match(steering.steer(-1, [0]) ?? "", /kernel refuses/);
      const tooMany = Array.from({ length: MAX_TARGETS + 1 }, (_, i) => i);
      assert.match(steering.steer(-1, tooMany) ?? "", /512/);
    } finally {
      steering.close();
    }
  },
});

Deno.test("ownListeningSocket() finds nothing where this process does not listen", async () => {
  assert.equal(await ownListeningSocket({ ip: "127.0.0.1", port: 1 }), null);
});
