// placeholder
import type { Drive } from "./http.ts";
export function runCertificateBench(_drive: Drive): Promise<{ passed: boolean }> {
  return Promise.resolve({ passed: true });
}
