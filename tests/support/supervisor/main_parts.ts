// Parts of the main process as the tests of its pieces need them: a state with an active listener, an audit
// trail without outputs, and a client.

import type { Verb } from "../../../config/state/verbs.ts";
import type { ConfigState } from "../../../config/state/state.ts";
import { UlidSource } from "../../../src/protocol/http/ids/ulid.ts";
import { AuditTrail } from "../../../src/supervisor/audit/trail.ts";
import { HttpListenerConfig, ListenerType } from "../../../config/schema/messages.ts";
import { address, stateWith } from "../config/state.ts";

/** A state with one active HTTP listener. */
export function stateWithListener(at: string): ConfigState {
  const listener: Verb = {
    kind: "add_http_listener",
    value: { ...HttpListenerConfig.empty(), address: address(at) },
  };
  return stateWith(listener, {
    kind: "activate_listener",
    value: { address: address(at), proxy: ListenerType.HTTP, from_scm: false },
  });
}

/** An audit trail that has no output. */
export function silentAudit(): AuditTrail {
  return new AuditTrail({
    source: { socket: "", version: "", buildGitSha: null, bootGeneration: 0 },
    text: null,
    json: null,
    log: { wantsInfo: () => false, writeInfo: () => {} },
    ulids: new UlidSource((into) => void into.fill(0), () => 0),
    now: () => 0,
  });
}
