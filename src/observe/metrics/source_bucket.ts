// From how many different networks clients come, without keeping their addresses: each network, a /24 of
// IPv4 or a /48 of IPv6, falls into one of 256 buckets, and every bucket counts its connections.

/** How many buckets there are. */
export const SOURCE_BUCKETS = 256;

const HASH_SEED = 0x811c9dc5;
const HASH_PRIME = 0x01000193;
const MAPPED_PREFIX = "::ffff:";
/** A /48 is three groups of an IPv6 address. */
const NETWORK_GROUPS = 3;

/** The bucket of the network of an IP address, in the spelling of RFC 5952, which Deno uses. */
export function sourceBucket(ip: string): number {
  const dotted = ip.includes(".");
  const network = dotted ? ip : networkOf(ip);
  const start = dotted && ip.startsWith(MAPPED_PREFIX) ? MAPPED_PREFIX.length : 0;
  const end = dotted ? ip.lastIndexOf(".") : network.length;
  let hash = HASH_SEED;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ network.charCodeAt(at), HASH_PRIME);
  hash ^= hash >>> 15;
  return (hash ^ (hash >>> 7)) & (SOURCE_BUCKETS - 1);
}

/** The first groups of an IPv6 address, those that `::` leaves out written. */
function networkOf(ip: string): string {
  const [left = "", right] = ip.split("::");
  const before = left === "" ? [] : left.split(":");
  if (right === undefined) return before.slice(0, NETWORK_GROUPS).join(":");
  const after = right === "" ? [] : right.split(":");
  const zeros = new Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  return [...before, ...zeros, ...after].slice(0, NETWORK_GROUPS).join(":");
}

/** What the metrics of buckets begin with; the number follows. */
export const BUCKET_PREFIX = "client.connect.per_source.bucket_";

/** The metric of a bucket. */
export function bucketName(bucket: number): string {
  return BUCKET_PREFIX + String(bucket).padStart(3, "0");
}
