import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, vi } from 'vitest';
import { ATTACKS } from '../../../cli/attack/catalogue.ts';
import { test as base } from '../../local/start/gateway-fixtures.ts';
import { runPostern, startPostern } from '../../support/command-line.ts';
import { EVENTUALLY } from '../../support/patience.ts';
import { jsonAnswer, openWeakenedGateway } from '../../support/weakened-gateway.ts';

interface ShownAttack {
  readonly name: string;
  readonly expected: readonly string[];
  readonly status: number;
  readonly code: string | null;
  readonly verdict: string;
}

interface ShownTask {
  readonly taskId: string;
  readonly status: string;
  readonly resource: string;
  readonly metadata: object;
}

const attacksOf = (stdout: string): readonly ShownAttack[] =>
  (JSON.parse(stdout) as { readonly attacks: readonly ShownAttack[] }).attacks;

/** The beginnings of tokens, secrets and callback URLs with a token. */
const SECRET = /eyJ|whsec_|\/v1\/(results|failures|progress)\/|\/c\//;

const test = base
  .extend('env', { scope: 'file' }, ({ folder }) => ({ POSTERN_DATA: folder }))
  /** Every task of the sender. */
  .extend('tasks', ({ accessToken, ready }) => async (): Promise<readonly ShownTask[]> => {
    const all: ShownTask[] = [];
    let cursor = '';
    do {
      const response = await fetch(`${ready.gateway}/v1/tasks?limit=100${cursor}`, {
        headers: { authorization: `Bearer ${accessToken}` },
      });
      const page = (await response.json()) as { readonly tasks: readonly ShownTask[]; readonly cursor?: string };
      all.push(...page.tasks);
      cursor = page.cursor === undefined ? '' : `&cursor=${encodeURIComponent(page.cursor)}`;
    } while (cursor !== '');
    return all;
  });

describe('postern callback attack at the gateway of this machine', () => {
  test('C5 C6 T3 P3 finds every attack refused, and leaves no task open and no secret anywhere', async ({
    env,
    ownFolder,
    ready,
    tasks,
  }) => {
    const words = ['callback', 'attack', '--out', 'drill.md', '-o', 'json'];
    const { code, stderr, stdout } = await runPostern(words, { cwd: ownFolder, env });
    const attacks = attacksOf(stdout);
    expect(attacks.filter(({ verdict }) => verdict !== 'refused')).toEqual([]);
    expect(attacks.map(({ name }) => name)).toEqual(ATTACKS.map(({ name }) => name));
    expect(Object.keys(attacks[0] ?? {})).toEqual(['name', 'expected', 'status', 'code', 'verdict']);
    expect(code).toBe(0);
    expect(stderr).toContain('The alarm ReplayDetected goes off');

    const opened = (await tasks()).filter(({ resource }) => resource.startsWith('drill-'));
    expect(opened.length).toBeGreaterThanOrEqual(ATTACKS.length);
    expect(opened.filter(({ status }) => status === 'pending')).toEqual([]);
    expect(opened[0]?.metadata).toMatchObject({ drill: true });

    const report = readFileSync(join(ownFolder, 'drill.md'), 'utf8');
    expect(statSync(join(ownFolder, 'drill.md')).mode & 0o777).toBe(0o600);
    expect(report).toContain(`| gateway | ${ready.gateway} |`);
    expect(ATTACKS.filter(({ name }) => !report.includes(`| \`${name}\` | `))).toEqual([]);
    expect(report).toContain(`**${ATTACKS.length} attacks: ${ATTACKS.length} refused, 0 accepted, 0 unexpected.`);
    for (const text of [stdout, stderr, report]) expect(text).not.toMatch(SECRET);
  });

  test('attacks the processor that is named, with its proof, and says what it did not run', async ({
    env,
    ownFolder,
    ready,
  }) => {
    writeFileSync(join(ownFolder, 'key.jwk'), JSON.stringify(ready.clients.dpop.privateJwk));
    const words = [
      'callback',
      'attack',
      '--processor',
      'dpop-ocr',
      '--proof',
      'dpop',
      '--key',
      '@key.jwk',
      '--no-replay',
    ];
    const { code, stderr, stdout } = await runPostern(words, { cwd: ownFolder, env });
    const ran = ATTACKS.filter(({ isReplay, target = 'plain' }) => !isReplay && ['plain', 'dpop'].includes(target));
    expect(stdout).toContain(`${ran.length} attacks: ${ran.length} refused, 0 accepted, 0 unexpected. Nobody got in.`);
    expect([code, stderr]).toEqual([0, expect.stringContaining('Not run, because no processor of this drill fits:')]);
    expect(stderr).toContain('signature-missing');
    expect(stderr).not.toContain('ReplayDetected');
    expect(stdout + stderr).not.toMatch(SECRET);
  });

  test('has exit code 130 after Ctrl-C, and leaves no task open', async ({ env, tasks }) => {
    const before = new Set((await tasks()).map(({ taskId }) => taskId));
    const running = startPostern(['callback', 'attack'], { env });
    const opened = async () => (await tasks()).filter(({ taskId }) => !before.has(taskId));
    await vi.waitFor(async () => expect((await opened()).length).toBeGreaterThan(3), EVENTUALLY);
    running.interrupt();
    const { code, stdout } = await running.ended;
    expect([code, stdout]).toEqual([130, '']);
    expect((await opened()).length).toBeLessThan(ATTACKS.length);
    expect((await opened()).filter(({ status }) => status === 'pending')).toEqual([]);
  });

  test.for([
    ['a processor that does not exist', ['--processor', 'nobody'], 5, 'processor_unknown'],
    ['encrypted tokens', ['--processor', 'sealed-ocr'], 2, 'encrypted'],
    ['a proof without a processor', ['--proof', 'dpop', '--key', '-'], 2, 'Add --processor'],
    ['a report that exists', ['--out', 'exists.md'], 2, 'exists'],
  ] as const)('stops with a remedy: %s', async ([, words, exit, text], { env, ownFolder, tasks }) => {
    writeFileSync(join(ownFolder, 'exists.md'), '');
    const stdin = '{"kty":"EC"}';
    const { code, stderr, stdout } = await runPostern(['callback', 'attack', ...words], { cwd: ownFolder, env, stdin });
    expect([code, stdout, stderr]).toEqual([exit, '', expect.stringContaining(text)]);
    expect((await tasks()).filter(({ status }) => status === 'pending')).toEqual([]);
  });
});

