// The network of one run: what listens where, who connects to whom, and how good each connection is.

import type {
  Accepted,
  ByteStream,
  ConnectionSource,
  Dialer,
  Endpoint,
} from "../../../src/io/contracts.ts";
import type { ListenerSockets } from "../../../src/proxy/parts.ts";
import { type LinkQuality, type StreamParts, VirtualStream } from "./stream.ts";

/** How long a refusal takes to arrive, and a connection to be made, in milliseconds at most. */
const CONNECT_MS = 3;
/** One accept in so many finds no descriptor. */
const WANTING = 200;

/** Something that takes connections without a proxy before it. */
export interface Host {
  /** `silent`: nothing ever answers; `refusing`: nothing listens there. */
  readonly state: "up" | "refusing" | "silent";
  accept(stream: VirtualStream): void;
}

/** Everything that is connected in one run. */
export class VirtualNetwork {
  /** Hosts by `ip:port`. */
  readonly hosts = new Map<string, Host>();
  /** Listening sockets may be closed with connections waiting in them. */
  mayLose = false;
  readonly #parts: StreamParts;
  readonly #sources = new Map<string, VirtualSource[]>();
  /** The ends of connections that belong to the data plane. */
  readonly #held: VirtualStream[] = [];
  #ports = 20_000;
  #inodes = 1;

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  /** The connections that the data plane has open. */
  get open(): VirtualStream[] {
    return this.#held.filter(({ closed }) => !closed);
  }

  /** Listening sockets that are open. */
  get listening(): string[] {
    return [...this.#sources].flatMap(([key, all]) => all.map(() => key));
  }

  readonly dialer: Dialer = {
    connect: (ip, port, signal) => this.#dial(`${ip}:${port}`, signal),
  };

  readonly sockets: ListenerSockets = {
    sharing: { shared: true },
    listen: (endpoint) => this.#listen(endpoint),
    own: (endpoint) => {
      const source = this.#sources.get(keyOf(endpoint))?.at(-1);
      return Promise.resolve(source === undefined ? null : { fd: 0, inode: source.inode });
    },
    queueIsEmpty: (endpoint, inode) => this.#find(endpoint, inode)?.queueIsEmpty ?? true,
    isListening: (endpoint, inode) => this.#find(endpoint, inode) !== undefined,
    probe: () => ({
      offer: (accepted, admit) => admit(accepted),
      run: () => Promise.resolve(null),
    }),
    steering: () => "There is nothing to choose among",
  };

  /** Connects a client to the data plane; `null` when nothing listens there. */
  async connect(address: string, ip: string, link: LinkQuality): Promise<Connected | null> {
    const { clock, random, trace } = this.#parts;
    await clock.sleep(random.next() * CONNECT_MS);
    const sources = this.#sources.get(address) ?? [];
    if (sources.length === 0) return null;
    const port = this.#ports++;
    const [client, server] = VirtualStream.pair([`c${port}`, `front${port}`], link, this.#parts);
    this.#held.push(server);
    trace.note(`c${port} connects to ${address}`);
    random.pick(sources).offer({
      stream: server,
      peer: { ip, port },
      destination: null,
      local: endpointOf(address),
      tls: null,
    });
    return { client, server };
  }

  async #dial(address: string, signal: AbortSignal): Promise<ByteStream> {
    const { clock, random, trace } = this.#parts;
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", onAbort);
    try {
      const wait = clock.sleep(random.chance(0.7) ? 0 : random.next() * CONNECT_MS);
      await Promise.race([wait, aborted.promise]);
      const host = this.hosts.get(address);
      if (host?.state === "silent") await aborted.promise;
      if (host?.state !== "up") throw new Error(`Connection refused: ${address}`);
      const port = this.#ports++;
      const names = [`back${port}`, `b${port}`] as const;
      const [near, far] = VirtualStream.pair(names, this.link(), this.#parts);
      this.#held.push(near);
      trace.note(`back${port} connects to ${address}`);
      clock.after(0, () => host.accept(far));
      return near;
    } finally {
      signal.removeEventListener("abort", onAbort);
      aborted.promise.catch(() => {});
    }
  }

  /** Some quality of a connection. */
  link(): LinkQuality {
    const { random } = this.#parts;
    return {
      latency: random.pick([0, 0.2, 1, 10]),
      window: random.pick([1_000, 8_192, 65_536, 300_000]),
      most: random.pick([7, 500, 20_000, 1e6, 1e6]),
    };
  }

  #find(endpoint: Endpoint, inode: number | null): VirtualSource | undefined {
    return this.#sources.get(keyOf(endpoint))?.find((source) => source.inode === inode);
  }

  #listen(endpoint: Endpoint): ConnectionSource {
    const key = keyOf(endpoint);
    const source = new VirtualSource(endpoint, this.#inodes++, this.#parts, (lost) => {
      const left = (this.#sources.get(key) ?? []).filter((other) => other !== source);
      if (left.length > 0) this.#sources.set(key, left);
      else this.#sources.delete(key);
      if (lost > 0 && !this.mayLose) {
        this.#parts.trace.violation(`${lost} connections lost with the socket at ${key}`);
      }
    });
    this.#sources.set(key, [...this.#sources.get(key) ?? [], source]);
    return source;
  }
}

/** Both ends of a client's connection. */
export interface Connected {
  readonly client: VirtualStream;
  readonly server: VirtualStream;
}

class VirtualSource implements ConnectionSource {
  readonly address: Endpoint;
  readonly inode: number;
  readonly #parts: StreamParts;
  readonly #onClose: (lost: number) => void;
  readonly #queue: Accepted[] = [];
  readonly #over = Promise.withResolvers<void>();
  #accept: ((accepted: Accepted) => void) | null = null;
  #pause: (error: unknown) => Promise<void> = () => Promise.resolve();
  #accepting = false;
  #closed = false;

  constructor(
    address: Endpoint,
    inode: number,
    parts: StreamParts,
    onClose: (lost: number) => void,
  ) {
    this.address = address;
    this.inode = inode;
    this.#parts = parts;
    this.#onClose = onClose;
  }

  get queueIsEmpty(): boolean {
    return this.#queue.length === 0;
  }

  offer(accepted: Accepted): void {
    this.#queue.push(accepted);
    this.#acceptSoon();
  }

  acceptLoop(
    onAccept: (accepted: Accepted) => void,
    pause: (error: unknown) => Promise<void>,
  ): Promise<void> {
    this.#accept = onAccept;
    this.#pause = pause;
    this.#acceptSoon();
    return this.#over.promise;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const lost = this.#queue.splice(0);
    for (const { stream } of lost) (stream as VirtualStream).reset();
    this.#onClose(lost.length);
    this.#over.resolve();
  }

  #acceptSoon(): void {
    if (this.#accepting || this.#accept === null || this.#closed) return;
    this.#accepting = true;
    const { clock, random } = this.#parts;
    clock.after(random.chance(0.7) ? 0 : random.next(), () => void this.#acceptOne());
  }

  async #acceptOne(): Promise<void> {
    const { random } = this.#parts;
    if (random.below(WANTING) === 0) await this.#pause(new Error("Too many open files"));
    this.#accepting = false;
    const next = this.#queue.shift();
    if (next === undefined || this.#closed) return;
    this.#accept?.(next);
    if (this.#queue.length > 0) this.#acceptSoon();
  }
}

function keyOf({ ip, port }: Endpoint): string {
  return `${ip}:${port}`;
}

function endpointOf(address: string): Endpoint {
  const [ip = "", port = ""] = address.split(":");
  return { ip, port: Number(port) };
}
