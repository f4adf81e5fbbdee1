import { dataLost } from './data-lost.ts';
import { exportsInUse } from './exports-in-use.ts';
import type { Finding } from './finding.ts';
import { namesTaken } from './names-taken.ts';
import type { EnvironmentRecord } from './record.ts';
import { refersTo, replacements } from './replacements.ts';
import { loadBalancersMoved, serviceRefusals } from './service-refusals.ts';
import { signingKeysUnread } from './signing-keys-unread.ts';

/**
 * Finds the dangers of an update of a deployed environment: changes that CloudFormation or a service refuses, and loss of
 * data. No finding means that no danger is known, not that the deployment will succeed.
 */
export const compareEnvironments = (before: EnvironmentRecord, after: EnvironmentRecord): readonly Finding[] => {
  const state = replacements(before.state, after.state);
  const gateway = replacements(before.gateway, after.gateway);
  const isInUse = (logicalId: string): boolean =>
    before.gateway.imports.some((name) => refersTo(before.state.exports[name], new Set([logicalId])));
  return [
    ...exportsInUse(before, after, state),
    ...namesTaken('State', before.state, after.state, state),
    ...namesTaken('Gateway', before.gateway, after.gateway, gateway),
    ...dataLost('State', before.state, after.state, state, isInUse),
    ...dataLost('Gateway', before.gateway, after.gateway, gateway, isInUse),
    ...serviceRefusals('State', before.state, after.state, state),
    ...serviceRefusals('Gateway', before.gateway, after.gateway, gateway),
    ...loadBalancersMoved(before.gateway, after.gateway, gateway),
    ...signingKeysUnread(before, after),
  ];
};