describe('postern callback attack at a remote gateway', () => {
  const PROFILE =
    '[profiles.production]\norigin = "https://callbacks.example.com"\nenvironment = "prod"\nprotected = true\n';

  test('attacks nothing without a processor, or without a confirmation where it is protected', async ({
    env,
    ownFolder,
  }) => {
    mkdirSync(join(ownFolder, 'postern'));
    writeFileSync(join(ownFolder, 'postern', 'config.toml'), PROFILE);
    const run = (...words: readonly string[]) =>
      runPostern(['callback', 'attack', '--profile', 'production', ...words], {
        env: { ...env, XDG_CONFIG_HOME: ownFolder },
      });
    expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('Add --processor ID') });
    expect(await run('--processor', 'x-ocr')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"prod" is protected'),
    });
    expect(await run('--processor', 'x-ocr', '--yes')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--reason'),
    });
  });
});

describe('postern callback attack at a gateway that accepts everything', () => {
  test('has exit code 1, names every attack that got in, and writes them into the report', async ({
    env,
    onTestFinished,
    ownFolder,
    ready,
  }) => {
    const weakened = await openWeakenedGateway(ready.gateway, {
      request: () => jsonAnswer(200, { status: 'succeeded' }),
    });
    onTestFinished(weakened.close);
    writeFileSync(join(ownFolder, 'local.json'), JSON.stringify({ ...ready, gateway: weakened.origin }));
    const words = ['callback', 'attack', '--processor', 'header-ocr', '--out', 'drill.md'];
    const variables = { ...env, POSTERN_READY_FILE: join(ownFolder, 'local.json') };
    const { code, stderr, stdout } = await runPostern(words, { cwd: ownFolder, env: variables });
    // Node's own parser refuses these four, before the stand-in sees them.
    const refused = ['smuggled-request', 'two-lengths', 'obscured-encoding'];
    const lines = stdout.split('\n').filter((line) => /^(refused|ACCEPTED|UNEXPECTED) /.test(line));
    expect(lines.length).toBeGreaterThan(50);
    expect(lines.filter((line) => !line.startsWith('ACCEPTED')).map((line) => line.split(/ +/)[1])).toEqual(refused);
    expect(code).toBe(1);
    const report = readFileSync(join(ownFolder, 'drill.md'), 'utf8');
    expect(report).toContain('## Not as expected');
    expect(report).toContain('- `unsigned` accepted: `200`; expected `token_malformed`');
    expect(report).toContain('20 of 20 were accepted');
    expect(stdout + stderr + report).not.toMatch(SECRET);
    expect(existsSync(join(ownFolder, 'drill.md'))).toBe(true);
  });
});
