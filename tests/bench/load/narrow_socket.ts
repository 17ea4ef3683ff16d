// A client with a receive buffer of a few kilobytes, as slow-read attacks have it, and with segments as on
// an ordinary network, through the C library: the runtime can set neither. With the buffers that both
// sides of a connection get on the loopback interface, a thousand clients that do not read take all
// memory the kernel allows TCP, and every connection of the machine suffers, the proxy's or not.

const libc = Deno.build.os === "linux"
  ? Deno.dlopen("libc.so.6", {
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
    connect: { parameters: ["i32", "buffer", "u32"], result: "i32", nonblocking: true },
    send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
    recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
    close: { parameters: ["i32"], result: "i32" },
  }).symbols
  : null;

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const IPPROTO_TCP = 6;
const TCP_MAXSEG = 2;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** The kernel doubles it, and keeps a part for itself. */
const RECEIVE_BUFFER_BYTES = 4096;

/** Ethernet's 1500 without the headers. */
const SEGMENT_BYTES = 1460;

/** A connection to a port of this machine that takes in very little. */
export class NarrowSocket implements Disposable {
  readonly #fd: number;
  readonly #byte = new Uint8Array(1);
  #closed = false;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Connects to `port` of 127.0.0.1; throws when that is refused. */
  static async connect(port: number): Promise<NarrowSocket> {
    if (libc === null) throw new Error("Narrow sockets need Linux");
    const fd = libc.socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) throw new Error("No socket could be made");
    const socket = new NarrowSocket(fd);
    socket.#setOption(SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
    socket.#setOption(IPPROTO_TCP, TCP_MAXSEG, SEGMENT_BYTES);
    // struct sockaddr_in: family, port and address in network order, padding.
    const address = new Uint8Array(16);
    address.set([AF_INET, 0, port >> 8, port & 0xff, 127, 0, 0, 1]);
    if (await libc.connect(fd, address, address.length) === 0) return socket;
    socket.close();
    throw new Error(`Connecting to port ${port} failed`);
  }

  #setOption(level: number, option: number, value: number): void {
    const bytes = new Uint8Array(Int32Array.of(value).buffer);
    libc?.setsockopt(this.#fd, level, option, bytes, bytes.length);
  }

  /** Sends a few bytes. */
  send(bytes: Uint8Array<ArrayBuffer>): void {
    const sent = libc?.send(this.#fd, bytes, BigInt(bytes.length), MSG_NOSIGNAL);
    if (sent !== BigInt(bytes.length)) throw new Error("The connection takes no bytes");
  }

  /** Takes one byte if there is one; throws when the peer has closed. */
  takeByte(): void {
    if (libc?.recv(this.#fd, this.#byte, 1n, MSG_DONTWAIT) === 0n) {
      throw new Error("The response has ended");
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    libc?.close(this.#fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
