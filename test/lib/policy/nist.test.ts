import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { NIST80053R5Checks } from 'cdk-nag';
import { afterAll, expect, it } from 'vitest';
import { loadEnvironments } from '../../../lib/environment/load.ts';
import { unacknowledgedFindings } from '../../../lib/policy/findings.ts';
import { PosternStage } from '../../../lib/stage.ts';
import { anApp, NO_CODE } from '../../support/synthesize.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-nist-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What an auditor is told about each rule that does not hold. */
const ANSWERS: Readonly<Record<string, string>> = {
  CloudWatchAlarmAction: 'Tells somebody by the page that it is part of: a composite alarm, with the topic of pages.',
  IAMNoInlinePolicy: 'A policy for one role alone; every statement of it is written out in a test.',
  LambdaConcurrency:
    'The environment reserves what it wants (`reservedConcurrency`); what one function has, others lose.',
  LambdaDLQ: 'Whoever waits gets an answer; whoever calls without waiting has a destination for what failed.',
  LambdaInsideVPC:
    'Nothing that the functions use is in a network ([decision 18](decisions/0018-functions-are-in-no-network.md)).',
  S3BucketLoggingEnabled:
    'Who reads a payload is in the functions’ logs; the bucket of logs would log itself. Data events of CloudTrail, where an organisation has them, see both.',
  S3BucketReplicationEnabled:
    'One home Region for each task ([decision 21](decisions/0021-a-task-has-one-home-region.md)).',
  S3BucketVersioningEnabled: 'Lines of the load balancer’s logs are written once, by the service, and live for weeks.',
  S3DefaultEncryptionKMS: 'The log delivery of load balancers writes to buckets with S3’s own key only.',
  VPCFlowLogsEnabled:
    'In the network there is the load balancer alone, and its access, connection and health-check logs say more.',
  VPCNoUnrestrictedRouteToIGW: 'The load balancer faces the internet: that is what it is for.',
  VPCSubnetAutoAssignPublicIpDisabled: 'The same: in these subnets there is the load balancer alone.',
};

it('docs/nist-800-53.md answers every rule of NIST 800-53 R5 that does not hold in prod (written by `vitest -u`)', async () => {
  const app = anApp(folder);
  Validations.of(app).addPlugins(new NIST80053R5Checks(app));
  const prod = (await loadEnvironments(() => undefined)).find(({ name }) => name === 'prod');
  if (prod === undefined) throw new Error('There is no environment prod.');
  new PosternStage(app, { environment: prod, bundles: NO_CODE });
  const report = join(folder, 'validation-report.json');
  try {
    app.synth();
  } catch (error) {
    // A finding is an error and ends the synth, after the report of it was written.
    if (!existsSync(report)) throw error;
  }
  const places = new Map<string, Set<string>>();
  for (const finding of unacknowledgedFindings(readFileSync(report, 'utf8'))) {
    const [, rule, place = ''] = /NIST\.800\.53\.R5-(\w+)(?:\[.*?\])? .* at \w+\/(\S+?):/.exec(finding) ?? [];
    if (rule === undefined) continue;
    places.set(rule, (places.get(rule) ?? new Set()).add(place.replaceAll('/Resource', '')));
  }
  expect([...places.keys()].sort()).toEqual(Object.keys(ANSWERS).sort());
  const rows = [...places]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([rule, where]) =>
        `| ${rule} | ${ANSWERS[rule]} | ${[...where]
          .sort()
          .map((place) => `\`${place}\``)
          .join(', ')} |`,
    );
  const page = `# NIST 800-53 R5

What the rule pack of cdk-nag for NIST 800-53 R5 finds in \`prod\`, for whoever has to answer an auditor: a report, no gate. A
rule that is not listed holds, or is about nothing that is here. This page is written by a test, which fails at a finding that
has no answer.

| rule that does not hold | answer | where |
|---|---|---|
${rows.join('\n')}
`;
  await expect(page).toMatchFileSnapshot('../../../docs/nist-800-53.md');
});
