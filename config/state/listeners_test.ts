import assert from "node:assert/strict";
import * as messages from "../schema/messages.ts";
import { ListenerType } from "../schema/messages.ts";
import type { ConfigState } from "./state.ts";
import {
  accept,
  address,
  httpListener,
  httpsListener,
  refuse,
  stateWith,
  template,
} from "../../tests/support/config/state.ts";

const AT_80 = address("127.0.0.1:80");
const AT_443 = address("127.0.0.1:443");

function http(state: ConfigState): messages.HttpListenerConfig {
  const listener = state.tables.listeners.http.get("127.0.0.1:80");
  assert.ok(listener !== undefined);
  return listener;
}

function https(state: ConfigState): messages.HttpsListenerConfig {
  const listener = state.tables.listeners.https.get("127.0.0.1:443");
  assert.ok(listener !== undefined);
  return listener;
}

Deno.test("AddHttpListener refuses a taken address, other protocols may share it", () => {
  const state = stateWith({ kind: "add_http_listener", value: httpListener() });
  const again = { kind: "add_http_listener" as const, value: httpListener({ front_timeout: 1 }) };
  assert.equal(refuse(state, again), "already_exists");
  const tcp = { ...messages.TcpListenerConfig.empty(), address: AT_80 };
  accept(state, { kind: "add_tcp_listener", value: tcp });
});

Deno.test("ActivateListener and DeactivateListener set and clear the flag", () => {
  const state = stateWith({ kind: "add_http_listener", value: httpListener() });
  const on = { address: AT_80, proxy: ListenerType.HTTP, from_scm: false };
  accept(state, { kind: "activate_listener", value: on });
  accept(state, { kind: "activate_listener", value: on });
  assert.equal(http(state).active, true);
  const activations = () =>
    state.dump().filter(({ request_type }) => request_type?.kind === "activate_listener");
  assert.deepEqual(activations(), [{ request_type: { kind: "activate_listener", value: on } }]);
  const off = { address: AT_80, proxy: ListenerType.HTTP, to_scm: false };
  accept(state, { kind: "deactivate_listener", value: off });
  assert.equal(http(state).active, false);
  assert.deepEqual(activations(), []);
});

Deno.test("listener verbs refuse unknown protocols and addresses", () => {
  const state = stateWith({ kind: "add_http_listener", value: httpListener() });
  for (const proxy of [4, -1]) {
    const value = { address: AT_80, proxy };
    const unknown = "unknown_enum_value";
    assert.equal(refuse(state, { kind: "remove_listener", value }), unknown);
    assert.equal(
      refuse(state, { kind: "activate_listener", value: { ...value, from_scm: false } }),
      unknown,
    );
    assert.equal(
      refuse(state, { kind: "deactivate_listener", value: { ...value, to_scm: false } }),
      unknown,
    );
  }
  for (const proxy of [ListenerType.HTTPS, ListenerType.TCP, ListenerType.UDP]) {
    const value = { address: AT_80, proxy };
    assert.equal(refuse(state, { kind: "remove_listener", value }), "no_change");
    const activate = { ...value, from_scm: false };
    assert.equal(refuse(state, { kind: "activate_listener", value: activate }), "not_found");
  }
  accept(state, { kind: "remove_listener", value: { address: AT_80, proxy: ListenerType.HTTP } });
});

Deno.test("UpdateHttpListener touches the given fields only, answer_429 included", () => {
  const before = httpListener({
    active: true,
    front_timeout: 7,
    http_answers: { answer_404: template(404, "old"), answer_503: template(503, "old") },
    answers: new Map([["401", template(401, "kept")], ["503", template(503, "kept too")]]),
  });
  const state = stateWith({ kind: "add_http_listener", value: before });
  const patch: messages.UpdateHttpListenerConfig = {
    address: AT_80,
    back_timeout: 1,
    http_answers: { answer_404: template(404, "new"), answer_429: template(429, "new") },
    answers: new Map([["404", template(404, "added")], ["503", ""]]),
    elide_x_real_ip: true,
    send_x_real_ip: false,
    h2_max_header_fields: 5,
    h2_stream_refusal_percent: 0,
    h2c_prior_knowledge: true,
    h2_max_rst_stream_lifetime: 2n ** 60n,
    sozu_id_header: "X-Id",
    upload_min_bytes: 4096,
  };
  accept(state, { kind: "update_http_listener", value: patch });
  assert.deepEqual(http(state), {
    ...before,
    back_timeout: 1,
    http_answers: {
      answer_404: template(404, "new"),
      answer_503: template(503, "old"),
      answer_429: template(429, "new"),
    },
    answers: new Map([
      ["401", template(401, "kept")],
      ["503", template(503, "kept too")],
      ["404", template(404, "added")],
    ]),
    elide_x_real_ip: true,
    send_x_real_ip: false,
    h2_max_header_fields: 5,
    h2_stream_refusal_percent: 0,
    h2c_prior_knowledge: true,
    h2_max_rst_stream_lifetime: 2n ** 60n,
    sozu_id_header: "X-Id",
    upload_min_bytes: 4096,
  });
});

