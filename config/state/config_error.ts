// Why a request was refused. A ConfigError is a value: what was wrong, where, and what is accepted.

/** Kinds of refusals, for tests and for callers that react differently. */
export type ConfigErrorKind =
  | "already_exists"
  | "certificate"
  | "empty_request"
  | "invalid_value"
  | "no_change"
  | "not_found"
  | "undispatchable"
  | "unknown_enum_value";

/** One refusal. `message` is for people; `field` names the offending field of an invalid value. */
export interface ConfigError {
  readonly kind: ConfigErrorKind;
  readonly message: string;
  readonly field?: string;
}

/** The object exists already. */
export function alreadyExists(object: string, id: string): ConfigError {
  return { kind: "already_exists", message: `Cannot add ${object} "${id}": it already exists` };
}

/** The place of the object is taken by another one. */
export function placeTaken(object: string, id: string, why: string): ConfigError {
  return { kind: "already_exists", message: `Cannot add ${object} "${id}": ${why}` };
}

/** The object that the request names is not there. */
export function notFound(object: string, id: string): ConfigError {
  return { kind: "not_found", message: `Cannot find ${object} "${id}"` };
}

/** What the request adds belongs to a cluster that is not there. */
export function noSuchCluster(object: string, clusterId: string): ConfigError {
  const message = `Cannot add ${object}: there is no cluster "${clusterId}", add it first`;
  return { kind: "not_found", message, field: "cluster_id" };
}

/** The request would leave the configuration as it is. */
export function noChange(object: string, id: string): ConfigError {
  return { kind: "no_change", message: `Nothing to change: ${object} "${id}" is not there` };
}

/** A field holds a value that is not accepted. */
export function invalidValue(field: string, given: string, accepted: string): ConfigError {
  const message = `Invalid value for ${field}: ${given}, accepted is ${accepted}`;
  return { kind: "invalid_value", message, field };
}

/** An enum field holds a number that names nothing. */
export function unknownEnumValue(field: string, value: number, accepted: string): ConfigError {
  const message = `Unknown value ${value} for ${field}: accepted are ${accepted}`;
  return { kind: "unknown_enum_value", message, field };
}
