import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXPIRES_IN_SECONDS } from '../../../lambda/contract/limits.ts';
import { RESUME_REASONS, RESUME_STATES, WORKFLOW_ERRORS } from '../../../lambda/contract/resume.ts';
import {
  MAX_CALLBACK_ID_CHARS,
  MAX_RESUMES,
  MAX_SUPERSEDES_CHARS,
  MAX_TASK_TOKEN_CHARS,
  WORKFLOW_HEARTBEAT_SECONDS,
  WORKFLOW_OUTPUT,
  WORKFLOW_WAIT,
} from '../../../lambda/contract/workflow-limits.ts';

const page = readFileSync(new URL('../../../docs/send/workflows.md', import.meta.url), 'utf8');
const example = (file: string) => readFileSync(new URL(`../../../docs/send/examples/${file}`, import.meta.url), 'utf8');

describe('docs/send/workflows.md', () => {
  it('has the limits of the contract', () => {
    const count = new Intl.NumberFormat('en');
    for (const row of [
      `| task token | 1 to ${count.format(MAX_TASK_TOKEN_CHARS)} characters |`,
      `| callback id | 1 to ${count.format(MAX_CALLBACK_ID_CHARS)} characters of base64 |`,
      `| ${count.format(WORKFLOW_OUTPUT.bytes)} bytes of UTF-8,`,
      `| ${count.format(WORKFLOW_OUTPUT.causeChars)} UTF-16 code units |`,
      `| \`supersedes\` | 1 to ${MAX_SUPERSEDES_CHARS} characters |`,
      `| ${EXPIRES_IN_SECONDS.min} seconds to the processor's maximum, at most ${EXPIRES_IN_SECONDS.max / 86_400} days |`,
      `| workflows of an application | ${MAX_RESUMES} |`,
      `at most one in ${WORKFLOW_HEARTBEAT_SECONDS} seconds`,
    ]) {
      expect(page).toContain(row);
    }
  });

  it('and its examples have the time-outs of the contract', () => {
    const { heartbeats, marginSeconds } = WORKFLOW_WAIT;
    expect(page).toContain(`| \`expiresIn\` + ${marginSeconds} |`);
    expect(page).toContain(`| ${heartbeats} × \`heartbeat\` + ${marginSeconds}, or none |`);
    expect(page).toContain(`timeout: { seconds: ${7200 + marginSeconds} }`);
    expect(page).toContain(`heartbeatTimeout: { seconds: ${heartbeats * 600 + marginSeconds} }`);
    expect(example('durable-function/recognise.ts')).toContain(`const MARGIN = ${marginSeconds};`);
    expect(example('durable-function/recognise.ts')).toContain(`${heartbeats} * HEARTBEAT + MARGIN`);
  });

  it('has every error, state and reason', () => {
    for (const name of [...Object.values(WORKFLOW_ERRORS), ...RESUME_STATES, ...Object.values(RESUME_REASONS)]) {
      expect(page).toContain(`\`${name}\``);
    }
  });
});

/** Lines of code that the page quotes from the examples, without comments. */
const QUOTED = [
  ['state-machine/opener.ts', 'await orderRecognition('],
  ['durable-function/recognise.ts', 'idempotencyKey:'],
  ['durable-function/recognise.ts', "resume: { kind: 'durableFunction', callbackId }"],
  ['state-machine/stack.ts', "resource: '{% $states.input.invoice %}'"],
  ['state-machine/stack.ts', "input: { document: '{% $states.input.document %}' }"],
] as const;

it.each(QUOTED)('the guide quotes %s as it is: %s', (file, start) => {
  const line = example(file)
    .split('\n')
    .find((one) => one.includes(start))
    ?.trim();
  expect(page).toContain(line);
});
