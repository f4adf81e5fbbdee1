import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { describe, expect } from 'vitest';
import { deploymentText, readDeployedSettings, settingsOf } from '../../../lib/config/deployed-settings.ts';
import { fixedSettingsTable, refusedChanges } from '../../../lib/config/fixed-settings.ts';
import { loadEnvironments } from '../../../lib/config/load.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import { test as base } from '../../support/unit-fixtures.ts';

const read = (overrides: Readonly<Record<string, unknown>>) => readEnvironment('prod', anAwsEnvironment(overrides));
const refused = (deployed: object, now: object) =>
  refusedChanges(settingsOf(read(deployed as never)), read(now as never)).map(
    ({ at, expected, remedy, value }) => `${at} is ${JSON.stringify(value)}; expected ${expected}. ${remedy}`,
  );

const SECOND =
  'Make a second environment in a file of its own, open new tasks there, and take the old one down when its tasks have ended.';
const zones = (...letters: readonly string[]) => ({ availabilityZones: letters.map((letter) => `eu-west-1${letter}`) });
const network = { vpcId: 'vpc-0123456789abcdef0', publicSubnetIds: ['subnet-0aaaaaaa', 'subnet-0bbbbbbb'], ipv6: true };
const privateLink = { acceptedPrincipals: ['arn:aws:iam::210987654321:root'] };
const USER_POOL = { identityProvider: undefined, consoleClient: undefined, cognito: {} };
const MACHINE = 'arn:aws:states:eu-west-1:123456789012:stateMachine:invoices';
const keys = (uses: Readonly<Record<string, string>>) => ({
  signingKeys: Object.fromEntries(Object.entries(uses).map(([id, use]) => [id, { use }])),
});

/** No value names an account. */
const ANYWHERE = {
  certificateArn: undefined,
  alarmTopicArn: undefined,
  hostedZone: { id: 'Z1234567890', name: 'example.com' },
};

/** Settings as a version without `signing` recorded them. */
const earlier = (overrides: object) => {
  const { signing: _signing, ...settings } = settingsOf(read({ signing: { kind: 'kms' }, ...overrides }));
  return settings;
};

const it = base
  /** The folder of environments, and the folder of what is recorded of them. */
  .extend('files', { scope: 'file' }, ({ folder }) => {
    const files = pathToFileURL(`${folder}/environments/`);
    mkdirSync(files);
    return files;
  })
  .extend('deployments', { scope: 'file' }, ({ folder }) => {
    const deployments = pathToFileURL(`${folder}/deployments/`);
    mkdirSync(deployments);
    return deployments;
  })
  .extend(
    'write',
    ({ deployments }) =>
      (name: string, text: string) =>
        writeFileSync(new URL(name, deployments), text),
  )
  .extend(
    'file',
    ({ files }) =>
      (name: string, overrides: object) =>
        writeFileSync(new URL(name, files), `export default ${JSON.stringify(anAwsEnvironment(overrides as never))};`),
  )
  .extend(
    'load',
    ({ files }) =>
      () =>
        loadEnvironments(() => undefined, files),
  );

