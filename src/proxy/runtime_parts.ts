// What a data plane uses in a process of its own: the clocks, sockets and timers of the runtime. The only
// file of the data plane that names them.

import type { Sharing } from "../io/contracts.ts";
import { acceptQueueIsEmpty, isListening } from "../io/listening/kernel_queue.ts";
import { SelfProbe } from "../io/listening/probe.ts";
import { ListenerSteering, ownListeningSocket } from "../io/listening/steering.ts";
import { tcpDialer, TcpListener } from "../io/net/tcp.ts";
import { runtimeTimers } from "../io/net/timers.ts";
import { atEndOfTurn, Slices } from "../io/net/turn.ts";
import { DenoTlsAcceptor } from "../io/tls/deno_acceptor.ts";
import { nativeTls } from "../io/tls/engine.ts";
import { sniTlsAcceptor } from "../io/tls/sni_acceptor.ts";
import { createSelfSigned } from "../io/x509/self_signed.ts";
import { sha256 } from "../io/x509/sha256.ts";
import { loggerOf } from "../observe/log/log.ts";
import type { ListenerSockets, PlaneParts, TlsDoors } from "./parts.ts";

/** Workers share the addresses they listen on. */
const SHARED: Sharing = { shared: true };

/**
 * The parts of a data plane that runs on the runtime's own sockets. Without `sharing` other processes of this
 * user, and other planes of this process, may listen on its addresses too.
 */
export function runtimeParts(sharing: Sharing = SHARED): PlaneParts {
  return {
    clock: () => performance.now(),
    wallClock: () => Date.now(),
    random: Math.random,
    fillRandom: (into) => void crypto.getRandomValues(into),
    sha256,
    timers: runtimeTimers,
    atEndOfTurn,
    newSlices: () => new Slices(),
    dialer: tcpDialer,
    sockets: { ...SOCKETS, sharing, listen: (endpoint) => TcpListener.open(endpoint, sharing) },
    tls: TLS,
    loggerOf,
    // Tests of the relay turn it off.
    fastPath: Deno.env.get("SOZU_TEST_FAST_PATH") !== "off",
  };
}

const SOCKETS: Omit<ListenerSockets, "sharing" | "listen"> = {
  own: ownListeningSocket,
  queueIsEmpty: acceptQueueIsEmpty,
  isListening,
  probe: (endpoint) => new SelfProbe(endpoint),
  steering: () => ListenerSteering.open(),
};

const TLS: TlsDoors = {
  acceptorByName: sniTlsAcceptor,
  verifiesClients: () => nativeTls() !== null,
  acceptorOf: (credentials, alpn) => new DenoTlsAcceptor(credentials, alpn),
  selfSigned: (commonName, notBefore, notAfter) =>
    createSelfSigned({
      commonName,
      names: [],
      notBefore: new Date(notBefore),
      notAfter: new Date(notAfter),
    }),
};
