// Names for the credentials of a peer: the account of its user and the name of its process. They are for people;
// decisions use the numbers only.

import type { PeerCredentials } from "./peer_credentials.ts";

/** The peer of a connection; `null` is unknown. */
export interface PeerIdentity {
  readonly uid: number | null;
  readonly gid: number | null;
  readonly pid: number | null;
  /** Account name of `uid`. */
  readonly user: string | null;
  /** Name of the process when it connected. */
  readonly comm: string | null;
}

/** An unknown peer. */
export const UNKNOWN_PEER: PeerIdentity = {
  uid: null,
  gid: null,
  pid: null,
  user: null,
  comm: null,
};

/** Most cached account names; the tools of a machine run under few users. */
const MAX_NAMES = 16;

/** Longest file of accounts read, in bytes. */
const MAX_ACCOUNTS_BYTES = 4 * 1024 * 1024;

/** Finds names for credentials. */
export class PeerNames {
  readonly #names = new Map<number, string | null>();

  /** The credentials with what is known about them. */
  identify(credentials: PeerCredentials | null): PeerIdentity {
    if (credentials === null) return UNKNOWN_PEER;
    const { uid, gid, pid } = credentials;
    return { uid, gid, pid, user: this.#accountName(uid), comm: processName(pid) };
  }

  #accountName(uid: number): string | null {
    const known = this.#names.get(uid);
    if (known !== undefined) return known;
    const name = readAccountName(uid);
    if (this.#names.size >= MAX_NAMES) this.#names.clear();
    this.#names.set(uid, name);
    return name;
  }
}

function readAccountName(uid: number): string | null {
  try {
    if (Deno.statSync("/etc/passwd").size > MAX_ACCOUNTS_BYTES) return null;
    return accountName(Deno.readTextFileSync("/etc/passwd"), uid);
  } catch {
    return null;
  }
}

/** The name of a user in the text of an accounts file (passwd(5)), or `null`. */
export function accountName(accounts: string, uid: number): string | null {
  for (const line of accounts.split("\n")) {
    const [name, , id] = line.split(":");
    if (id === String(uid) && name !== undefined && name !== "") return name;
  }
  return null;
}

function processName(pid: number): string | null {
  if (pid === 0) return null;
  try {
    // A pid of another namespace means another process here, or none.
    Deno.readTextFileSync(`/proc/${pid}/stat`);
    return Deno.readTextFileSync(`/proc/${pid}/comm`).trimEnd() || null;
  } catch {
    return null;
  }
}
