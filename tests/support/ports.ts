// Free loopback ports for tests and benchmarks. Nothing here keeps a port reserved, so bind it soon.
// Prefer port 0 wherever the server can report what it got.

/**
 * The ports a test process may take, as `FIRST-LAST`: processes that run side by side have different ones,
 * none of which the kernel gives to a connection that goes out. Without it the kernel chooses.
 */
export const PORTS_VARIABLE = "TEST_PORTS";

/** `count` different loopback TCP ports that were free a moment ago. */
export function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, listen);
  const ports = listeners.map((listener) => (listener.addr as Deno.NetAddr).port);
  for (const listener of listeners) listener.close();
  return ports;
}

/** One loopback TCP port that was free a moment ago. */
export function freePort(): number {
  return freePorts(1)[0] as number;
}

/** Whether somebody accepts connections at a loopback port. */
export async function accepts(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: HOSTNAME, port })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

const HOSTNAME = "127.0.0.1";

/** Ports that were given away already by this process: their servers may not have bound them yet. */
const given = new Set<number>();

function listen(): Deno.Listener {
  const range = /^(\d+)-(\d+)$/.exec(Deno.env.get(PORTS_VARIABLE) ?? "");
  if (range === null) return Deno.listen({ hostname: HOSTNAME, port: 0 });
  const [first, last] = [Number(range[1]), Number(range[2])];
  for (;;) {
    const port = first + Math.floor(Math.random() * (last - first + 1));
    if (given.has(port) && given.size < (last - first) / 2) continue;
    given.add(port);
    try {
      return Deno.listen({ hostname: HOSTNAME, port });
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
