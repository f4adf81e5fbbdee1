import { PassThrough } from 'node:stream';
import { test as base, describe, expect } from 'vitest';
import { type Confirmation, confirmAction } from '../../cli/confirm.ts';
import { createIo } from '../../cli/io.ts';
import { readSettings } from '../../cli/settings/read-settings.ts';

interface Place {
  readonly isProtected: boolean;
  readonly mayAsk: boolean;
  /** Lines that the person types. Without any, the input ends. */
  readonly typed?: string;
}

const test = base.extend('confirm', () => async (place: Place, given: Partial<Confirmation> = {}) => {
  const { isProtected, mayAsk, typed } = place;
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  if (typed === undefined) stdin.end();
  else stdin.write(typed);
  const settings = await readSettings({ input: true }, { cwd: '/', env: { HOME: '/nowhere' }, isTerminal: mayAsk });
  const profile = { name: 'live', origin: 'https://callbacks.example.com', environment: 'production', isProtected };
  const context = {
    io: createIo({ stdin, stdout, stderr }, 'text', {}),
    settings: { ...settings, profileName: 'live', profiles: { live: profile } },
  };
  const confirmation = { action: 'Cancels the task abc', reason: undefined, yes: false, ...given };
  const outcome = await confirmAction(context, confirmation).then(
    () => 'confirmed',
    (error: { readonly exit: string }) => error.exit,
  );
  return { outcome, asked: String(stderr.read() ?? ''), printed: String(stdout.read() ?? '') };
});

const PROTECTED = { isProtected: true, mayAsk: true };

describe('an action in a protected environment', () => {
  test('happens after a person types the name of the environment', async ({ confirm }) => {
    const { asked, outcome, printed } = await confirm({ ...PROTECTED, typed: 'production\n' });
    expect(outcome).toBe('confirmed');
    expect(asked).toContain('Cancels the task abc. The environment "production" is protected.');
    expect(printed).toBe('');
  });

  test.for([
    ['another name', 'live\n'],
    ['an empty line', '\n'],
    ['yes', 'yes\n'],
  ])('does not happen after %s', async ([, typed = ''], { confirm }) => {
    expect(await confirm({ ...PROTECTED, typed })).toMatchObject({ outcome: 'usage' });
  });

  test('does not happen if the input ends', async ({ confirm }) => {
    expect(await confirm(PROTECTED)).toMatchObject({ outcome: 'interrupted' });
  });

  test('asks although a reason is given', async ({ confirm }) => {
    const { asked, outcome } = await confirm({ ...PROTECTED, typed: 'production\n' }, { reason: 'a wrong invoice' });
    expect([outcome, asked]).toEqual(['confirmed', expect.stringContaining('Type the name')]);
  });

  test('happens without a question by --yes together with --reason', async ({ confirm }) => {
    for (const mayAsk of [true, false]) {
      const given = { reason: 'a wrong invoice', yes: true };
      expect(await confirm({ isProtected: true, mayAsk }, given)).toMatchObject({ outcome: 'confirmed', asked: '' });
    }
  });

  test.for([
    ['neither --yes nor --reason', {}],
    ['--reason alone', { reason: 'a wrong invoice' }],
    ['--yes alone', { yes: true }],
    ['--yes and a blank reason', { yes: true, reason: ' ' }],
  ] as const)('does not happen where nobody can be asked, with %s', async ([, given], { confirm }) => {
    expect(await confirm({ isProtected: true, mayAsk: false }, given)).toMatchObject({ outcome: 'usage' });
  });
});

describe('an action in another environment', () => {
  test('happens without a question', async ({ confirm }) => {
    const place = { isProtected: false, mayAsk: false };
    expect(await confirm(place)).toMatchObject({ outcome: 'confirmed', asked: '' });
  });

  test('does not happen with --yes alone, so that scripts fail before they reach production', async ({ confirm }) => {
    expect(await confirm({ isProtected: false, mayAsk: true }, { yes: true })).toMatchObject({ outcome: 'usage' });
  });
});
