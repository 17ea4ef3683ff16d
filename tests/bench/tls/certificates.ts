// The second part of `bench tls`: very many certificates, certificates replaced under handshakes, and
// handshakes that are damaged. Real processes, changed through the command socket.

import {
  type CertificateAndKey,
  type Request,
  ResponseStatus,
} from "../../../config/schema/messages.ts";
import { type CommandClient, connect } from "../../../src/client/mod.ts";
import { createKeys } from "../../../src/io/x509/self_signed.ts";
import { damagedHellos } from "../../fuzz/hello_fuzz.ts";
import { socketAddress } from "../../support/session/proxy.ts";
import { cpuByProcess } from "../../support/process/proc.ts";
import { certificateFor, fingerprintOf } from "../../support/tls/test_certificates.ts";
import { shakeHands } from "../../support/tls/tls_client.ts";
import { pause } from "../../support/wait.ts";
import { type Running, startContender } from "../contenders/arena.ts";
import type { Drive } from "../figures/comparison.ts";
import { workerMemory } from "../memory.ts";
import { SOZU, sozuProxy } from "../contenders/sozu_proxy.ts";
import { throughTlsClient, writeCertificate } from "./lab.ts";
import { runWrk } from "../load/wrk.ts";

const MANY_CERTIFICATES = 10_000;
const REPLACES_PER_SECOND = 100;
const HANDSHAKES_PER_SECOND = 200;
const DAMAGED_HELLOS = 200_000;
/** Bound of the cost of a handshake among many certificates divided by that among few. */
const CHOICE_BAR = 1.15;
/** Bound of memory after all damaged handshakes divided by memory after half of them. */
const GROWTH_BAR = 1.05;
const WARM_TENTHS = 5;

/** The figures, and whether all bars were met. */
export interface CertificateFigures {
  readonly passed: boolean;
  readonly [name: string]: unknown;
}

interface Scene {
  readonly sozu: Running;
  readonly client: CommandClient;
  readonly drive: Drive;
  readonly haproxy: string;
}

/** Runs the three measurements. */
export async function runCertificateBench(
  drive: Drive,
  { haproxy, backendPort }: { readonly haproxy: string; readonly backendPort: number },
): Promise<CertificateFigures> {
  const { lab } = drive;
  const name = `${SOZU}-certificates`;
  const tls = writeCertificate(lab);
  const sozu = await startContender(lab, sozuProxy({ name }), backendPort, tls);
  using client = await connect(lab.path(`${name}.sock`), { timeoutMs: 60_000 });
  const scene = { sozu, client, drive, haproxy };
  const replaces = await replaceUnderLoad(scene);
  const many = await manyCertificates(scene);
  const fuzz = await damage(scene);
  return { passed: replaces.passed && many.passed && fuzz.passed, replaces, many, fuzz };
}

function verdict(passed: boolean): string {
  return passed ? "PASS" : "MISS";
}

async function send(
  client: CommandClient,
  type: NonNullable<Request["request_type"]>,
): Promise<void> {
  const { status, message } = await client.send({ request_type: type });
  if (status !== ResponseStatus.OK) throw new Error(`${type.kind}: ${message}`);
}

function add({ client, sozu }: Scene, certificate: CertificateAndKey): Promise<void> {
  const address = socketAddress(`127.0.0.1:${sozu.port}`);
  return send(client, { kind: "add_certificate", value: { address, certificate } });
}

/** CPU of a full handshake with few certificates, and with very many. */
async function manyCertificates(scene: Scene) {
  const { sozu, drive, haproxy } = scene;
  const keys = createKeys();
  const target = await throughTlsClient(drive.lab, haproxy, sozu, false);
  for (let i = 0; i < 9; i++) await add(scene, certificateFor([`few-${i}.test`], { keys }));
  await handshakeCost(target, drive);
  const few = await handshakeCost(target, drive);
  const memory = workerMemory(sozu);
  const started = performance.now();
  for (let done = 0; done < MANY_CERTIFICATES; done += 100) {
    const batch = Array.from({ length: 100 }, (_, i) => done + i);
    await Promise.all(batch.map((i) => add(scene, certificateFor([`many-${i}.test`], { keys }))));
  }
  const loadSeconds = (performance.now() - started) / 1000;
  const many = await handshakeCost(target, drive);
  const grown = workerMemory(sozu) - memory;
  const ratio = many / few;
  console.log(
    `\n${MANY_CERTIFICATES} certificates: loaded in ${loadSeconds.toFixed(1)} s, worker RSS ` +
      `${mebibytes(memory)} -> ${mebibytes(memory + grown)} MiB ` +
      `(${(grown / MANY_CERTIFICATES / 1024).toFixed(1)} KiB each)`,
  );
  const passed = ratio <= CHOICE_BAR;
  console.log(
    `CPU of a handshake with 10 and with all: ${few.toFixed(0)} and ${many.toFixed(0)} us, ratio ` +
      `${ratio.toFixed(2)}  ${verdict(passed)} (bar: <= ${CHOICE_BAR})`,
  );
  return { passed, few, many, ratio, loadSeconds, memory, grown };
}

