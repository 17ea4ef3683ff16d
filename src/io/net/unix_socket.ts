// The file of the command socket: binding it safely, distinguishing a socket in use from a leftover file, and
// removing it. It does not know the protocol.

import { listeningPid } from "./socket_owner.ts";

/** Why a socket could not be bound, as a message for the operator. */
export class BindError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** A bound command socket that knows the file it created. */
export class UnixListener {
  readonly path: string;
  readonly #listener: Deno.UnixListener;
  readonly #inode: number | null;
  #closed = false;

  /** `file`: the path of the socket while that is not its address yet. */
  constructor(path: string, listener: Deno.UnixListener, file: string = path) {
    this.path = path;
    this.#listener = listener;
    this.#inode = inodeOf(file);
  }

  /** The next connection; throws once the listener is closed. */
  accept(): Promise<Deno.UnixConn> {
    return this.#listener.accept();
  }

  /** Stops listening, and removes the file if it is still the one that was created. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
    if (this.#inode !== null && inodeOf(this.path) === this.#inode) removeQuietly(this.path);
  }
}

/** The file mode of a socket that only its own user can open. */
const PRIVATE_MODE = 0o600;

/**
 * Binds a unix stream socket; `mode` says who can open it, by default only this user. A leftover socket file is replaced; a
 * socket on which a process still accepts, and anything that is not a socket, is left alone.
 */
export async function bindUnixSocket(
  path: string,
  mode: number = PRIVATE_MODE,
): Promise<UnixListener | BindError> {
  const obstacle = await clearLeftover(path);
  if (obstacle !== null) return obstacle;
  // Closing a listener removes the file with the name it was bound under, even if that is another socket by
  // then. So it is bound under a unique name, and a link makes it appear at its address in one step.
  const birthName = birthNameOf(path);
  const listener = listenAs(mode, birthName);
  if (typeof listener === "string") {
    return new BindError(`Cannot bind command socket "${path}": ${listener}`);
  }
  try {
    // Unlike a rename, a link does not replace the socket of a process that was faster.
    Deno.linkSync(birthName, path);
    return new UnixListener(path, listener);
  } catch (error) {
    listener.close();
    return new BindError(`Cannot bind command socket "${path}": ${reason(error)}`);
  } finally {
    removeQuietly(birthName);
  }
}

/** A bound socket that takes over the address of another one later. */
export class WaitingListener {
  readonly #path: string;
  readonly #file: string;
  readonly #listener: Deno.UnixListener;

  private constructor(path: string, file: string, listener: Deno.UnixListener) {
    this.#path = path;
    this.#file = file;
    this.#listener = listener;
  }

  /** Binds a socket beside `path`; `mode` says who can open it, by default only this user. */
  static bind(path: string, mode: number = PRIVATE_MODE): WaitingListener | BindError {
    const file = birthNameOf(path);
    const listener = listenAs(mode, file);
    return typeof listener === "string"
      ? new BindError(`Cannot bind a socket beside "${path}": ${listener}`)
      : new WaitingListener(path, file, listener);
  }

  /** The listener as it will be at its address. */
  listener(): UnixListener {
    return new UnixListener(this.#path, this.#listener, this.#file);
  }

  /** Takes over the address in one step: every client reaches either the other socket or this one. */
  takePlace(): void {
    Deno.renameSync(this.#file, this.#path);
  }
}

function birthNameOf(path: string): string {
  return `${path}.${Deno.pid}`;
}

/** A listener whose file has the mode, or why there is none. */
function listenAs(mode: number, path: string): Deno.UnixListener | string {
  // The umask gives the file its mode from the start: a chmod after the bind would leave a moment in which every
  // user could connect.
  const mask = Deno.umask(0o777 & ~mode);
  try {
    removeQuietly(path);
    return Deno.listen({ transport: "unix", path });
  } catch (error) {
    return reason(error);
  } finally {
    Deno.umask(mask);
  }
}

async function clearLeftover(path: string): Promise<BindError | null> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    return new BindError(`Cannot inspect command socket "${path}": ${reason(error)}`);
  }
  if (info.isSocket !== true) {
    return new BindError(`Cannot bind command socket "${path}": the path exists and is no socket`);
  }
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    const pid = listeningPid(path);
    return new BindError(
      `Cannot bind command socket "${path}": another main process ` +
        `${pid === null ? "" : `(pid ${pid}) `}answers on it; ` +
        "stop that one first or choose another command_socket",
    );
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionRefused)) {
      return new BindError(`Cannot probe command socket "${path}": ${reason(error)}`);
    }
  }
  try {
    await Deno.remove(path);
    return null;
  } catch (error) {
    return new BindError(`Cannot remove stale command socket "${path}": ${reason(error)}`);
  }
}

function inodeOf(path: string): number | null {
  try {
    return Deno.lstatSync(path).ino;
  } catch {
    return null;
  }
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It is removed already.
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
