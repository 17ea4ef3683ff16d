// Accepting from a socket of the runtime until it is closed.

/** What is accepted from. */
export interface Acceptable<T> {
  /** Rejects when the process is out of descriptors, and once the socket is closed. */
  accept(): Promise<T>;
}

/**
 * Hands every connection to `welcome` until `isClosed`. A failed accept waits for `pause` to resolve
 * instead of spinning.
 */
export async function acceptUntilClosed<T>(
  socket: Acceptable<T>,
  isClosed: () => boolean,
  welcome: (connection: T) => void,
  pause: (error: unknown) => Promise<void>,
): Promise<void> {
  while (!isClosed()) {
    let connection: T;
    try {
      connection = await socket.accept();
    } catch (error) {
      if (isClosed()) return;
      await pause(error);
      continue;
    }
    welcome(connection);
  }
}
