// Who takes part in a request, encoded once for the many log lines they are in: clusters, backends and
// client connections.

import { parseAddress } from "../../../config/values/address.ts";
import { encode } from "../../../config/codec/protobuf.ts";
import { SocketAddress } from "../../../config/schema/messages.ts";
import type { Backend } from "../../balancing/backend.ts";
import type { Endpoint, TlsFacts } from "../../io/contracts.ts";
import { loggedAddress, loggedClient, loggedName } from "../../observe/access/names.ts";
import type {
  LoggedAddress,
  LoggedName,
  LoggedSession,
  LoggedTls,
} from "../../observe/access/record.ts";
import { ULID_LENGTH, type UlidSource } from "../../protocol/http/ids/ulid.ts";
import type { Cluster } from "../../session/cluster.ts";

/** A backend as logs show it. */
export interface LoggedBackend {
  readonly name: LoggedName | null;
  readonly address: LoggedAddress | null;
}

/** Encodes parties, and keeps the encoding of those that live long. */
export class LoggedParties {
  readonly #ulids: UlidSource;
  readonly #clusters = new WeakMap<Cluster, { readonly name: LoggedName | null }>();
  readonly #backends = new WeakMap<Backend, LoggedBackend>();

  /** `ulids` gives connections their ids. */
  constructor(ulids: UlidSource) {
    this.#ulids = ulids;
  }

  cluster(cluster: Cluster | null): LoggedName | null {
    if (cluster === null) return null;
    let logged = this.#clusters.get(cluster);
    if (logged === undefined) {
      logged = { name: loggedName(cluster.id) };
      this.#clusters.set(cluster, logged);
    }
    return logged.name;
  }

  backend(backend: Backend): LoggedBackend {
    let logged = this.#backends.get(backend);
    if (logged === undefined) {
      logged = { name: loggedName(backend.id), address: addressOf(backend.address.text) };
      this.#backends.set(backend, logged);
    }
    return logged;
  }

  /** A connection; every call gives it a new id. `namesClient`: with the certificate of the client. */
  session(peer: Endpoint, tls: TlsFacts | null, namesClient = false): LoggedSession {
    const id = new Uint8Array(ULID_LENGTH);
    this.#ulids.writeInto(id, 0);
    const host = peer.ip.includes(":") ? `[${peer.ip}]` : peer.ip;
    return {
      id,
      client: addressOf(`${host}:${peer.port}`),
      tls: tls === null ? null : loggedTls(tls, namesClient),
    };
  }
}

function addressOf(text: string): LoggedAddress | null {
  const address = parseAddress(text);
  return address === null ? null : loggedAddress(text, encode(SocketAddress, address));
}

function loggedTls(
  { version, cipher, serverName, alpn, client = null }: TlsFacts,
  namesClient: boolean,
): LoggedTls {
  return {
    version: loggedName(version),
    cipher: loggedName(cipher),
    sni: loggedName(serverName?.toLowerCase()),
    alpn: loggedName(alpn),
    client: client === null || !namesClient
      ? null
      : loggedClient(client.subject, client.fingerprint),
  };
}
