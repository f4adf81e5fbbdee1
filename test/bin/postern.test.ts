import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { stackNamePrefix } from '../../lib/names.ts';
import { runAppProgram } from '../support/app-program.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const outdir = mkdtempSync(join(tmpdir(), 'postern-app-'));
afterAll(() => rmSync(outdir, { recursive: true }));

const run = (context: Record<string, unknown>) => runAppProgram('bin/postern.ts', outdir, context);

/** Names of the environments. The team that deploys chooses them. */
const NAMES = readdirSync(`${ROOT}environments`)
  .map((file) => file.replace(/\.ts$/, ''))
  .sort();

describe('the app', () => {
  it('creates only the environment of the context, without lookups in AWS', () => {
    const [name = ''] = NAMES;
    const { status, stderr } = run({ 'postern:environment': name });
    expect([status, stderr]).toEqual([0, expect.any(String)]);
    const { artifacts, missing } = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8')) as {
      readonly artifacts: Record<string, { readonly type: string }>;
      readonly missing?: unknown;
    };
    expect(missing).toBeUndefined();
    const prefix = stackNamePrefix(name);
    expect(Object.keys(artifacts).filter((id) => artifacts[id]?.type === 'aws:cloudformation:stack')).toEqual([
      expect.stringMatching(new RegExp(`^${prefix}State`)),
      expect.stringMatching(new RegExp(`^${prefix}Gateway`)),
    ]);
  });

  const NOWHERE = { 'postern:environment': 'nowhere' };
  const WRONG_STEP = { 'postern:indexes': 'byDeadlines' };
  const outcomes = new Map<object, ReturnType<typeof run>>();
  /** Each start of the app takes seconds. */
  const once = (context: Record<string, unknown>) => {
    const outcome = outcomes.get(context) ?? run(context);
    outcomes.set(context, outcome);
    return outcome;
  };

  it('stops at an environment without a file, and lists the existing ones', () => {
    const { status, stderr } = once(NOWHERE);
    expect(status).toBe(1);
    expect(stderr).toContain(
      `The context value postern:environment is "nowhere"; expected one of ${NAMES.join(', ')}.`,
    );
    expect(readdirSync(outdir).filter((file) => file.startsWith('Nowhere'))).toEqual([]);
  });

  it('stops at an index that does not exist, and names the indexes', () => {
    const { status, stderr } = once(WRONG_STEP);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^The context value postern:indexes is "byDeadlines"; expected some of byCreation, byDeadline, .*\. docs\/operate/m,
    );
  });

  it('reports an error once, without a stack trace', () => {
    for (const context of [WRONG_STEP, NOWHERE]) {
      const { stderr, stdout } = once(context);
      expect(`${stdout}${stderr}`.match(/^.*(cannot be built|The context value).*$/gm)).toHaveLength(1);
      expect(stderr).not.toMatch(/^ {4}at |problems: \[|Node\.js v/m);
    }
  });
});
