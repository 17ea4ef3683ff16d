// A statsd server of a test: a UDP socket that keeps every line it gets.

/** Receives until it is disposed of. */
export class StatsdReceiver {
  readonly address: string;
  readonly datagrams: string[] = [];
  readonly #socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });

  constructor() {
    this.address = `127.0.0.1:${(this.#socket.addr as Deno.NetAddr).port}`;
    void this.#receive();
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

  async #receive(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const [bytes] of this.#socket) this.datagrams.push(decoder.decode(bytes));
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
