import type { Finding } from './finding.ts';
import { describeFinding } from './finding.ts';
import type { EnvironmentRecord } from './record.ts';

/**
 * Text of `postern env diff` about dangers.
 * @param replaced number of replaced resources. An update is called safe only without one
 */
export const reportUpdate = (
  name: string,
  deployed: EnvironmentRecord | undefined,
  findings: readonly Finding[],
  replaced: number,
): string => {
  if (deployed === undefined) return `${name}: no stack is deployed. This is the first deployment.`;
  const { gateway, state } = deployed;
  const compared =
    `${Object.keys(state.resources).length} resources of State, ${Object.keys(gateway.resources).length} of Gateway and ` +
    `${gateway.imports.length} exports in use were compared`;
  if (findings.length > 0) {
    return [
      `${name}: this update is NOT safe: ${compared}, and ${findings.length} would fail or lose data:`,
      ...findings.map((finding) => `  ${describeFinding(finding)}`),
    ].join('\n');
  }
  if (replaced > 0) {
    const subject = replaced === 1 ? '1 resource is' : `${replaced} resources are`;
    return (
      `${name}: ${subject} replaced (the lines with "!"). Nothing was found that CloudFormation refuses or that loses data: ` +
      `${compared}.`
    );
  }
  return `${name}: this update is safe: ${compared}.`;
};
