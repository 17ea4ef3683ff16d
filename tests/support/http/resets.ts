// Connections that are reset as soon as they are made, as the health checks of load balancers do it.

/** A TCP port of this machine, or the path of a unix socket. */
export type ResetPlace = { readonly port: number } | { readonly path: string };

const [AF_UNIX, AF_INET, SOCK_STREAM, SOL_SOCKET, SO_LINGER] = [1, 2, 1, 1, 13];
/** Linger on, for no time: closing sends a reset. */
const LINGER = new Uint32Array([1, 0]);

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/** Connects and resets at once, `count` times, also where nobody accepts; Linux only. */
export function resetConnections(place: ResetPlace, count: number): void {
  const library = Deno.dlopen("libc.so.6", SYMBOLS);
  const { symbols } = library;
  const address = addressOf(place);
  try {
    for (let i = 0; i < count; i++) {
      const descriptor = symbols.socket("path" in place ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
      const connected = symbols.connect(descriptor, address, address.length) === 0;
      symbols.setsockopt(descriptor, SOL_SOCKET, SO_LINGER, LINGER, LINGER.byteLength);
      symbols.close(descriptor);
      if (!connected) throw new Error(`Cannot connect to ${JSON.stringify(place)}`);
    }
  } finally {
    library.close();
  }
}

function addressOf(place: ResetPlace): Uint8Array<ArrayBuffer> {
  if ("path" in place) {
    return Uint8Array.of(AF_UNIX, 0, ...new TextEncoder().encode(place.path), 0);
  }
  const [high, low] = [place.port >> 8, place.port & 0xff];
  return Uint8Array.of(AF_INET, 0, high, low, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
}
