// The tables a ConfigState is made of, and the reading side of them that queries, dump, hash and diff
// work on.

import type { RequestTcpFrontend, RequestUdpFrontend } from "../schema/messages.ts";
import type { CertificateParser } from "../values/certificate.ts";
import { Backends } from "./backends.ts";
import { Certificates } from "./certificates.ts";
import { Clusters } from "./clusters.ts";
import { HttpFrontends } from "./http_frontends.ts";
import type { ListenerProtocol } from "./listener_kinds.ts";
import { Listeners, type ListenerTable } from "./listeners.ts";
import { StreamFrontends } from "./stream_frontends.ts";

/** Every table of a ConfigState. */
export class StateTables {
  clusters = new Clusters();
  backends = new Backends();
  listeners = new Listeners();
  httpFrontends = new HttpFrontends("HTTP frontend");
  httpsFrontends = new HttpFrontends("HTTPS frontend");
  tcpFrontends = new StreamFrontends<RequestTcpFrontend>({
    name: "TCP frontend",
    removedByTags: false,
  });
  udpFrontends = new StreamFrontends<RequestUdpFrontend>({
    name: "UDP frontend",
    removedByTags: true,
  });
  certificates: Certificates;

  constructor(parseCertificate: CertificateParser) {
    this.certificates = new Certificates(parseCertificate);
  }

  /** Independent tables that share the stored values, which nothing changes in place. */
  copy(parseCertificate: CertificateParser): StateTables {
    const copy = new StateTables(parseCertificate);
    copy.clusters = this.clusters.copy();
    copy.backends = this.backends.copy();
    copy.listeners = this.listeners.copy();
    copy.httpFrontends = this.httpFrontends.copy();
    copy.httpsFrontends = this.httpsFrontends.copy();
    copy.tcpFrontends = this.tcpFrontends.copy();
    copy.udpFrontends = this.udpFrontends.copy();
    copy.certificates = this.certificates.copy();
    return copy;
  }
}

type Mutators =
  | "activate"
  | "add"
  | "copy"
  | "deactivate"
  | "patch"
  | "remove"
  | "removeHealthCheck"
  | "replace"
  | "setActive"
  | "setHealthCheck";

type Reading<T> = Omit<T, Mutators>;

type ReadingListeners = {
  readonly [P in ListenerProtocol]: Listeners[P] extends ListenerTable<infer L>
    ? Reading<ListenerTable<L>>
    : never;
};

/** The tables as everything but `ConfigState.apply` sees them. Values are shared: read, never write. */
export type ReadonlyTables =
  & { readonly [P in Exclude<keyof StateTables, "copy" | "listeners">]: Reading<StateTables[P]> }
  & { readonly listeners: ReadingListeners };
