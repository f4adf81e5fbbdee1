import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unacknowledgedFindings } from '../../lib/validation/findings.ts';
import type { Context } from '../context.ts';
import type { EnvAnswer } from './answer.ts';
import { MistakesInApp, type SynthesizedEnvironment, withEnvironment } from './with-environment.ts';

/** Makes the templates of an environment, and lists its mistakes, or every finding that is not acknowledged. */
export const answerCheck = async (context: Context, name: string | undefined): Promise<EnvAnswer> => {
  try {
    return await withEnvironment(context, { name, isValidated: true }, answer);
  } catch (error) {
    if (!(error instanceof MistakesInApp) || error.mistakes.kind !== 'invalid-environment') throw error;
    const { errors, message } = error.mistakes;
    return { exit: 'failed', data: { environment: name, errors, findings: [], stacks: [] }, text: message };
  }
};

const answer = ({ assembly, description: { name, path, stacks: described } }: SynthesizedEnvironment): EnvAnswer => {
  const report = join(assembly, 'validation-report.json');
  const findings = existsSync(report) ? unacknowledgedFindings(readFileSync(report, 'utf8'), path) : [];
  const stacks = [described.state.name, described.gateway.name];
  return {
    exit: findings.length === 0 ? 'ok' : 'failed',
    data: { environment: name, errors: [], findings, stacks },
    text:
      findings.length === 0
        ? `${name}: the settings are valid, and the templates of ${stacks.join(' and ')} have no unacknowledged finding.`
        : [
            `${name}: the settings are valid, but its templates have findings that are not acknowledged (${findings.length}):`,
            ...findings.map((finding) => `  ${finding}`),
            'Correct each, or acknowledge it next to its construct: Validations.of(construct).acknowledge({ id, reason }).',
          ].join('\n'),
  };
};
