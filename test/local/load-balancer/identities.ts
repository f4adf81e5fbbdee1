import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadBalancerIdentity } from '../../../local/load-balancer/identity.ts';
import { loadIdentity } from '../../../local/load-balancer/identity.ts';

/** A new identity for a test. */
export const aLoadBalancerIdentity = (): LoadBalancerIdentity => {
  const folder = mkdtempSync(join(tmpdir(), 'load-balancer-'));
  try {
    return loadIdentity(join(folder, 'identity.json'));
  } finally {
    rmSync(folder, { recursive: true });
  }
};
