import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect } from 'vitest';
import { COMMANDS, GROUPS } from '../../../cli/commands.ts';
import { runCli } from '../../../cli/run-cli.ts';
import { aCertificateAuthority } from '../../support/certificate-authority.ts';
import type { CommandEnd } from '../../support/command-line.ts';
import { test as base, deadAddress } from '../../support/sign-in.ts';
import { type Answers, GATEWAY_ANSWERS, openStandIn, type StandIn } from './stand-ins.ts';

interface Problem {
  readonly check: string;
  readonly message: string;
  readonly remedy: string;
}

const DAY = 86_400_000;

const test = base
  .extend('authority', { scope: 'file' }, ({ folder }) => {
    const authority = aCertificateAuthority();
    const file = join(folder, 'authority.pem');
    writeFileSync(file, authority.cert);
    return { ...authority, file };
  })
  .extend('open', ({}, { onCleanup }) => {
    const opened: StandIn[] = [];
    onCleanup(async () => {
      for (const { close } of opened) await close();
    });
    return async (...parameters: Parameters<typeof openStandIn>): Promise<StandIn> => {
      const standIn = await openStandIn(...parameters);
      opened.push(standIn);
      return standIn;
    };
  })
  /** A stand-in for a gateway without TLS. */
  .extend('gateway', async ({ open }) => {
    const standIn = await open(GATEWAY_ANSWERS);
    return { ...standIn, origin: `http://127.0.0.1:${standIn.port}` };
  })
  /** Runs a command line in this process, with a clock that is wrong by a number of milliseconds. */
  .extend('runHere', ({ home }) => async (words: readonly string[], offset = 0) => {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const code = await runCli({ commands: COMMANDS, groups: GROUPS }, words, {
      ...{ stdin, stdout, stderr, fetch, cwd: home.folder, env: { HOME: home.folder } },
      signal: new AbortController().signal,
      now: () => Date.now() + offset,
    });
    return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
  })
  /** Signs in with the profile `staging` at an origin. */
  .extend('signInAt', ({ idp, keyFile, runHere }) => async (origin: string) => {
    const place = ['--profile', 'staging', '--origin', origin, '--issuer', idp.issuer];
    const end = await runHere(['login', ...place, '--client-id', 'local-sender', '--private-key', keyFile]);
    expect([end.code, end.stderr]).toEqual([0, '']);
  })
  /** Writes a profile without a sign-in. */
  .extend('writeConfig', ({ home }) => (origin: string, issuer: string) => {
    mkdirSync(dirname(home.configFile), { recursive: true });
    const profile = `[profiles.staging]\norigin = "${origin}"\nissuer = "${issuer}"\nclient_id = "local-sender"\n`;
    writeFileSync(home.configFile, `profile = "staging"\n${profile}`, { mode: 0o600 });
  })
  /** The problems that the command line finds. */
  .extend(
    'examine',
    ({ runHere }) =>
      async (offset = 0) =>
        readProblems(await runHere(['doctor', '-o', 'json'], offset)),
  )
  /** The problems that it finds as a child process, which trusts the authority of this file. */
  .extend(
    'examineTls',
    ({ authority, home }) =>
      async (env: Readonly<Record<string, string>> = { NODE_EXTRA_CA_CERTS: authority.file }) =>
        readProblems(await home.run(['doctor', '-o', 'json'], { env })),
  );

const readProblems = ({ code, stderr, stdout }: CommandEnd): readonly Problem[] => {
  const { problems } = JSON.parse(stdout) as { readonly problems: readonly Problem[] };
  expect([code, stderr]).toEqual([problems.length === 0 ? 0 : 1, '']);
  return problems;
};

/** A problem by its check and a part of its message. */
const problem = (check: string, message: RegExp, remedy = /./) => ({
  check,
  message: expect.stringMatching(message),
  remedy: expect.stringMatching(remedy),
});

test('doctor prints no data if all is well, and tells a person so', async ({ gateway, home, signInAt }) => {
  await signInAt(gateway.origin);
  expect(await home.run(['doctor'])).toEqual({ code: 0, stdout: '', stderr: 'No problem was found.\n' });
  expect(await home.run(['doctor', '-o', 'json'])).toEqual({
    code: 0,
    stdout: '{\n  "problems": []\n}\n',
    stderr: '',
  });
});

test('doctor finds nothing if the gateway accepts each token once', async ({ examine, gateway, signInAt }) => {
  await signInAt(gateway.origin);
  const used = new Set<string>();
  gateway.serve({
    ...GATEWAY_ANSWERS,
    '/v1/tasks': (authorization: string) => {
      if (used.has(authorization)) return 401;
      used.add(authorization);
      return { tasks: [] };
    },
  });
  expect([await examine(), await examine()]).toEqual([[], []]);
  expect(used.size).toBe(2);
});

