// What the backends at one address have in common. Several ids may be configured for one address: they
// are one server, so they get one share of the traffic, and their loads count together.

/** One address of a cluster; every backend has one, alone or with others. */
export class AddressShare {
  /** Position in the candidate list of the set, -1 when none of its backends is a candidate. Kept by the set. */
  candidateIndex = -1;
  /** Connections of all its backends. */
  activeConnections = 0;
  /** HTTP exchanges of all its backends. */
  activeRequests = 0;
  /** What weighted turns owe it, see RoundRobin. */
  owed = 0;
}
