// The JSON of the command line has enums by name and addresses as text. Saved states and the command socket have
// numbers, which other programs read.

import { formatAddress } from "../../../config/values/address.ts";
import type { Spelling } from "../../../config/codec/json.ts";
import type { Field, MessageType } from "../../../config/schema/message_type.ts";
import * as messages from "../../../config/schema/messages.ts";
import { enumName } from "../options/enum_names.ts";

type Names = Readonly<Record<string, number>>;

/** The enums of the fields of answers: by message and field, or by the name that all messages use. */
const ENUMS: Readonly<Record<string, Names>> = {
  run_state: messages.RunState,
  "Event.kind": messages.EventKind,
  configured: messages.MetricDetail,
  effective: messages.MetricDetail,
  previous_effective: messages.MetricDetail,
  "PathRule.kind": messages.PathRuleKind,
  "RequestHttpFrontend.position": messages.RulePosition,
  redirect: messages.RedirectPolicy,
  redirect_scheme: messages.RedirectScheme,
  "Header.position": messages.HeaderPosition,
  versions: messages.TlsVersion,
  proxy_protocol: messages.ProxyProtocolConfig,
  load_balancing: messages.LoadBalancingAlgorithms,
  load_metric: messages.LoadMetric,
  affinity_key: messages.UdpAffinityKey,
  "UdpHealthConfig.mode": messages.UdpHealthMode,
  "HealthCheckConfig.mode": messages.HealthCheckMode,
  "HeaderPredicate.kind": messages.HeaderMatchKind,
  "ProtectedHealthCheckReply.phase": messages.ProtectedHealthCheckPhase,
  client_auth: messages.ClientAuthMode,
  forwarded_headers: messages.ForwardedHeaders,
  shard_mode: messages.ShardMode,
  "UnopenedListener.proxy": messages.ListenerType,
};

/** The names of a field that is an enum; `undefined` where none are known. */
export function enumOf(owner: MessageType<unknown>, { name }: Field): Names | undefined {
  return ENUMS[`${owner.name}.${name}`] ?? ENUMS[name];
}

/** The spelling of the command line. A number without a name stays a number. */
export const spellForPeople: Spelling = (owner, field, value) => {
  if (field.type === "enum") {
    const names = enumOf(owner, field);
    const name = names === undefined ? "" : enumName(names, value as number);
    return /^[A-Z]/.test(name) ? JSON.stringify(name) : null;
  }
  return field.type === messages.SocketAddress
    ? JSON.stringify(formatAddress(value as messages.SocketAddress))
    : null;
};
