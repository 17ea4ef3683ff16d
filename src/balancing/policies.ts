// Which policy a cluster's configuration asks for. The only place that knows them all.

import { Hrw } from "./hrw.ts";
import { LeastLoaded } from "./least_loaded.ts";
import { Maglev } from "./maglev.ts";
import { LoadBalancing, type Policy } from "./policy.ts";
import { PowerOfTwo } from "./power_of_two.ts";
import { Random } from "./random.ts";
import { RoundRobin } from "./round_robin.ts";

/**
 * Makes the policy of an algorithm (one of LoadBalancing; an unknown number is ROUND_ROBIN, the default)
 * with a metric (one of LoadMetric). `random` gives numbers in [0, 1).
 */
export function createPolicy(algorithm: number, metric: number, random: () => number): Policy {
  switch (algorithm) {
    case LoadBalancing.RANDOM:
      return new Random(random);
    case LoadBalancing.LEAST_LOADED:
      return new LeastLoaded(metric);
    case LoadBalancing.POWER_OF_TWO:
      return new PowerOfTwo(metric, random);
    case LoadBalancing.HRW:
      return new Hrw();
    case LoadBalancing.MAGLEV:
      return new Maglev();
    default:
      return new RoundRobin();
  }
}
