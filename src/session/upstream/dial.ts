// Where a backend is dialled: at its address, or at the unix socket that stands for it.

import type { Backend } from "../../balancing/backend.ts";
import type { ByteStream, Dialer } from "../../io/contracts.ts";

/** Opens a stream to `backend`; rejects as {@link Dialer} does. */
export function dialBackend(
  dialer: Dialer,
  { address, unixPath }: Pick<Backend, "address" | "unixPath">,
  signal: AbortSignal,
): Promise<ByteStream> {
  if (unixPath === null) return dialer.connect(address.host, address.port, signal);
  return dialer.connectUnix?.(unixPath, signal) ??
    Promise.reject(new Error("Unix sockets cannot be dialled here"));
}

/** A dialer that reaches `backend` whatever address it is told; for those who know nothing of unix sockets. */
export function dialerTo(dialer: Dialer, backend: Backend): Dialer {
  if (backend.unixPath === null) return dialer;
  return { connect: (_host, _port, signal) => dialBackend(dialer, backend, signal) };
}
