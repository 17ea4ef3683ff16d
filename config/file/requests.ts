// From what a file declares to messages: the ordered requests that build the routing state, and the
// part of the global settings that workers get. The order is the one of sozu 2.1: listeners, then
// each cluster with its frontends and backends, then what switches things on.

import type { Properties } from "../schema/message_type.ts";
import type { ProbeHeaderFile } from "./keys/health_check.ts";
import type { Config } from "./config.ts";
import type { FileListeners } from "./match_listeners.ts";
import type { PlaceOf } from "./problem.ts";
import {
  addFrontend,
  addListener,
  ALL_LISTENER_KINDS,
  LISTENER_KINDS,
} from "../state/listener_kinds.ts";
import { requestOf } from "../state/twin_verbs.ts";
import {
  activateListener,
  addBackend,
  addCertificate,
  addCluster,
  configureMetrics,
  type Verb,
} from "../state/verb.ts";
import {
  type AddBackend,
  type AddCertificate,
  type Cluster,
  MetricsConfiguration,
  ProtobufAccessLogFormat,
  type Request,
  type RequestHttpFrontend,
  type RequestTcpFrontend,
  type RequestUdpFrontend,
  ServerConfig,
} from "../schema/messages.ts";

/** One frontend as it is added, and where it stands. */
export type FrontendRequest = FrontendMessage & { readonly at: PlaceOf };

/** A request and where in the file its fields come from. */
export interface PlacedRequest {
  readonly request: Request;
  readonly at: PlaceOf;
}

type FrontendMessage =
  | { readonly kind: "http"; readonly frontend: RequestHttpFrontend }
  | {
    readonly kind: "https";
    readonly frontend: RequestHttpFrontend;
    readonly certificate: AddCertificate;
  }
  | { readonly kind: "tcp"; readonly frontend: RequestTcpFrontend }
  | { readonly kind: "udp"; readonly frontend: RequestUdpFrontend };

/** A cluster with everything that belongs to it. */
export interface ClusterRequests {
  readonly cluster: Cluster;
  readonly frontends: readonly FrontendRequest[];
  readonly backends: readonly { readonly backend: AddBackend; readonly at: PlaceOf }[];
  readonly at: PlaceOf;
  /** The headers of the probes, and where their values are. */
  readonly probeFiles: readonly ProbeHeaderFile[];
}

/** Switches of the file that add requests at the end. */
export interface FinalRequests {
  readonly activate_listeners: boolean;
  readonly disable_cluster_metrics: boolean;
}

interface PlacedType {
  readonly type: Verb;
  readonly at: PlaceOf;
}

/** The ordered list of requests. */
export function orderedRequests(
  listeners: FileListeners,
  clusters: readonly ClusterRequests[],
  final: FinalRequests,
): PlacedRequest[] {
  const types = [...addListeners(listeners), ...clusters.flatMap(clusterTypes)];
  if (final.activate_listeners) types.push(...activateListeners(listeners));
  if (final.disable_cluster_metrics) {
    const at = () => ({ key: "disable_cluster_metrics", line: 1 });
    types.push({ type: configureMetrics(MetricsConfiguration.DISABLED), at });
  }
  return types.map(({ type, at }) => ({ request: requestOf(type), at }));
}

function addListeners(listeners: FileListeners): PlacedType[] {
  return ALL_LISTENER_KINDS.flatMap((kind) =>
    listeners.ofProtocol(kind.protocol).map(({ config }) => ({
      type: addListener(kind, config),
      at: listeners.placesAt(config.address),
    }))
  );
}

function clusterTypes({ cluster, frontends, backends, at }: ClusterRequests): PlacedType[] {
  return [
    { type: addCluster(cluster), at },
    ...frontends.flatMap(frontendTypes),
    ...backends.map(({ backend, at }): PlacedType => ({ type: addBackend(backend), at })),
  ];
}

function frontendTypes(request: FrontendRequest): PlacedType[] {
  const { at } = request;
  switch (request.kind) {
    case "https":
      // The certificate first: a frontend must not answer with another host's certificate.
      return [
        { type: addCertificate(request.certificate), at },
        { type: addFrontend(LISTENER_KINDS.https, request.frontend), at },
      ];
    case "http":
      return [{ type: addFrontend(LISTENER_KINDS.http, request.frontend), at }];
    case "tcp":
    case "udp":
      return [{ type: addFrontend(LISTENER_KINDS[request.kind], request.frontend), at }];
  }
}

function activateListeners(listeners: FileListeners): PlacedType[] {
  return ALL_LISTENER_KINDS.flatMap(({ protocol, proxy }) =>
    listeners.ofProtocol(protocol).map(({ config: { address } }) => ({
      type: activateListener(proxy, address),
      at: listeners.placesAt(address),
    }))
  );
}

const LOG_FORMATS = {
  ascii: ProtobufAccessLogFormat.Ascii,
  protobuf: ProtobufAccessLogFormat.Protobuf,
  json: ProtobufAccessLogFormat.Json,
} as const;

/** The settings that main sends to a worker at its start: those whose key is the name of a field of the message. */
export function serverConfig(config: Config): ServerConfig {
  const told: Properties = { ...config };
  told.access_log_format = LOG_FORMATS[config.access_logs_format];
  told.log_format = LOG_FORMATS[config.log_format];
  const fields = ServerConfig.fields.filter(({ property }) => told[property] !== undefined);
  return Object.fromEntries(fields.map(({ property, type }) => {
    const value = told[property];
    return [property, type === "uint64" ? BigInt(value as number) : value];
  })) as unknown as ServerConfig;
}
