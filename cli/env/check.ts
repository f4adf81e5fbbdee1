import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { InvalidEnvironment } from '../../lib/config/errors.ts';
import { EnvironmentStacks } from '../../lib/environment-stacks.ts';
import { bundleFunctions } from '../../lib/functions/bundles.ts';
import { unacknowledgedFindings } from '../../lib/validation/findings.ts';
import type { EnvAnswer } from './protocol.ts';
import { loadEnvironment, readCdkContext } from './read-environment.ts';

/** Reads an environment, makes its templates, and lists every finding that is not acknowledged. */
export const answerCheck = async (name: string): Promise<EnvAnswer> => {
  const context = readCdkContext();
  let environment: Awaited<ReturnType<typeof loadEnvironment>>;
  try {
    environment = await loadEnvironment(name, context);
  } catch (error) {
    if (!(error instanceof InvalidEnvironment)) throw error;
    const errors = error.errors.map(({ at, expected, remedy }) => ({ at, expected, remedy }));
    return { exit: 'failed', data: { environment: name, errors, findings: [], stacks: [] }, text: error.message };
  }
  const folder = mkdtempSync(join(tmpdir(), 'postern-check-'));
  try {
    const app = new App({ context: { ...context }, outdir: folder });
    const made = new EnvironmentStacks(app, { environment, bundles: await bundleFunctions() });
    app.synth();
    const findings = unacknowledgedFindings(readFileSync(join(folder, 'validation-report.json'), 'utf8'));
    const stacks = [made.state.stackName, made.gateway.stackName];
    return {
      exit: findings.length === 0 ? 'ok' : 'failed',
      data: { environment: name, errors: [], findings, stacks },
      text: describe(name, stacks, findings),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const describe = (name: string, stacks: readonly string[], findings: readonly string[]): string =>
  findings.length === 0
    ? `${name}: the file is valid, and the templates of ${stacks.join(' and ')} have no unacknowledged finding.`
    : [
        `${name}: the file is valid, but ${findings.length} findings of its templates are not acknowledged:`,
        ...findings.map((finding) => `  ${finding}`),
        'Correct each, or acknowledge it next to its construct, with a reason. docs/reference/exceptions.md has examples.',
      ].join('\n');