Deno.test("UpdateHttpsListener stores ALPN lists, resets on an empty one, replaces hsts whole", () => {
  const hsts = { enabled: true, max_age: 5, preload: true };
  const listener = httpsListener({ alpn_protocols: ["h2"], hsts });
  const state = stateWith({ kind: "add_https_listener", value: listener });
  const update = (changes: Partial<messages.UpdateHttpsListenerConfig>) => {
    const patch = { ...messages.UpdateHttpsListenerConfig.empty(), address: AT_443, ...changes };
    accept(state, { kind: "update_https_listener", value: patch });
    return https(state);
  };
  assert.deepEqual(update({ strict_sni_binding: false }).alpn_protocols, ["h2"]);
  assert.deepEqual(update({ alpn_protocols: { values: ["http/1.1"] } }).alpn_protocols, [
    "http/1.1",
  ]);
  assert.deepEqual(update({ alpn_protocols: { values: [] } }).alpn_protocols, []);
  assert.deepEqual(update({ hsts: { enabled: false } }).hsts, { enabled: false });
  assert.equal(https(state).strict_sni_binding, false);
});

Deno.test("UpdateTcpListener and UpdateUdpListener keep the other fields", () => {
  const tcp = { ...messages.TcpListenerConfig.empty(), address: AT_80, active: true };
  const udp = { ...messages.UdpListenerConfig.empty(), address: AT_80, max_flows: 9 };
  const state = stateWith(
    { kind: "add_tcp_listener", value: tcp },
    { kind: "add_udp_listener", value: udp },
    { kind: "update_tcp_listener", value: { address: AT_80, connect_timeout: 99 } },
    { kind: "update_udp_listener", value: { address: AT_80, max_rx_datagram_size: 1 } },
  );
  assert.deepEqual(state.tables.listeners.tcp.get("127.0.0.1:80"), { ...tcp, connect_timeout: 99 });
  assert.deepEqual(state.tables.listeners.udp.get("127.0.0.1:80"), {
    ...udp,
    max_rx_datagram_size: 1,
  });
});

Deno.test("an update that only names the address changes nothing and is accepted", () => {
  const state = stateWith({ kind: "add_https_listener", value: httpsListener() });
  const before = state.clone();
  const patch = { ...messages.UpdateHttpsListenerConfig.empty(), address: AT_443 };
  accept(state, { kind: "update_https_listener", value: patch });
  assert.ok(state.equals(before));
});

Deno.test("a refused update leaves every field as it was", () => {
  const state = stateWith(
    { kind: "add_http_listener", value: httpListener() },
    { kind: "add_https_listener", value: httpsListener() },
  );
  const base = { ...messages.UpdateHttpsListenerConfig.empty(), address: AT_443, front_timeout: 1 };
  const bad: Partial<messages.UpdateHttpsListenerConfig>[] = [
    { h2_max_ping_per_window: 0 },
    { alpn_protocols: { values: ["spdy"] } },
    { sozu_id_header: "" },
    { hsts: { preload: true } },
  ];
  for (const changes of bad) {
    const value = { ...base, ...changes };
    assert.equal(refuse(state, { kind: "update_https_listener", value }), "invalid_value");
  }
  const elsewhere = { ...base, address: address("127.0.0.9:443") };
  assert.equal(refuse(state, { kind: "update_https_listener", value: elsewhere }), "not_found");
  const value = {
    ...messages.UpdateHttpListenerConfig.empty(),
    address: AT_80,
    sozu_id_header: ":",
  };
  assert.equal(refuse(state, { kind: "update_http_listener", value }), "invalid_value");
  for (const kind of ["update_tcp_listener", "update_udp_listener"] as const) {
    assert.equal(refuse(state, { kind, value: { address: AT_80 } }), "not_found");
  }
});

Deno.test("of two answers for one status the one patched last stays, in either form", () => {
  const state = stateWith({ kind: "add_http_listener", value: httpListener() });
  const patch = (value: Partial<messages.UpdateHttpListenerConfig>) =>
    accept(state, {
      kind: "update_http_listener",
      value: { address: AT_80, answers: new Map(), ...value },
    });
  const answers = () => state.tables.listeners.http.get("127.0.0.1:80")?.answers;
  const [first, stays, older, newer] = [
    template(404, "first"),
    template(503, "stays"),
    template(404, "older form"),
    template(404, "newer form"),
  ] as [string, string, string, string];
  patch({ answers: new Map([["404", first], ["503", stays]]) });
  patch({ http_answers: { answer_404: older, answer_503: "" } });
  assert.deepEqual(answers(), new Map([["503", stays]]));
  patch({ answers: new Map([["404", newer]]), http_answers: { answer_404: older } });
  assert.deepEqual(answers(), new Map([["503", stays], ["404", newer]]));
});

Deno.test("a replaced listener has all of the new settings, and is as active as before", () => {
  const open = httpListener({ active: true, send_x_real_ip: true });
  const state = stateWith({ kind: "add_http_listener", value: open });
  accept(state, { kind: "replace_http_listener", value: httpListener({ front_timeout: 7 }) });
  assert.deepEqual(
    state.tables.listeners.http.get("127.0.0.1:80"),
    httpListener({ active: true, front_timeout: 7 }),
  );
  const elsewhere = httpListener({ address: address("127.0.0.9:80") });
  assert.equal(refuse(state, { kind: "replace_http_listener", value: elsewhere }), "not_found");
});

Deno.test("an added listener is not active before it is activated, whatever it says", () => {
  const state = stateWith();
  const add = { kind: "add_http_listener", value: httpListener({ active: true }) } as const;
  assert.equal(state.apply({ request_type: add }), null);
  assert.equal(state.tables.listeners.http.get("127.0.0.1:80")?.active, false);
});
