// Addresses to which connecting never ends: sockets that listen, accept nothing, and have no room for more.

/** A listening socket that answers nobody. */
export interface BlackHole {
  readonly address: string;
  [Symbol.dispose](): void;
}

/** Long enough to see that the kernel does not answer on the loopback interface. */
const UNANSWERED_MS = 500;
const MOST_CONNECTIONS = 8;

/** Opens a socket on a free port and fills its queue. */
export async function openBlackHole(): Promise<BlackHole> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const { port } = listener.addr;
  const held: Deno.Conn[] = [];
  const dispose = () => {
    for (const connection of held) connection.close();
    listener.close();
  };
  while (held.length < MOST_CONNECTIONS) {
    const signal = AbortSignal.timeout(UNANSWERED_MS);
    try {
      held.push(await Deno.connect({ hostname: "127.0.0.1", port, signal }));
    } catch {
      return { address: `127.0.0.1:${port}`, [Symbol.dispose]: dispose };
    }
  }
  dispose();
  throw new Error(`The kernel takes more than ${MOST_CONNECTIONS} connections for a backlog of 1`);
}
