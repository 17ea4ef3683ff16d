// A part of `bench tls`: what the engine spends on a full handshake and on a resumed one, measured call by
// call in this process under real connections. The CPU time of a whole connection hides the difference: what
// resuming spares is the server's signature, and that is a small part for P-256 and most of it for RSA.

import type { CertificateAndKey } from "../../../config/schema/messages.ts";
import type { Accepted, ConnectionSource } from "../../../src/io/contracts.ts";
import { EngineTlsAcceptor } from "../../../src/io/tls/engine_acceptor.ts";
import { TlsCredentials } from "../../../src/io/tls/credentials.ts";
import { type NativeTls, nativeTls, type NativeTlsClass } from "../../../src/io/tls/engine.ts";
import type { Lab } from "../../support/process/lab.ts";
import { runProgram } from "../../support/tls/openssl.ts";
import { freePort } from "../../support/ports.ts";
import { certificateFor } from "../../support/tls/test_certificates.ts";
import type { Drive } from "../figures/comparison.ts";
import { HOST } from "../contenders/contender.ts";
import { median } from "../figures/statistics.ts";
import { throughTlsClient } from "./lab.ts";
import { runWrk } from "../load/wrk.ts";

const ROUNDS = 10;
const ROUND_SECONDS = 1;
const CONNECTIONS = 16;
const ANSWER = new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

/** What one kind of certificate came to. */
export interface ResumptionFigure {
  readonly certificate: string;
  /** Handshakes of each kind, and the middle of what the engine spent on them in microseconds. */
  readonly full: { readonly count: number; readonly micros: number };
  readonly resumed: { readonly count: number; readonly micros: number };
}

/** The figures, and whether all bars were met. */
export interface ResumptionFigures {
  readonly passed: boolean;
  readonly figures: readonly ResumptionFigure[];
}

/** Measures certificates of both kinds; `openssl` makes the RSA one, `null` leaves that out. */
export async function runResumptionBench(
  drive: Drive,
  haproxy: string,
  openssl: string | null,
): Promise<ResumptionFigures> {
  if (nativeTls() === null) {
    console.error("SKIPPED resumption: this runtime has no engine where it is looked for");
    return { passed: true, figures: [] };
  }
  const texts = new Map([["P-256", certificateFor([HOST])]]);
  if (openssl === null) console.error("SKIPPED resumption with RSA: there is no openssl");
  else texts.set("RSA-2048", await rsaCertificate(drive.lab, openssl));
  const figures: ResumptionFigure[] = [];
  for (const [certificate, text] of texts) {
    const figure = { certificate, ...await measure(drive, haproxy, certificate, text) };
    figures.push(figure);
    tell(figure);
  }
  return { passed: figures.every(cheaper), figures };
}

async function measure(
  { lab, wrk }: Drive,
  haproxy: string,
  certificate: string,
  texts: CertificateAndKey,
) {
  const spent = { full: [] as number[], resumed: [] as number[] };
  const note: Note = (resumed, ms) => (resumed ? spent.resumed : spent.full).push(ms * 1000);
  const port = freePort();
  const source = await serve(texts, port, note);
  const server = { name: `engine-${certificate}`, port };
  try {
    const clients = [
      await throughTlsClient(lab, haproxy, server, false),
      await throughTlsClient(lab, haproxy, server, true),
    ];
    const load = { path: "/", connections: CONNECTIONS, closing: false, secure: false };
    for (let round = 0; round < ROUNDS; round++) {
      for (const client of clients) {
        const options = { ...load, port: client.port, seconds: ROUND_SECONDS };
        await runWrk(wrk, lab.path("report.lua"), options);
      }
    }
  } finally {
    source.close();
  }
  const summary = (all: readonly number[]) => ({ count: all.length, micros: median(all) });
  return { full: summary(spent.full), resumed: summary(spent.resumed) };
}

/** Called at the end of each handshake with the time the engine spent on it, in milliseconds. */
type Note = (resumed: boolean, ms: number) => void;

/** Serves one answer for each connection on `port`. */
async function serve(
  texts: CertificateAndKey,
  port: number,
  note: Note,
): Promise<ConnectionSource> {
  const credentials = TlsCredentials.create(texts);
  if (typeof credentials === "string") throw new Error(credentials);
  const context = credentials.context({ min: "TLSv1.3", max: "TLSv1.3" });
  const acceptor = new EngineTlsAcceptor(timed(nativeTls() as NativeTlsClass, note), {
    alpn: ["http/1.1"],
    choose: () => ({ context, names: null }),
  });
  const source = await acceptor.listen({ ip: "127.0.0.1", port });
  const answer = async (accepted: Accepted) => {
    try {
      const { stream } = await acceptor.handshake(accepted);
      await stream.read(new Uint8Array(4096));
      await stream.write(ANSWER);
      stream.close();
    } catch {
      accepted.stream.close();
    }
  };
  void source.acceptLoop((accepted) => void answer(accepted), () => Promise.resolve());
  return source;
}

/** An engine that takes the time of its calls until the handshake is over. */
function timed(native: NativeTlsClass, note: Note): NativeTlsClass {
  return class extends native implements NativeTls {
    #spent = 0;

    #time<T>(call: () => T): T {
      const begun = performance.now();
      const result = call();
      this.#spent += performance.now() - begun;
      return result;
    }

    override receive(ciphertext: Uint8Array): void {
      this.#time(() => super.receive(ciphertext));
    }

    override finishAccept(context: object, alpn: string | null): number {
      return this.#time(() => super.finishAccept(context, alpn));
    }

    override isSessionReused(): boolean {
      const resumed = super.isSessionReused();
      note(resumed, this.#spent);
      return resumed;
    }
  };
}

function cheaper({ full, resumed }: ResumptionFigure): boolean {
  return resumed.micros < full.micros;
}

function tell(figure: ResumptionFigure): void {
  const { certificate, full, resumed } = figure;
  console.log(
    `\n${certificate}: the engine spends ${full.micros.toFixed(0)} us on a full handshake (of ` +
      `${full.count}), ${resumed.micros.toFixed(0)} us on a resumed one (of ${resumed.count}), ` +
      `${(resumed.micros / full.micros).toFixed(3)}: ${
        cheaper(figure) ? "PASS" : "MISS"
      } (bar: < 1)`,
  );
}

/** A certificate for the benchmark's host with an RSA key of 2048 bits. */
async function rsaCertificate(lab: Lab, openssl: string): Promise<CertificateAndKey> {
  const [certificate, key] = [lab.path("rsa.pem"), lab.path("rsa.key")];
  const { code, text } = await runProgram(openssl, [
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${HOST}`],
    ...["-addext", `subjectAltName=DNS:${HOST}`, "-keyout", key, "-out", certificate],
  ]);
  if (code !== 0) throw new Error(text);
  return {
    ...certificateFor([HOST]),
    certificate: Deno.readTextFileSync(certificate),
    key: Deno.readTextFileSync(key),
  };
}
