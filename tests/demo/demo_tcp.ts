// The TCP part of the demonstration: bytes that pass, TLS that passes and is told apart by the name it asks
// for, and TLS that ends at the proxy. Each is changed while clients are connected, and every line a client
// says must be answered.

import assert from "node:assert/strict";
import type { CertificateAndKey, Request } from "../../config/schema/messages.ts";
import type { CommandClient } from "../../src/client/mod.ts";
import {
  activateTcpListener,
  addBackend,
  addCluster,
  addTcpFrontend,
  addTcpListener,
  removeBackend,
  removeTcpFrontend,
  socketAddress,
} from "../support/config/commands.ts";
import { connectRaw } from "../support/http/raw_client.ts";
import { type ScriptedOrigin, scriptedOrigin } from "../support/http/scripted_origin.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { connectSecure } from "../support/tls/tls_client.ts";
import type { Wire } from "../support/session/wire.ts";
import { send } from "./demo_https.ts";

/** Where the three kinds of listeners are. */
export interface StreamPorts {
  readonly plain: number;
  readonly passed: number;
  readonly ended: number;
}

/** Names of the servers whose TLS passes through. */
export const DOCS = "docs.localhost";
export const TENANT = "a.tenants.localhost";

const MAIL = "mail.localhost";
const CONNECTIONS = 20;
/** A client of the demonstration may stay connected as long as somebody watches. */
const PATIENCE_MS = 24 * 3600 * 1000;

/** The TCP listeners of the demonstration and the backends behind them. */
export class StreamStage {
  readonly #client: CommandClient;
  readonly #ports: StreamPorts;
  readonly #origins: ScriptedOrigin[] = [];
  readonly #wires: Wire[] = [];

  constructor(client: CommandClient, ports: StreamPorts) {
    this.#client = client;
    this.#ports = ports;
  }

  /** Plain TCP; the backend is replaced while clients are connected to it. */
  async passBytes(): Promise<void> {
    const { plain } = this.#ports;
    const [first, second] = [this.#backend("D"), this.#backend("E")];
    await this.#cluster("lines", first);
    await this.#listen(addTcpListener(at(plain)), addTcpFrontend("lines", at(plain)));
    const open = await this.#connectAll(() => connectRaw(plain));
    await answeredBy("D", open);
    await this.#apply(addBackend("lines", "E", second.address));
    await this.#apply(removeBackend("lines", "lines", first.address));
    await answeredBy("D", open);
    await answeredBy("E", await this.#connectAll(() => connectRaw(plain)));
    this.#closeAll();
  }

  /** TLS that passes, by name; a name is moved to another backend while clients shake hands. */
  async passTls(): Promise<void> {
    const { passed } = this.#ports;
    const certificates = [certificateFor([DOCS]), certificateFor([TENANT])] as const;
    await this.#cluster("docs", this.#backend("docs", certificates[0]));
    await this.#cluster("tenants", this.#backend("tenants", certificates[1]));
    await this.#listen(
      addTcpListener(at(passed)),
      addTcpFrontend("docs", at(passed), DOCS),
      addTcpFrontend("tenants", at(passed), "*.tenants.localhost"),
    );
    const connect = (name: string, trusted: readonly CertificateAndKey[]) =>
      this.#connectAll(() => connectSecure(passed, name, pems(trusted), []));
    const open = await connect(DOCS, [certificates[0]]);
    await answeredBy("docs", open);
    await answeredBy("tenants", await connect(TENANT, [certificates[1]]));
    // A name has one frontend at a time: a wildcard has it as soon as its own is gone.
    const moving = this.#apply(addTcpFrontend("tenants", at(passed), "*.localhost"))
      .then(() => this.#apply(removeTcpFrontend("docs", at(passed), DOCS)));
    await answeredBy("docs|tenants", await connect(DOCS, certificates));
    await moving;
    await answeredBy("tenants", await connect(DOCS, [certificates[1]]));
    await answeredBy("docs", open);
    this.#closeAll();
  }

  /** TLS that ends here; the certificate is replaced while clients shake hands. */
  async endTls(): Promise<void> {
    const { ended } = this.#ports;
    const [first, second] = [certificateFor([MAIL]), certificateFor([MAIL])];
    await this.#cluster("mail", this.#backend("mail"));
    const { certificate, key } = first;
    await this.#listen(
      addTcpListener(at(ended), { certificate, key }),
      addTcpFrontend("mail", at(ended)),
    );
    const connect = (...trusted: CertificateAndKey[]) =>
      this.#connectAll(() => connectSecure(ended, MAIL, pems(trusted), []));
    const open = await connect(first);
    await answeredBy("mail", open);
    const replaced = this.#apply({
      request_type: {
        kind: "update_tcp_listener",
        value: {
          address: socketAddress(at(ended)),
          certificate: second.certificate,
          key: second.key,
        },
      },
    });
    await answeredBy("mail", await connect(first, second));
    await replaced;
    await answeredBy("mail", await connect(second));
    await answeredBy("mail", open);
    this.#closeAll();
  }

  /** Ends the backends and what is connected to them. */
  async stop(): Promise<void> {
    this.#closeAll();
    for (const origin of this.#origins) await origin.stop();
  }

  /** A server that says every line back with its name before it. */
  #backend(name: string, tls: CertificateAndKey | null = null): ScriptedOrigin {
    const origin = scriptedOrigin(
      async (wire) => {
        for (;;) await wire.write(`${name}: ${await wire.readThrough("\n", PATIENCE_MS)}`);
      },
      0,
      tls,
    );
    this.#origins.push(origin);
    return origin;
  }

  async #cluster(id: string, { address }: ScriptedOrigin): Promise<void> {
    await this.#apply(addCluster(id));
    await this.#apply(addBackend(id, id, address));
  }

  async #listen(listener: Request, ...frontends: Request[]): Promise<void> {
    await this.#apply(listener);
    for (const frontend of frontends) await this.#apply(frontend);
    const type = listener.request_type;
    if (type?.kind !== "add_tcp_listener") throw new TypeError("not a TCP listener");
    await this.#apply(activateTcpListener(at(type.value.address.port)));
  }

  async #connectAll(connect: () => Promise<Wire>): Promise<Wire[]> {
    const wires = await Promise.all(Array.from({ length: CONNECTIONS }, connect));
    this.#wires.push(...wires);
    return wires;
  }

  #closeAll(): void {
    for (const wire of this.#wires.splice(0)) wire.close();
  }

  #apply(request: Request): Promise<void> {
    return send(this.#client, request);
  }
}

/** Says a line on every connection, which `name` must answer. */
async function answeredBy(name: string, wires: readonly Wire[]): Promise<void> {
  await Promise.all(wires.map(async (wire) => {
    await wire.write("hello\n");
    assert.match(await wire.readThrough("\n"), new RegExp(`^(?:${name}): hello\n$`));
  }));
}

function at(port: number): string {
  return `127.0.0.1:${port}`;
}

function pems(certificates: readonly CertificateAndKey[]): string[] {
  return certificates.map(({ certificate }) => certificate);
}
