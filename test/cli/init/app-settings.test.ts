import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type AppSettings, readAppSettings } from '../../../cli/init/app-settings.ts';
import { createIo } from '../../../cli/io.ts';
import { readSettings } from '../../../cli/settings/read-settings.ts';

const COMPLETE: AppSettings = {
  name: 'prod',
  domain: 'callbacks.example.com',
  account: '123456789012',
  region: 'eu-west-1',
};
const NONE = { name: undefined, domain: undefined, account: undefined, region: undefined };

/** Reads settings. A person types the next answer after each question. */
const read = async (
  given: Parameters<typeof readAppSettings>[1],
  { answers = [], mayAsk = false }: { readonly answers?: readonly string[]; readonly mayAsk?: boolean } = {},
) => {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const settings = await readSettings({ input: true }, { cwd: '/', env: { HOME: '/nowhere' }, isTerminal: mayAsk });
  const waiting = [...answers];
  let shown = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    if (!text.endsWith(': ')) return;
    const answer = waiting.shift();
    if (answer === undefined) stdin.end();
    else stdin.write(`${answer}\n`);
  });
  const context = { settings, io: createIo({ stdin, stdout, stderr }, 'text', {}) };
  const outcome = await readAppSettings(context, given).catch(({ exit, message }) => ({ exit, message }));
  return { outcome, shown };
};

describe('settings of a new app', () => {
  it('are those of the flags, and nothing is asked then', async () => {
    expect(await read(COMPLETE, { mayAsk: true })).toEqual({ outcome: COMPLETE, shown: '' });
  });

  it('are asked for where no flag has them', async () => {
    const { outcome, shown } = await read(
      { ...COMPLETE, domain: undefined, region: undefined },
      { mayAsk: true, answers: ['callbacks.example.com ', 'eu-west-1'] },
    );
    expect(outcome).toEqual(COMPLETE);
    expect(shown).toContain('Host name of callback URLs');
    expect(shown).not.toContain('account');
  });

  it('are asked for again after a wrong answer, with the rule and the remedy', async () => {
    const { outcome, shown } = await read(
      { ...COMPLETE, region: undefined },
      { mayAsk: true, answers: ['eu-wst-1', 'eu-west-1'] },
    );
    expect(outcome).toEqual(COMPLETE);
    expect(shown).toContain('Expected the code of a Region of AWS');
    expect(shown).toContain('Did you mean `eu-west-1`?');
  });

  it('are not made up if the input ends', async () => {
    expect((await read(NONE, { mayAsk: true, answers: ['prod'] })).outcome).toMatchObject({ exit: 'interrupted' });
  });

  it('that are missing are named together where no person can be asked', async () => {
    expect((await read({ ...NONE, name: 'prod' })).outcome).toEqual({
      exit: 'usage',
      message: 'Missing: --domain, --account, --region.',
    });
  });

  it.each([
    ['name', 'Prod', '--name is "Prod"; expected 1 to 14 characters of [a-z0-9-], the first of them a letter.'],
    ['name', 'a'.repeat(15), `--name is "${'a'.repeat(15)}"; expected 1 to 14 characters`],
    ['name', 'local', '--name is "local"; expected another name, because "postern dev" runs a gateway of this name.'],
    ['domain', 'https://callbacks.example.com', 'without scheme, port and path. Write only the name'],
    ['domain', '192.0.2.1', '--domain is "192.0.2.1"; expected a host name'],
    ['domain', `${'a'.repeat(53)}.example.com`, 'expected at most 64 characters, because ACM requests a certificate'],
    ['account', '1234-5678-9012', 'expected an account id of 12 digits, without hyphens. "aws sts get-caller-identity'],
    ['region', 'Ireland', '--region is "Ireland"; expected the code of a Region of AWS, such as eu-west-1.'],
    ['region', 'us-esat-1', 'Did you mean `us-east-1`?'],
  ] as const)('--%s %s is refused with the expectation and the remedy', async (key, value, message) => {
    const { outcome } = await read({ ...COMPLETE, [key]: value }, { mayAsk: true });
    expect(outcome).toMatchObject({ exit: 'usage', message: expect.stringContaining(message) });
  });

  it('accept the longest domain that ACM certifies', async () => {
    const domain = `${'a'.repeat(52)}.example.com`;
    expect(domain).toHaveLength(64);
    expect((await read({ ...COMPLETE, domain })).outcome).toMatchObject({ domain });
  });

  it('that are wrong are named together', async () => {
    const { outcome } = await read({ ...COMPLETE, name: '', account: '1' });
    expect(outcome).toMatchObject({ message: expect.stringMatching(/^--name is "".*\n--account is "1"/) });
  });
});
