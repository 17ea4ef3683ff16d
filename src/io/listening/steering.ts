// Steers the new connections of an address that several sockets share. By default the kernel spreads them over
// all sockets of the reuseport group; a small program attached to the group (SO_ATTACH_REUSEPORT_CBPF) selects
// among some. A listener that closes gets no new connections first. Foreign functions are called once for each
// hand-over and never for a connection.

import type { Endpoint } from "../contracts.ts";
import { openCLibrary } from "../process/c_library.ts";
import { listeningRows } from "./rows.ts";

// Constants of the Linux socket interface; equal on every architecture Deno is built for.
const SOL_SOCKET = 1;
const SO_ATTACH_REUSEPORT_CBPF = 51;
const SO_DETACH_REUSEPORT_BPF = 68;

// Classic BPF: load a random number, take the remainder, compare, return a constant.
const LOAD_WORD_ABSOLUTE = 0x20;
const REMAINDER_CONSTANT = 0x94;
const JUMP_IF_EQUAL = 0x15;
const RETURN_CONSTANT = 0x06;
/** SKF_AD_OFF + SKF_AD_RANDOM. */
const RANDOM_NUMBER = -0x1000 + 56;
const INSTRUCTION_BYTES = 8;

/**
 * Most sockets a selector chooses among. Two instructions for each stay far below the kernel's limit of 4,096.
 */
export const MAX_TARGETS = 512;

const SYMBOLS = {
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
} as const;

/** Attaches selectors to reuseport groups. */
export class ListenerSteering {
  readonly #library: Deno.DynamicLibrary<typeof SYMBOLS>;

  private constructor(library: Deno.DynamicLibrary<typeof SYMBOLS>) {
    this.#library = library;
  }

  /** Loads the functions, or says why that is not possible. */
  static open(): ListenerSteering | string {
    const library = openCLibrary(SYMBOLS);
    return typeof library === "string" ? library : new ListenerSteering(library);
  }

  /**
   * Steers new connections to the sockets at these places of the group; to all when the list is empty. `fd` is
   * any member of the group. The reason when the kernel refuses.
   */
  steer(fd: number, targets: readonly number[]): string | null {
    if (targets.length > MAX_TARGETS) return `More than ${MAX_TARGETS} sockets share the address`;
    if (targets.length === 0) return this.#release(fd);
    const program = selectorProgram(targets);
    const filter = new Uint8Array(16);
    const view = new DataView(filter.buffer);
    view.setUint16(0, program.length / INSTRUCTION_BYTES, true);
    const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(program));
    view.setBigUint64(8, BigInt(address), true);
    return this.#set(fd, SO_ATTACH_REUSEPORT_CBPF, filter);
  }

  close(): void {
    this.#library.close();
  }

  /** Detaches the selector; it is no error that there was none. */
  #release(fd: number): string | null {
    this.#set(fd, SO_DETACH_REUSEPORT_BPF, new Uint8Array(4));
    return null;
  }

  #set(fd: number, option: number, value: Uint8Array<ArrayBuffer>): string | null {
    const { setsockopt } = this.#library.symbols;
    const result = setsockopt(fd, SOL_SOCKET, option, value, value.length);
    return result === 0 ? null : "The kernel refuses to choose among the sockets of an address";
  }
}

/** The program that selects each of the `targets` equally often. */
function selectorProgram(targets: readonly number[]): Uint8Array<ArrayBuffer> {
  const instructions: (readonly [code: number, skipUnlessTrue: number, constant: number])[] = [
    [LOAD_WORD_ABSOLUTE, 0, RANDOM_NUMBER],
    [REMAINDER_CONSTANT, 0, targets.length],
  ];
  for (const [i, target] of targets.entries()) {
    if (i < targets.length - 1) instructions.push([JUMP_IF_EQUAL, 1, i]);
    instructions.push([RETURN_CONSTANT, 0, target]);
  }
  const bytes = new Uint8Array(instructions.length * INSTRUCTION_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [i, [code, skip, constant]] of instructions.entries()) {
    const at = i * INSTRUCTION_BYTES;
    view.setUint16(at, code, true);
    view.setUint8(at + 3, skip);
    view.setUint32(at + 4, constant >>> 0, true);
  }
  return bytes;
}

/** A listening socket of this process: its file descriptor and its inode. */
export interface OwnSocket {
  readonly fd: number;
  readonly inode: number;
}

/**
 * The socket of this process that listens on `endpoint`; `null` when it is not found. Deno does not expose the
 * descriptor of a listener, so all descriptors of the process are searched, from the lowest: listeners are
 * opened before connections.
 */
export async function ownListeningSocket(endpoint: Endpoint): Promise<OwnSocket | null> {
  const rows = listeningRows(endpoint);
  if (rows === null || rows.length === 0) return null;
  const inodes = new Map(rows.map(({ inode }) => [`socket:[${inode}]`, inode]));
  const descriptors: number[] = [];
  for await (const { name } of Deno.readDir("/proc/self/fd")) descriptors.push(Number(name));
  for (const fd of descriptors.sort((a, b) => a - b)) {
    const inode = inodes.get(await linkOf(fd));
    if (inode !== undefined) return { fd, inode };
  }
  return null;
}

async function linkOf(fd: number): Promise<string> {
  try {
    return await Deno.readLink(`/proc/self/fd/${fd}`);
  } catch {
    return ""; // closed meanwhile
  }
}
