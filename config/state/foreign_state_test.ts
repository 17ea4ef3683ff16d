// State files as other programs have written them: of sozu 2.1, whose messages have fewer fields, and of sozu 2.3.3,
// with its younger verbs. They load whole, save to what says the same, and differ from themselves in nothing.

import assert from "node:assert/strict";
import { COMMON_NAME_ONLY } from "../../tests/support/config/certificates.ts";
import { stateWith } from "../../tests/support/config/state.ts";
import { readRecords, writeRecord } from "../codec/saved_state.ts";
import { diff } from "../diff/diff.ts";
import type { ConfigState } from "./state.ts";

const IP = '{"inner":{"V4":2130706433}}';
const at = (port: number) => `{"ip":${IP},"port":${port}}`;
const PEM = JSON.stringify(COMMON_NAME_ONLY.pem);
const TIMES = '"front_timeout":60,"back_timeout":30,"connect_timeout":3,"request_timeout":10';

const HTTP_21 = `{"address":${at(8080)},"public_address":null,"expect_proxy":false,` +
  `"sticky_name":"SOZUBALANCEID",${TIMES},"active":true,"http_answers":null,"answers":{},` +
  '"h2_max_rst_stream_per_window":null,"elide_x_real_ip":false,"send_x_real_ip":false';
const HTTPS_21 = `{"address":${at(8443)},"public_address":null,"expect_proxy":false,` +
  `"sticky_name":"SOZUBALANCEID",${TIMES},"active":false,"versions":[4,5],"cipher_list":[],` +
  '"cipher_suites":[],"signature_algorithms":[],"groups_list":[],"certificate":null,' +
  '"certificate_chain":[],"key":null,"send_tls13_tickets":4,"http_answers":null,' +
  '"alpn_protocols":["h2","http/1.1"],"answers":{},"strict_sni_binding":true';
const CHECK_21 =
  '{"uri":"/up","interval":10,"timeout":5,"healthy_threshold":3,"unhealthy_threshold":3,"expected_status":0';
const CLUSTER_21 = '"sticky_session":true,"https_redirect":false,"proxy_protocol":null,' +
  '"load_balancing":0,"answer_503":null,"load_metric":null,"http2":true,"answers":{},' +
  '"authorized_hashes":[],"max_connections_per_ip":10,"retry_after":null';
const FRONT_21 = (port: number, host: string) =>
  `"cluster_id":"web","address":${at(port)},"hostname":"${host}","path":{"kind":0,"value":"/"},` +
  '"method":null,"position":2,"tags":{"owner":"me"},"redirect":0,"headers":[]';

const SOZU_2_1: readonly string[] = [
  `"ADD_HTTP_LISTENER":${HTTP_21}}`,
  `"ACTIVATE_LISTENER":{"address":${at(8080)},"proxy":0,"from_scm":false}`,
  `"ADD_HTTPS_LISTENER":${HTTPS_21}}`,
  `"ADD_TCP_LISTENER":{"address":${at(7000)},"public_address":null,"expect_proxy":false,` +
  '"front_timeout":60,"back_timeout":30,"connect_timeout":3,"active":false}',
  `"ADD_CLUSTER":{"cluster_id":"web",${CLUSTER_21},"health_check":${CHECK_21}}}`,
  `"ADD_CLUSTER":{"cluster_id":"db",${CLUSTER_21},"health_check":null}`,
  `"ADD_HTTP_FRONTEND":{${FRONT_21(8080, "a.test")}}`,
  `"ADD_CERTIFICATE":{"address":${at(8443)},"certificate":{"certificate":${PEM},` +
  '"certificate_chain":[],"key":"","versions":[],"names":["a.test"]},"expired_at":null}',
  `"ADD_HTTPS_FRONTEND":{${FRONT_21(8443, "a.test")}}`,
  `"ADD_TCP_FRONTEND":{"cluster_id":"db","address":${at(7000)},"tags":{}}`,
  `"ADD_BACKEND":{"cluster_id":"web","backend_id":"w0","address":${at(9001)},"sticky_id":"w0",` +
  '"load_balancing_parameters":{"weight":50},"backup":null}',
  `"ADD_BACKEND":{"cluster_id":"db","backend_id":"d0","address":${at(9002)},"sticky_id":null,` +
  '"load_balancing_parameters":null,"backup":true}',
];