test('doctor prints one line for each problem, in the order of the checks', async ({
  gateway,
  home,
  keyFile,
  signInAt,
}) => {
  await signInAt(gateway.origin);
  gateway.serve({ '*': 503 });
  chmodSync(keyFile, 0o644);
  const { code, stderr, stdout } = await home.run(['doctor']);
  expect([code, stderr]).toEqual([1, '']);
  expect(stdout).toMatch(/^files: .*mode 0644.*chmod 600.*\nhealth: .*503.*Try again.*\n$/);
  const lines = await home.run(['doctor', '-o', 'jsonl']);
  const checks = lines.stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as Problem).check);
  expect(checks).toEqual(['files', 'health']);
});

describe('doctor finds', () => {
  test('a name that has no address', async ({ examine, signInAt }) => {
    await signInAt('https://gateway.invalid');
    expect(await examine()).toEqual([problem('dns', /gateway\.invalid of the gateway/, /spelling/)]);
  });

  test('a port at which nothing listens', async ({ examine, signInAt }) => {
    await signInAt(await deadAddress());
    expect(await examine()).toEqual([problem('connection', /ECONNREFUSED/, /Check the port/)]);
  });

  test('a port that does not speak TLS', async ({ examine, gateway, signInAt }) => {
    await signInAt(`https://localhost:${gateway.port}`);
    expect(await examine()).toEqual([problem('tls', /does not speak TLS/, /port/)]);
  });

  test.for([
    ['that has expired', 'localhost', -400, -3, /expired on \d{4}-\d\d-\d\d/, /renew/],
    ['that is not valid yet', 'localhost', 3, 400, /is valid from \d{4}-\d\d-\d\d only/, /clock/],
    ['of another host', 'other.example.com', -3, 400, /for other names: other\.example\.com/, /add the name/],
    ['that ends soon', 'localhost', -380, 13.5, /ends in 13 days, on \d{4}/, /renewal failed/],
  ] as const)(
    'a certificate %s',
    async ([, host, from, to, message, remedy], { authority, examineTls, open, signInAt }) => {
      const [start, end] = [from, to].map((days) => new Date(Date.now() + days * DAY)) as [Date, Date];
      const { port } = await open(GATEWAY_ANSWERS, authority.issue({ host, from: start, to: end }));
      await signInAt(`https://localhost:${port}`);
      expect(await examineTls()).toEqual([problem('tls', message, remedy)]);
    },
  );

  test('a certificate of an unknown authority, and nothing wrong with it if the authority is known', async ({
    authority,
    examineTls,
    open,
    signInAt,
  }) => {
    const dates = { from: new Date(Date.now() - DAY), to: new Date(Date.now() + 14.5 * DAY) };
    const { port } = await open(GATEWAY_ANSWERS, authority.issue({ host: 'localhost', ...dates }));
    await signInAt(`https://localhost:${port}`);
    expect(await examineTls({})).toEqual([problem('tls', /is not trusted \(\w+\)/, /NODE_EXTRA_CA_CERTS/)]);
    expect(await examineTls()).toEqual([]);
  });

  test('an origin that is no gateway of Postern', async ({ examine, idp, signInAt }) => {
    await signInAt(idp.issuer);
    expect(await examine()).toEqual([
      problem('health', /is no gateway of Postern: .* answers 404/, /Check the origin/),
    ]);
  });

  test.for([
    ['that is down', { '*': 503 }, [problem('health', /answers 503/, /alarms/)]],
    ['that a firewall closes', { '*': 403 }, [problem('health', /answers 403: a firewall/, /VPN/)]],
    [
      'behind a proxy that answers for it',
      { ...GATEWAY_ANSWERS, '*': 200 },
      [problem('health', /answers 200 for a path/, /proxy/)],
    ],
    [
      'without keys',
      { ...GATEWAY_ANSWERS, '/.well-known/jwks.json': { keys: [] } },
      [problem('jwks', /is empty/, /operator keys/)],
    ],
    ['without a key set', { ...GATEWAY_ANSWERS, '/.well-known/jwks.json': 404 }, [problem('jwks', /answers 404/)]],
    [
      'with a key that has no id',
      { ...GATEWAY_ANSWERS, '/.well-known/jwks.json': { keys: [{ kty: 'EC' }] } },
      [problem('jwks', /has no kid/)],
    ],
    [
      'with two keys of one id',
      { ...GATEWAY_ANSWERS, '/.well-known/jwks.json': { keys: [{ kid: 'a' }, { kid: 'a' }] } },
      [problem('jwks', /have the same kid/)],
    ],
    [
      'that shows a private key',
      { ...GATEWAY_ANSWERS, '/.well-known/jwks.json': { keys: [{ kid: 'a', d: 'secret-d' }] } },
      [problem('jwks', /shows a private key/, /at once/)],
    ],
  ] as const satisfies readonly (readonly [string, Answers, readonly unknown[]])[])(
    'a gateway %s',
    async ([, answers, problems], { examine, gateway, signInAt }) => {
      await signInAt(gateway.origin);
      gateway.serve(answers);
      expect(await examine()).toEqual(problems);
    },
  );

  test.for([
    [
      'whose document is of another one',
      (issuer: string) => ({ issuer: `${issuer}/other`, token_endpoint: `${issuer}/token` }),
      /both must be equal/,
    ],
    ['without a document', () => 404, /answers 404/],
    ['without a token endpoint', (issuer: string) => ({ issuer }), /no token_endpoint/],
    [
      'with an endpoint without TLS',
      (issuer: string) => ({ issuer, token_endpoint: 'http://login.example.com/token' }),
      /expected https/,
    ],
    ['that names no keys', (issuer: string) => ({ issuer, token_endpoint: `${issuer}/token` }), /no jwks_uri/],
  ] as const)('an issuer %s', async ([, document, message], { examine, gateway, open, writeConfig }) => {
    const standIn = await open({});
    const issuer = `http://127.0.0.1:${standIn.port}`;
    standIn.serve({ '/.well-known/openid-configuration': document(issuer) });
    writeConfig(gateway.origin, issuer);
    expect(await examine()).toEqual([
      problem('discovery', message),
      problem('sign-in', /not signed in/, /postern login/),
    ]);
  });

  test('an issuer whose key set is empty', async ({ examine, gateway, open, writeConfig }) => {
    const standIn = await open({});
    const issuer = `http://127.0.0.1:${standIn.port}`;
    const document = { issuer, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` };
    standIn.serve({ '/.well-known/openid-configuration': document, '/jwks': { keys: [] } });
    writeConfig(gateway.origin, issuer);
    expect(await examine()).toEqual([problem('jwks', /of the issuer is empty/), problem('sign-in', /not signed in/)]);
  });

  test.for([
    ['ahead', 30_000, /is (29|30) s ahead of that of the gateway; at most 5 s/],
    ['behind', -30_000, /is (29|30) s behind that of the gateway; at most 5 s/],
  ] as const)('a clock that is %s, once', async ([, offset, message], { examine, gateway, signInAt }) => {
    await signInAt(gateway.origin);
    expect(await examine(offset)).toEqual([problem('clock', message, /NTP/)]);
    expect(await examine(Math.sign(offset) * 3_000)).toEqual([]);
  });

  test.for([
    [
      'a private key that others may read',
      (key: string) => chmodSync(key, 0o644),
      /key\.jwk has a secret.*mode 0644/,
      /chmod 600/,
    ],
    ['a private key that is gone', (key: string) => rmSync(key), /key\.jwk cannot be read \(ENOENT\)/, /--private-key/],
    [
      'a private key that is PEM',
      (key: string) => writeFileSync(key, '-----BEGIN EC PRIVATE KEY-----'),
      /is PEM; expected one JWK/,
      /JWK/,
    ],
    [
      'a private key that is public',
      (key: string) => writeFileSync(key, '{"kty":"EC","crv":"P-256","x":"a","y":"b"}'),
      /no member d/,
      /--private-key/,
    ],
  ] as const)('%s', async ([, spoil, message, remedy], { examine, gateway, keyFile, signInAt }) => {
    await signInAt(gateway.origin);
    spoil(keyFile);
    expect(await examine()).toEqual([problem('files', message, remedy)]);
  });

  test('tokens and settings that others may read or write', async ({ examine, gateway, home, signInAt }) => {
    await signInAt(gateway.origin);
    chmodSync(home.signInFile('staging'), 0o640);
    chmodSync(dirname(home.signInFile('staging')), 0o755);
    chmodSync(home.configFile, 0o666);
    expect(await examine()).toEqual([
      problem('files', /state\/postern has a secret/, /chmod 700/),
      problem('files', /staging\.json has a secret/, /chmod 600/),
      problem('files', /Others may write .*config\.toml/, /chmod 600/),
    ]);
  });

  test('a sign-in that the provider does not renew', async ({
    examine,
    gateway,
    home,
    identities,
    keyFile,
    signInAt,
  }) => {
    await signInAt(gateway.origin);
    writeFileSync(keyFile, JSON.stringify(identities.clientKeys.processor));
    home.expireTokens('staging');
    expect(await examine()).toEqual([problem('sign-in', /could not be renewed.*invalid_client/, /postern login/)]);
  });

  test('a profile that does not exist, and a gateway that does not run', async ({ runHere }) => {
    const none = await runHere(['doctor']);
    expect(none).toMatchObject({ code: 1, stdout: expect.stringMatching(/^settings: No gateway runs.*postern dev/) });
    const unknown = await runHere(['doctor', '--profile', 'other']);
    expect(unknown).toMatchObject({ code: 1, stdout: expect.stringMatching(/^settings: There is no profile "other"/) });
  });

  test('that nobody is signed in at the gateway that a flag names', async ({ gateway, idp, runHere }) => {
    const end = await runHere(['doctor', '--origin', gateway.origin, '--issuer', idp.issuer]);
    expect(end).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^sign-in: No profile is signed in at .*postern login/),
    });
  });
});
