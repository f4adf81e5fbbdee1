import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unacknowledgedFindings } from '../lib/policy/findings.ts';

/** Fails when the last synth left a finding that nobody acknowledged: `tsx bin/check-findings.ts [cdk.out]`. */
const report = join(process.argv[2] ?? 'cdk.out', 'validation-report.json');
const findings = unacknowledgedFindings(readFileSync(report, 'utf8'));
if (findings.length > 0) {
  console.error(`${findings.length} unacknowledged findings in ${report}:\n${findings.join('\n')}`);
  process.exitCode = 1;
} else {
  console.log(`No unacknowledged finding in ${report}.`);
}
