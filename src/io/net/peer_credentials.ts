// The credentials of the peer of an accepted unix connection (SO_PEERCRED, unix(7)). Deno does not expose the
// file descriptor of a connection, so it is searched for: the only socket of this process that is bound to the
// listener's address and was not there before. The option is then read with a foreign function. Where any of
// this is not possible the peer is unknown; it is never guessed.

import { openCLibrary } from "../process/c_library.ts";

/** The credentials of the process that connected, at that moment. */
export interface PeerCredentials {
  readonly uid: number;
  readonly gid: number;
  /** 0 when the process is in a namespace that is not visible here. */
  readonly pid: number;
}

// Constants of the Linux socket interface; equal on every architecture Deno is built for.
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const SO_ACCEPTCONN = 30;
const SO_COOKIE = 57;
const AF_UNIX = 1;
/** Two bytes of family, then up to 108 of path. */
const ADDRESS_BYTES = 110;
const PATH_OFFSET = 2;

const SYMBOLS = {
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
} as const;

/** Reads the credentials of the connections that one listener accepts. */
export class PeerCredentialSource {
  readonly #library: Deno.DynamicLibrary<typeof SYMBOLS>;
  /** Inodes of the sockets at the last look; they are never used twice. */
  #seen = new Set<bigint>();
  readonly #length = new Uint32Array(1);
  readonly #cookie = new BigUint64Array(1);
  readonly #flag = new Uint32Array(1);
  /** pid, uid, gid. */
  readonly #credentials = new Uint32Array(3);
  readonly #address = new Uint8Array(ADDRESS_BYTES);

  private constructor(library: Deno.DynamicLibrary<typeof SYMBOLS>) {
    this.#library = library;
  }

  /**
   * Opens a source, or says why that is not possible. Call it before the first connection is accepted: sockets
   * that are open by then are no new connections.
   */
  static open(): PeerCredentialSource | string {
    const library = openCLibrary(SYMBOLS);
    if (typeof library === "string") return library;
    const source = new PeerCredentialSource(library);
    try {
      source.#newSockets();
      return source;
    } catch (error) {
      source.close();
      return error instanceof Error ? error.message : String(error);
    }
  }

  /**
   * The peer of the connection just accepted. Call it in the same turn, for every connection: of two new ones
   * at the same address neither could be identified.
   */
  ofNewest(connection: Deno.UnixConn): PeerCredentials | null {
    const { path } = connection.localAddr;
    if (path === null || path === "") return null;
    try {
      const candidates = this.#newSockets().filter((fd) => this.#isAcceptedAt(fd, path));
      const [fd] = candidates;
      return fd === undefined || candidates.length > 1 ? null : this.#ask(fd);
    } catch {
      return null;
    }
  }

  close(): void {
    this.#library.close();
  }

  /** Descriptors of the sockets that were not there at the last look. */
  #newSockets(): number[] {
    const seen = new Set<bigint>();
    const fresh: number[] = [];
    for (const { name } of Deno.readDirSync("/proc/self/fd")) {
      const fd = Number(name);
      if (!this.#option(fd, SO_COOKIE, this.#cookie)) continue;
      const cookie = this.#cookie[0] as bigint;
      seen.add(cookie);
      if (!this.#seen.has(cookie)) fresh.push(fd);
    }
    this.#seen = seen;
    return fresh;
  }

  #isAcceptedAt(fd: number, path: string): boolean {
    if (!this.#option(fd, SO_ACCEPTCONN, this.#flag) || this.#flag[0] !== 0) return false;
    this.#length[0] = ADDRESS_BYTES;
    if (this.#library.symbols.getsockname(fd, this.#address, this.#length) !== 0) return false;
    const family = new DataView(this.#address.buffer).getUint16(0, isLittleEndian());
    if (family !== AF_UNIX) return false;
    const end = Math.min(this.#length[0] as number, ADDRESS_BYTES);
    const bytes = this.#address.subarray(PATH_OFFSET, Math.max(PATH_OFFSET, end));
    const zero = bytes.indexOf(0);
    return new TextDecoder().decode(zero < 0 ? bytes : bytes.subarray(0, zero)) === path;
  }

  #ask(fd: number): PeerCredentials | null {
    if (!this.#option(fd, SO_PEERCRED, this.#credentials)) return null;
    const [pid, uid, gid] = this.#credentials;
    return { pid: pid as number, uid: uid as number, gid: gid as number };
  }

  /** Reads an option of a socket; `false` when there is no such option, or no socket. */
  #option(fd: number, option: number, into: Uint32Array | BigUint64Array): boolean {
    this.#length[0] = into.byteLength;
    const { getsockopt } = this.#library.symbols;
    return getsockopt(
          fd,
          SOL_SOCKET,
          option,
          into as Uint32Array<ArrayBuffer>,
          this.#length as Uint32Array<ArrayBuffer>,
        ) === 0 &&
      this.#length[0] === into.byteLength;
  }
}

function isLittleEndian(): boolean {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
}