const CLUSTER_23 = `${CLUSTER_21},"max_connections_per_subnet":5,"affinity_header":"x-user",` +
  '"affinity_cookie":null,"shard_percent":25,"shard_min_backends":4,"shard_mode":1,' +
  '"max_connection_attempts":7';
const PREDICATES = '"header_predicates":[{"name":"x-a","kind":0,"value":"1"}]';

const SOZU_2_3_3: readonly string[] = [
  `"ADD_HTTP_LISTENER":${HTTP_21},"interface":null,"forwarded_headers":2,"h2_stream_refusal_percent":40}`,
  `"ACTIVATE_LISTENER":{"address":${at(8080)},"proxy":0,"from_scm":false,"interface":null}`,
  `"ADD_HTTPS_LISTENER_WITH_CLIENT_AUTH":${HTTPS_21},"interface":null,"forwarded_headers":0,` +
  `"client_auth":1,"client_ca_certificates":[${PEM}],"client_ca_crls":[]}`,
  `"ADD_TCP_LISTENER":{"address":${at(7000)},"public_address":null,"expect_proxy":false,` +
  '"front_timeout":60,"back_timeout":30,"connect_timeout":3,"active":false,' +
  '"sni_preread_timeout":3,"sni_preread_max_bytes":8192,"interface":null}',
  `"ADD_CLUSTER":{"cluster_id":"web",${CLUSTER_23},"health_check":${CHECK_21},"mode":0,` +
  '"accepted_statuses":[{"start":200,"end":299}],"port":81,"headers":[]}}',
  `"ADD_CLUSTER":{"cluster_id":"db",${CLUSTER_21},"health_check":null}`,
  `"ADD_HTTP_FRONTEND":{${FRONT_21(8080, "a.test")},"header_predicates":[]}`,
  `"ADD_HTTP_FRONTEND_WITH_HEADER_PREDICATES":{${FRONT_21(8080, "a.test")},${PREDICATES}}`,
  `"ADD_HTTP_FRONTEND_WITH_SILENT_CLOSE":{${
    FRONT_21(8080, "b.test").replace('"redirect":0', '"redirect":5')
  },"header_predicates":[]}`,
  `"ADD_HTTPS_FRONTEND_WITH_HEADER_PREDICATES":{${FRONT_21(8443, "a.test")},${PREDICATES}}`,
  `"ADD_TCP_FRONTEND":{"cluster_id":"db","address":${
    at(7000)
  },"tags":{},"sni":"db.test","alpn":["h2"]}`,
  `"ADD_BACKEND":{"cluster_id":"web","backend_id":"w0","address":${at(9001)},"sticky_id":"w0",` +
  '"load_balancing_parameters":{"weight":50},"backup":null,"unix_path":null}',
  `"ADD_UNIX_BACKEND":{"cluster_id":"db","backend_id":"d0","address":${
    at(9002)
  },"sticky_id":null,` +
  '"load_balancing_parameters":null,"backup":null,"unix_path":"/run/db.sock"}',
];

function fileOf(records: readonly string[]): string {
  return records
    .map((it, index) => `{"id":"SAVE-${index}","content":{"request_type":{${it}}}}\n\0`)
    .join("");
}

/** The state that a file leads to; every record is read, and accepted. */
function loaded(file: string): ConfigState {
  const { records, error } = readRecords(file);
  assert.equal(error, null, error?.message);
  const state = stateWith();
  for (const { content } of records) {
    const refusal = state.apply(content);
    assert.equal(refusal, null, `${content.request_type?.kind}: ${refusal?.message}`);
  }
  return state;
}

function saved(state: ConfigState): string {
  return state.dump().map((content, at) => writeRecord({ id: `SAVE-${at}`, content })).join("");
}

for (const [version, records] of [["2.1", SOZU_2_1], ["2.3.3", SOZU_2_3_3]] as const) {
  Deno.test(`a state file of sozu ${version} loads, saves, and differs from itself in nothing`, () => {
    const state = loaded(fileOf(records));
    const file = saved(state);
    const again = loaded(file);
    assert.ok(again.equals(state) && state.equals(again));
    assert.deepEqual(diff(state, again), []);
    assert.equal(saved(again), file);
    const verbs = (text: string) =>
      readRecords(text).records.map(({ content }) => content.request_type?.kind).sort();
    assert.deepEqual(
      verbs(file),
      verbs(fileOf(records)),
      "every object is saved under its own verb",
    );
  });
}