describe('synth refuses for a running environment', () => {
  it.each<readonly [string, object, object, string, object]>([
    [
      'zones in another order',
      zones('a', 'b'),
      zones('b', 'a'),
      `availabilityZones is ["eu-west-1b","eu-west-1a"]; expected ["eu-west-1a","eu-west-1b"], which are deployed, with zones appended or the last taken away. ${SECOND}`,
      zones('a', 'b', 'c'),
    ],
    [
      'a zone in the place of another',
      zones('a', 'b', 'c'),
      zones('a', 'c'),
      `availabilityZones is ["eu-west-1a","eu-west-1c"]; expected ["eu-west-1a","eu-west-1b","eu-west-1c"], which are deployed, with zones appended or the last taken away. ${SECOND}`,
      zones('a', 'b'),
    ],
    [
      'an existing network in place of its own',
      {},
      { network },
      `network is ${JSON.stringify(network)}; expected no \`network\`: the deployed load balancer is in its own network. ${SECOND}`,
      {},
    ],
    [
      'its own network in place of an existing one',
      { network },
      {},
      `network.vpcId is undefined; expected "vpc-0123456789abcdef0", where the deployed load balancer is. ${SECOND}`,
      { network: { ...network, publicSubnetIds: ['subnet-0aaaaaaa', 'subnet-0ccccccc'] } },
    ],
    [
      'another domain',
      {},
      { domain: 'hooks.example.com' },
      `domain is "hooks.example.com"; expected "callbacks.example.com", which is deployed. ${SECOND}`,
      {},
    ],
    [
      'another account',
      ANYWHERE,
      { ...ANYWHERE, account: '210987654321' },
      `account is "210987654321"; expected "123456789012", which is deployed. ${SECOND}`,
      {},
    ],
    [
      'no next key any more',
      keys({ first: 'current', second: 'next' }),
      keys({ first: 'current' }),
      'signingKeys.second is undefined; expected the key, which is deployed as `next`. Deploy the key as `retired` first, run `npm run record -- prod`, and take it out in the next deployment. For another algorithm, add a key with a new id.',
      keys({ first: 'current', second: 'retired' }),
    ],
    [
      'a key in KMS that receivers do not know',
      { signing: { kind: 'rotating' } },
      { signing: { kind: 'kms' } },
      'signingKeys.first is "not deployed"; expected a key that is deployed as `next`, `current` or `previous`, which receivers know. Deploy once with `signing: { kind: \'kms\' }` and run `npm run record -- prod`. Towards `kms`, deploy the key as `next` first. docs/operate/key-rotation.md has the steps.',
      { signing: { kind: 'rotating' }, ...keys({ first: 'next' }) },
    ],
    [
      'no `resumes` any more',
      { applications: { invoices: { clients: ['a'], resumes: [MACHINE] } } },
      { applications: { invoices: { clients: ['a'] } } },
      'applications is "without `resumes`"; expected an application with `resumes`, which is deployed. Wait until no pending task resumes a workflow, write `resumes: []` and deploy, run `npm run record -- prod`, and take it out in the next deployment.',
      { applications: { invoices: { clients: ['a'], resumes: [] } } },
    ],
    [
      'no `cognito` any more',
      USER_POOL,
      {},
      'cognito is undefined; expected `cognito`, whose user pool the deployed gateway uses. Write `identityProvider` and `consoleClient` beside `cognito` and deploy, run `npm run record -- prod`, and remove `cognito` in the next deployment. Its users are not moved.',
      { cognito: {} },
    ],
    [
      'another sign-in page',
      USER_POOL,
      { ...USER_POOL, cognito: { domainPrefix: 'other' } },
      'cognito.domainPrefix is "other"; expected "callbacks-example-com", which is deployed. Write `identityProvider` and `consoleClient` beside `cognito` and deploy, run `npm run record -- prod`, and remove `cognito` in the next deployment. Its users are not moved.',
      { ...USER_POOL, cognito: { domainPrefix: 'callbacks-example-com', threatProtection: false } },
    ],
    [
      'fewer shards',
      { indexShards: 32 },
      { indexShards: 31 },
      'indexShards is 31; expected at least 32, which are deployed. Leave it as it is: each extra partition costs half a read unit for each list. For less, make a second environment.',
      { indexShards: 32 },
    ],
    [
      'more shards in a gradual deployment',
      { indexShards: 16 },
      { indexShards: 17 },
      'deploymentPace is "canary-10-percent-5-minutes"; expected "all-at-once" for the deployment that raises `indexShards` from 16 to 17. Leave it as it is: each extra partition costs half a read unit for each list. For less, make a second environment.',
      { indexShards: 17, deploymentPace: 'all-at-once' },
    ],
    [
      'no PrivateLink any more',
      { privateLink },
      {},
      'privateLink is undefined; expected `privateLink`, which is deployed. Tell the callers, reject their connections (`aws ec2 reject-vpc-endpoint-connections`), take the deletion protection of the Network Load Balancer off by hand where the environment is protected, write `"privateLink": false` into `deployments/prod.json`, and deploy.',
      { privateLink },
    ],
    [
      'a zone less where endpoints may be connected',
      { privateLink, ...zones('a', 'b', 'c') },
      { privateLink, ...zones('a', 'b') },
      'availabilityZones is ["eu-west-1a","eu-west-1b"]; expected eu-west-1c too, where endpoints may be connected to the deployed `privateLink`. Tell the callers',
      { privateLink, ...zones('a', 'b', 'c', 'd') },
    ],
  ])('%s, with value, expectation and remedy, and accepts a safe change', (_what, deployed, now, words, safe) => {
    expect(refused(deployed, now)).toEqual([expect.stringContaining(words)]);
    expect(refused(deployed, { ...deployed, ...safe })).toEqual([]);
  });

  it('nothing of what docs/operate/deploying.md does not say (written by `vitest -u`)', async () => {
    const file = new URL('../../../docs/operate/deploying.md', import.meta.url);
    const page = readFileSync(file, 'utf8');
    const table = /(?<=<!-- lib\/config\/fixed-settings\.ts -->\n)[\s\S]*?(?=\n<!-- end -->)/;
    expect(page).toMatch(table);
    await expect(page.replace(table, () => fixedSettingsTable())).toMatchFileSnapshot(
      '../../../docs/operate/deploying.md',
    );
  });
});