/** Microseconds of CPU for each connection with one full handshake and one request. */
async function handshakeCost(target: Running, { lab, wrk, seconds }: Drive): Promise<number> {
  const total = () => [...cpuByProcess(target.process.pid).values()].reduce((a, b) => a + b, 0);
  const before = total();
  const load = { port: target.port, path: "/", connections: 8, seconds };
  const { requests, errors } = await runWrk(wrk, lab.path("many.lua"), load);
  if (errors > 0) throw new Error(`${errors} of ${requests} requests failed`);
  return (total() - before) / requests;
}

/** New handshakes at a steady rate while their certificates are replaced at another. */
async function replaceUnderLoad(scene: Scene) {
  const seconds = Math.max(3, scene.drive.seconds);
  const keys = createKeys();
  const names = Array.from({ length: 10 }, (_, i) => `replaced-${i}.test`);
  const issue = (name: string, turn: number) =>
    certificateFor([name], { keys, commonName: `${name} ${turn}`, days: 30 + turn / 100 });
  const current = new Map(names.map((name) => [name, issue(name, 0)]));
  for (const certificate of current.values()) await add(scene, certificate);
  const seen = { replaces: 0, handshakes: 0, failed: 0, wrong: 0 };
  const address = socketAddress(`127.0.0.1:${scene.sozu.port}`);
  const replacing = paced(seconds, REPLACES_PER_SECOND, async (turn) => {
    const name = names[turn % names.length] as string;
    const old = fingerprintOf(current.get(name) as CertificateAndKey);
    const next = issue(name, turn + 1);
    current.set(name, next);
    const value = { address, new_certificate: next, old_fingerprint: old };
    await send(scene.client, { kind: "replace_certificate", value });
    seen.replaces++;
  });
  const shaking = paced(seconds, HANDSHAKES_PER_SECOND, async (turn) => {
    const name = names[turn % names.length] as string;
    try {
      const { commonName } = await shakeHands(scene.sozu.port, name);
      if (!commonName.startsWith(`${name} `)) seen.wrong++;
      seen.handshakes++;
    } catch {
      seen.failed++;
    }
  });
  await Promise.all([replacing, shaking]);
  const passed = seen.failed === 0 && seen.wrong === 0 && seen.handshakes > 0;
  console.log(
    `\nIn ${seconds} s ${seen.replaces} certificates replaced under ${seen.handshakes} handshakes: ` +
      `${seen.failed} failed, ${seen.wrong} with a wrong name  ${verdict(passed)} (bar: 0)`,
  );
  return { passed, seconds, ...seen };
}

/** Starts `work` so often a second, whether the one before is done or not; resolves when all are. */
async function paced(
  seconds: number,
  perSecond: number,
  work: (turn: number) => Promise<void>,
): Promise<void> {
  const started = performance.now();
  const running: Promise<void>[] = [];
  for (let turn = 0; turn < seconds * perSecond; turn++) {
    running.push(work(turn));
    await pause(Math.max(0, started + (turn + 1) * 1000 / perSecond - performance.now()));
  }
  await Promise.all(running);
}

/** Damaged ClientHellos against the live listener: the worker stays, its memory stays flat. */
async function damage({ sozu }: Scene) {
  const series: number[] = [];
  for (let tenth = 1; tenth <= 10; tenth++) {
    await damagedHellos(sozu.port, DAMAGED_HELLOS / 10, tenth);
    series.push(workerMemory(sozu));
  }
  const memory = series[WARM_TENTHS - 1] as number;
  const growth = (series.at(-1) as number) / memory;
  const passed = growth <= GROWTH_BAR && sozu.process.alive;
  console.log(
    `${DAMAGED_HELLOS} damaged ClientHellos: worker alive, memory at the end by memory when warm ` +
      `${growth.toFixed(3)} (${series.map(mebibytes).join(" ")} MiB)  ` +
      `${verdict(passed)} (bar: <= ${GROWTH_BAR})`,
  );
  return { passed, count: DAMAGED_HELLOS, growth, series };
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}
