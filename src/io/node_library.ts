// The modules of the runtime's Node.js library, taken when they are needed and not when this program is loaded:
// each costs a process megabytes and tens of milliseconds, and most processes serve no certificate.

/** Keys, certificates and digests. */
export function nodeCrypto(): typeof import("node:crypto") {
  return globalThis.process.getBuiltinModule("node:crypto");
}

/** Listening sockets. */
export function nodeNet(): typeof import("node:net") {
  return globalThis.process.getBuiltinModule("node:net");
}

/** Streams. */
export function nodeStream(): typeof import("node:stream") {
  return globalThis.process.getBuiltinModule("node:stream");
}

/** TLS sockets and what they need. */
export function nodeTls(): typeof import("node:tls") {
  return globalThis.process.getBuiltinModule("node:tls");
}