describe('a recorded deployment', () => {
  it('is read as it was written, one line per setting', ({ deployments, write }) => {
    const settings = settingsOf(read({ network, ...keys({ first: 'current' }) }));
    write('prod.json', deploymentText(settings));
    expect(readDeployedSettings('prod', deployments)).toEqual(settings);
    expect(deploymentText(settings).split('\n')).toHaveLength(Object.keys(settings).length + 3);
    expect(readDeployedSettings('dev', deployments)).toBeUndefined();
  });

  it('stops a synth that would change a fixed setting', async ({ file, load, write }) => {
    file('prod.ts', zones('b', 'a'));
    write('prod.json', deploymentText(settingsOf(read({}))));
    await expect(load()).rejects.toThrow(
      'The environment "prod" (environments/prod.ts) cannot be built:\n  availabilityZones is ["eu-west-1b","eu-west-1a"]; expected',
    );
  });

  it('stops a synth if it is broken, and names the command that restores it', async ({ load, write }) => {
    for (const [text, what] of [
      ['{"account":', 'no JSON'],
      ['{"account":"123456789012","region":"eu-west-1"}', 'without origin, availabilityZones'],
    ] as const) {
      write('prod.json', text);
      await expect(load()).rejects.toThrow(`deployments/prod.json is "${what}`);
      await expect(load()).rejects.toThrow('npm run record -- prod');
    }
  });

  it('stops a synth if the environment’s file was renamed', async ({ load, write }) => {
    write('prod.json', deploymentText(settingsOf(read(zones('b', 'a')))));
    await expect(load()).resolves.toHaveLength(1);
    write('old.json', deploymentText(settingsOf(read({}))));
    await expect(load()).rejects.toThrow(
      'deployments/old.json says that "old" is deployed; expected environments/old.ts. Give the environment\'s file its ' +
        'name back, or take the environment down and delete deployments/old.json.',
    );
  });
});

describe('rotating keys after a version without them', () => {
  it('are refused at synth until the environment was deployed with `kms`', () => {
    const listed = keys({ first: 'current' });
    const first = refusedChanges(earlier(listed), read(listed));
    expect(first.map(({ at, expected }) => `${at}: ${expected}`)).toEqual([
      'signing.kind: "kms" for one deployment of this version',
    ]);
    expect(refusedChanges(earlier(listed), read({ signing: { kind: 'kms' }, ...listed }))).toEqual([]);
    expect(refusedChanges(settingsOf(read({ signing: { kind: 'kms' }, ...listed })), read(listed))).toEqual([]);
  });

  it('may be recorded in a file without the setting', ({ deployments, write }) => {
    write('prod.json', JSON.stringify(earlier({})));
    expect(readDeployedSettings('prod', deployments)).not.toHaveProperty('signing');
  });
});
