import type { Finding } from './finding.ts';
import { describeFinding } from './finding.ts';
import type { EnvironmentRecord } from './record.ts';

/** Text of `postern env diff` about dangers. */
export const reportUpdate = (
  name: string,
  deployed: EnvironmentRecord | undefined,
  findings: readonly Finding[],
): string => {
  if (deployed === undefined) return `${name}: no stack is deployed. This is the first deployment.`;
  const { gateway, state } = deployed;
  const compared =
    `${Object.keys(state.resources).length} resources of State, ${Object.keys(gateway.resources).length} of Gateway and ` +
    `${gateway.imports.length} exports in use were compared`;
  return findings.length === 0
    ? `${name}: this update is safe: ${compared}.`
    : [
        `${name}: this update is NOT safe: ${compared}, and ${findings.length} would fail or lose data:`,
        ...findings.map((finding) => `  ${describeFinding(finding)}`),
      ].join('\n');
};
