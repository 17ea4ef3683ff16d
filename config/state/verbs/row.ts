// The row of a verb: the type of the rows beside this file. Rows hold data and pure functions of the value. Code
// that only one process has is in that process, in a table keyed by verb.

import type { EventKind, ResponseContent, SocketAddress } from "../../schema/messages.ts";
import type { RequestCounts } from "../../schema/messages.ts";
import type { Rule } from "../../rules/rule.ts";
import type { Undo } from "../../undo/parts.ts";
import type { ConfigError } from "../config_error.ts";
import type { ListenerIdentity, ListenerKind } from "../listener_kinds.ts";
import type { ReadonlyTables, StateTables } from "../tables.ts";
import type { ValueOf, Verb, VerbKind } from "../verb.ts";

/** `all`: main and every worker; `workers`: these alone; `one`: one worker; `main`: main alone. */
export type RunsOn = "all" | "workers" | "one" | "main";

/** What of a configuration questions are answered from. */
export interface Questioned {
  readonly tables: ReadonlyTables;
  requestCounts(): RequestCounts;
}

/** What of an answer is content. */
export type Content = NonNullable<ResponseContent["content_type"]>;

/** What a request is about, as the audit trail has it. */
export interface Subject {
  readonly target: string;
  readonly clusterId?: string | undefined;
  readonly backendId?: string | undefined;
  readonly leaseId?: string | undefined;
  readonly metricDetailReason?: string | undefined;
}

/** What the words of the audit trail need besides the request. */
export interface AuditFacts {
  readonly tables: ReadonlyTables;
  /** Path of the program that runs. */
  readonly executable: string;
  /** Fingerprint of a certificate, `null` when it cannot be read. */
  fingerprintOf(pem: string): string | null;
}

/** The object that an event names. */
export interface EventObject {
  readonly cluster_id?: string | undefined;
  readonly address?: SocketAddress | undefined;
}

/** Which certificate a request brings, and its field. */
export interface ServedIdentity extends ListenerIdentity {
  readonly field: string;
}

/** A row. `V` is what the verb carries. */
export interface VerbRow<V = unknown> {
  readonly runsOn: RunsOn;
  /** Only processes of this program may send it. */
  readonly internal?: true;
  /** The rule of a value that is no message. */
  readonly rule?: Rule;
  /** In the place of the rules of the message. */
  validate?(value: V): ConfigError | null;
  /** Why this program cannot do it yet: the feature, and the field that asks for it. */
  missing?(value: V): readonly [feature: string, field: string] | null;
  served?(value: V): ServedIdentity;

  /** Changes the tables: whole, or not at all with the reason. Only verbs with it change a state. */
  mutate?(tables: StateTables, value: V): ConfigError | null;
  /** What it removes besides, as verbs: a process removes these first, in this order. */
  cascade?(tables: ReadonlyTables, value: V): Verb[];
  /**
   * Why what it removes is gone already, because another removal took it along; `null` when it is not. A refusal is
   * none then: the client has what it wants.
   */
  gone?(tables: ReadonlyTables, value: V): string | null;
  /** Keeps what it will change, to be restored later. */
  undo?(tables: ReadonlyTables, value: V): Undo;
  /** The object it changes, as a name; two verbs that could undo each other share it. */
  scope?(value: V): string;
  /** The kind of listener, and its address, that it takes for granted; `null` when it needs none. */
  binds?(
    value: V,
    tables: ReadonlyTables,
  ): { readonly kind: ListenerKind; readonly address: SocketAddress } | null;
  /** Whether the tables hold what it adds, exactly so. */
  inForce?(tables: ReadonlyTables, value: V): boolean;
  /** A state accepts it without changing, though main alone executes it. */
  readonly passes?: true;

  /** What a process answers from its own configuration, or why it does not. */
  answer?(state: Questioned, value: V): Content | string;

  /** A batch may hold it though it does not change the state. */
  readonly inBatch?: true;
  /** A worker that starts later gets the last one. */
  readonly remembered?: true;
  /** Whether it makes processes reset their measurements: done once, and not repeated for later workers. */
  forgets?(value: V): boolean;
  /** The service manager is notified of it as of a reload, although it does not change the state. */
  readonly reloads?: true;
  /** It concerns every cluster, or the workers: not while a health check with header values is being changed. */
  readonly concernsAll?: true;
  /** No other object depends on the one it changes: the client's next request need not wait with it. */
  readonly independent?: true;

  /** Its name in the audit trail; absent for questions. */
  readonly auditVerb?: string;
  subject?(value: V, facts: AuditFacts): Subject;
  readonly event?: EventKind;
  eventObject?(value: V): EventObject;
  /** What it has changed, as a sentence without its full stop, for people. */
  change?(value: V): string;
}

/** Verbs whose value is no message need a rule. */
type RuleOf<V> = V extends string | number | bigint ? { readonly rule: Rule } : unknown;

/** A row for each of the verbs `K`. */
export type Rows<K extends VerbKind> = {
  readonly [X in K]: VerbRow<ValueOf<X>> & RuleOf<ValueOf<X>>;
};
