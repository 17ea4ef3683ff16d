// A statsd server of a test: a UDP socket that keeps every line it gets. It has a thread of its own, so
// that no datagram is lost while the test sends traffic.

/** Receives until it is disposed of. */
export class StatsdReceiver {
  readonly address: string;
  readonly datagrams: string[] = [];
  readonly #thread: Worker;

  private constructor(thread: Worker, port: number) {
    this.#thread = thread;
    this.address = `127.0.0.1:${port}`;
    thread.onmessage = ({ data }) => void this.datagrams.push(data);
  }

  static async start(): Promise<StatsdReceiver> {
    const thread = new Worker(new URL("./statsd_thread.ts", import.meta.url), { type: "module" });
    const port = await new Promise<number>((resolve) => {
      thread.onmessage = ({ data }) => resolve(data);
    });
    return new StatsdReceiver(thread, port);
  }

  /** Every line so far, without its end. */
  get lines(): string[] {
    return this.datagrams.flatMap((text) => text.split("\n").slice(0, -1));
  }

  /** The sum of the counts that were sent under this name. */
  sum(name: string): number {
    return this.lines.reduce((sum, line) => {
      const match = /^(.+):(\d+)\|c$/.exec(line);
      return match?.[1] === name ? sum + Number(match[2]) : sum;
    }, 0);
  }

  [Symbol.dispose](): void {
    this.#thread.terminate();
  }
}
