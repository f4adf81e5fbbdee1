import { readdirSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { Duration, Size } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, it } from 'vitest';
import { RFC_9068 } from '../../../lambda/contract/access-token-profile.ts';
import { CARRIERS } from '../../../lambda/contract/carriers.ts';
import { USERINFO_ROLES } from '../../../lambda/contract/operator-roles.ts';
import { CHECKED_PROOFS, GRADE_NAMES, gradeOf, PROOF_NAMES } from '../../../lambda/contract/proofs.ts';
import { readEnvironment } from '../../../lib/config/read.ts';
import { anAwsEnvironment } from '../../support/environments.ts';
import {
  aliasIn,
  interfaceIn,
  type Member,
  namesIn,
  readInterface,
  sourceOf,
  withValues,
} from '../../support/interfaces.ts';

const ENVIRONMENT = 'lib/config/environment.ts';
const EDGE = 'lib/config/edge.ts';
const MONITORING = 'lib/config/monitoring.ts';
const OPERATION = 'lib/config/operation.ts';
const PROOFS = 'lib/config/proofs.ts';
const CONTRACT_PROOFS = 'lambda/contract/proofs.ts';

interface Section {
  readonly title: string;
  readonly from: readonly (readonly [file: string, name: string, only?: readonly string[]])[];
  /** What stands in `from` is a value of this property. */
  readonly of?: string;
  /** What is said of it above its knobs, beside what the doc comments of its interfaces say. */
  readonly about?: string;
}

const SECTIONS: readonly Section[] = [
  { title: 'Where it is', from: [[ENVIRONMENT, 'AwsEnvironmentInput']] },
  {
    title: 'Where `local` is',
    about: 'In `environments/local.ts` alone, instead of the above: what `npm start` runs, and what is never deployed.',
    from: [[ENVIRONMENT, 'LocalEnvironmentInput']],
  },
  { title: 'What it is', from: [[ENVIRONMENT, 'CommonInput']] },
  { title: 'The identity provider', of: 'identityProvider', from: [[ENVIRONMENT, 'IdentityProvider']] },
  { title: 'The console’s client', of: 'consoleClient', from: [[ENVIRONMENT, 'ConsoleClient']] },
  {
    title: 'The roles of operators',
    of: 'operatorRoles',
    from: [['lambda/contract/operator-roles.ts', 'OperatorRoles']],
  },
  {
    title: 'How access tokens of operators are recognised',
    of: 'operatorRoles.token',
    from: [
      ['lambda/contract/access-token-profile.ts', 'AccessTokenProfile', ['types', 'algorithms', 'required']],
      ['lambda/contract/operator-roles.ts', 'OperatorAccessToken'],
    ],
  },
  { title: 'The session of operators', of: 'consoleSession', from: [[ENVIRONMENT, 'ConsoleSession']] },
  { title: 'Access tokens', of: 'accessToken', from: [[ENVIRONMENT, 'AccessTokens']] },
  {
    title: 'How access tokens are written',
    of: 'accessToken.profile',
    from: [['lambda/contract/access-token-profile.ts', 'AccessTokenProfile']],
  },
  { title: 'Signing keys', of: 'signingKeys.ID', from: [[ENVIRONMENT, 'SigningKey']] },
  {
    title: 'A processor',
    of: 'processors.ID',
    from: [
      [
        'lambda/contract/registry.ts',
        'Processor',
        [
          'carriers',
          'contentTypes',
          'schema',
          'allowEmptyResult',
          'checkJson',
          'replayMode',
          'sameBy',
          'sourceRanges',
          'encrypted',
        ],
      ],
      [ENVIRONMENT, 'ProcessorInput'],
    ],
  },
  {
    title: 'Proof `private_key_jwt`',
    of: 'processors.ID.proof',
    from: [[CONTRACT_PROOFS, 'PrivateKeyJwtProof', ['clientId']]],
  },
  { title: 'Proof `dpop`', of: 'processors.ID.proof', from: [[PROOFS, 'DpopProofInput']] },
  {
    title: 'Proof `http_signature`',
    of: 'processors.ID.proof',
    from: [[CONTRACT_PROOFS, 'HttpSignatureProof', ['keys']]],
  },
  {
    title: 'Proof `standard_webhooks`',
    of: 'processors.ID.proof',
    from: [[CONTRACT_PROOFS, 'StandardWebhooksProof', ['secretName', 'publicKeys']]],
  },
  { title: 'Proof `webhook`', of: 'processors.ID.proof', from: [[CONTRACT_PROOFS, 'WebhookProof', ['origins']]] },
  { title: 'Proof `mtls`', of: 'processors.ID.proof', from: [[PROOFS, 'MtlsProofInput']] },
  { title: 'Token encryption', of: 'tokenEncryption', from: [[ENVIRONMENT, 'TokenEncryption']] },
  {
    title: 'The door',
    from: [
      [EDGE, 'DoorInput'],
      [EDGE, 'WebAclInput'],
    ],
  },
  { title: 'Rates', of: 'rateLimits', from: [[EDGE, 'RateLimits']] },
  { title: 'Shield Advanced', of: 'shield', from: [[EDGE, 'ShieldAdvanced']] },
  { title: 'Whom Shield’s team calls', of: 'shield.contacts', from: [[EDGE, 'EmergencyContact']] },
  { title: 'A network that is there', of: 'network', from: [[EDGE, 'ExistingNetwork']] },
  { title: 'Mutual TLS', of: 'mutualTls', from: [[EDGE, 'MutualTls']] },
  { title: 'An object in S3', of: 'mutualTls.authorities', from: [[EDGE, 'ObjectInS3']] },
  { title: 'PrivateLink', of: 'privateLink', from: [[EDGE, 'PrivateLink']] },
  { title: 'Alarms', from: [[MONITORING, 'MonitoringInput']] },
  { title: 'Who hears of alarms', of: 'alarmSubscribers', from: [[MONITORING, 'AlarmSubscribers']] },
  { title: 'Operation', from: [[OPERATION, 'OperationInput']] },
  { title: 'Throughput', of: 'tableThroughput', from: [[OPERATION, 'TableThroughput']] },
  { title: 'Warm throughput', of: 'warmThroughput', from: [[OPERATION, 'WarmThroughput']] },
];

const membersOf = ({ from }: Section): readonly Member[] =>
  from.flatMap(([file, name, only]) =>
    readInterface(file, name).members.filter((member) => only === undefined || only.includes(member.name)),
  );

const knobs = SECTIONS.flatMap((section) =>
  membersOf(section).map(
    (member) => [`${section.of === undefined ? '' : `${section.of}.`}${member.name}`, member] as const,
  ),
);

describe('a knob of an environment', () => {
  it.each(knobs)('%s says what it is, and what it is unless it is set', (_, member) => {
    expect(member.doc).not.toBe('');
    // Of the complete processor, what the file may leave out is not marked.
    if (member.optional) expect(member.byDefault).toBeDefined();
  });
});

/** A default that is written as the file would have it; the others are said in words. */
const isCode = (byDefault: string): boolean => /^([A-Z[{'\d]|(true|false)$)/.test(byDefault);

/** An environment with a knob in its place. */
const PLACES: Readonly<Record<string, (knob: object) => Readonly<Record<string, unknown>>>> = {
  '': (knob) => ({ ...knob }),
  accessToken: (knob) => ({ accessToken: knob }),
  'signingKeys.ID': (knob) => ({ signingKeys: { first: { use: 'current', ...knob } } }),
  'processors.ID': (knob) => ({
    processors: { acme: { carriers: ['header'], contentTypes: ['text/plain'], ...knob } },
  }),
  mutualTls: (knob) => ({ mutualTls: { authorities: { bucketName: 'trust', key: 'authorities.pem' }, ...knob } }),
};

describe('a default', () => {
  const defaults = SECTIONS.flatMap((section) => {
    const place = PLACES[section.of ?? ''];
    return membersOf(section).flatMap(({ byDefault, name }) =>
      place !== undefined && byDefault !== undefined && isCode(byDefault) ? [[name, byDefault, place] as const] : [],
    );
  });

  it.each(defaults)('%s: leaving it out is the same as writing %s', (name, byDefault, place) => {
    const written: unknown = runInNewContext(`(${byDefault})`, {
      USERINFO_ROLES,
      Duration,
      Size,
      RetentionDays,
      RFC_9068,
    });
    const read = (knob: object) => inOneUnit(readEnvironment('test', anAwsEnvironment(place(knob))));
    expect(read({ [name]: written })).toEqual(read({}));
  });
});

/** An hour is an hour, however it was written. */
const inOneUnit = (value: unknown): unknown => {
  if (value instanceof Duration) return `${value.toMilliseconds()} ms`;
  if (value instanceof Size) return `${value.toBytes()} bytes`;
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, inOneUnit(member)]));
};

/** Where the types of a knob may be declared. */
const SOURCES = [
  ENVIRONMENT,
  ...['lib/config', 'lambda/contract'].flatMap((folder) =>
    readdirSync(new URL(`../../../${folder}/`, import.meta.url)).map((file) => `${folder}/${file}`),
  ),
].map(sourceOf);

const first = <T>(look: (source: string) => T | undefined): T | undefined => {
  for (const source of SOURCES) {
    const found = look(source);
    if (found !== undefined) return found;
  }
  return undefined;
};

it('every type that a knob leads to has a section', () => {
  const shown = new Map(SECTIONS.flatMap(({ from }) => from.map(([, name, only]) => [name, only] as const)));
  const reached = new Set<string>();
  const follow = (name: string): void => {
    if (reached.has(name)) return;
    reached.add(name);
    const found = first((source) => interfaceIn(source, name));
    const types =
      found === undefined
        ? [first((source) => aliasIn(source, name)) ?? '']
        : [
            // Of a proof that is read into another shape, its kind alone is the same.
            found.parents.replaceAll(/Pick<\w+, 'kind'>/g, ''),
            ...found.members.filter((member) => shown.get(name)?.includes(member.name) ?? true).map(({ type }) => type),
          ];
    for (const next of types.flatMap(namesIn)) follow(next);
  };
  follow('EnvironmentInput');
  const hasKnobs = (name: string) =>
    first((source) => interfaceIn(source, name))?.members.some((member) => member.name !== 'kind') === true;
  expect([...reached].filter((name) => hasKnobs(name) && !shown.has(name))).toEqual([]);
  // Nor is there a section for what no environment file can say.
  expect([...shown.keys()].filter((name) => !reached.has(name))).toEqual([]);
});

/** A name that stands for values, or for a shape that a file writes down; not one that stands for a key or a text. */
const STANDS_FOR_VALUES = /[|'`{[]|\bnumber\b/;

/** A type as a reader of the page needs it: names that stand for values are written out, and nothing says `readonly`. */
const shapeOf = (type: string): string => withoutReadonly(writtenOut(type.replace('<Url>', '')));

const writtenOut = (type: string): string => {
  const listed = SOURCES.map((source) => withValues(source, type)).find((text) => text !== type) ?? type;
  return namesIn(listed).reduce((text, name) => {
    // An https URL on AWS, and one of this machine in `local`.
    const alias = first((source) => aliasIn(source, name === 'Url' ? 'HttpsUrl' : name));
    if (alias === undefined || alias.includes('typeof') || !STANDS_FOR_VALUES.test(alias)) return text;
    const values = writtenOut(alias);
    return text.replaceAll(new RegExp(String.raw`(\$\{)?\b${name}\b(\[\]|\})?`, 'g'), (_, open, close) => {
      // Within a text, what stands for another text.
      if (open !== undefined) return values.replaceAll('`', '');
      return close === '[]' && values.includes(' | ') ? `(${values})[]` : `${values}${close ?? ''}`;
    });
  }, listed);
};

const withoutReadonly = (type: string): string => {
  const text = type
    .replaceAll(/readonly (?=[\w[({'`])/g, '')
    .replaceAll(/`([^`]*)`/g, (_, literal: string) => `'${literal.replaceAll(/\$\{\w+\}/g, '…')}'`)
    .replaceAll(/\b(?:Readonly|Partial)<((?:[^<>]|<[^<>]*>)*)>/g, '$1');
  return text === type ? text : withoutReadonly(text);
};

const inCell = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll(/\n- /g, '<br>- ').replaceAll('\n', ' ');

const row = (member: Member): string => {
  const byDefault =
    member.byDefault === undefined
      ? '*required*'
      : isCode(member.byDefault)
        ? `\`${member.byDefault}\``
        : member.byDefault;
  return `| \`${member.name}\` | \`${inCell(shapeOf(member.type))}\` | ${inCell(member.doc)} | ${inCell(byDefault)} |`;
};

const section = (one: Section): string => {
  const { about, from, of, title } = one;
  const said = [
    ...(of === undefined ? [] : [`In \`${of}\`.`]),
    ...(about === undefined ? [] : [about]),
    ...(of === undefined ? [] : from.slice(-1).map(([file, name]) => readInterface(file, name).doc)),
  ];
  const place = said
    .filter(Boolean)
    .map((text) => `\n${text}\n`)
    .join('');
  return `## ${title}\n${place}\n| knob | value | what it is | default |\n|---|---|---|---|\n${membersOf(one).map(row).join('\n')}\n`;
};

const grades = (): string =>
  PROOF_NAMES.map(
    (proof) => `| \`${proof}\` | ${CARRIERS.map((carrier) => gradeOf(carrier, proof) ?? '–').join(' | ')} |`,
  ).join('\n');

it('docs/operate/configuration.md is what the sources say (written by `vitest -u`)', async () => {
  expect(CHECKED_PROOFS.length).toBe(PROOF_NAMES.length - 1);
  const page = `# An environment, knob by knob

An environment is one file in [\`environments/\`](../environments), typed by [\`lib/config/environment.ts\`](../lib/environment.ts). What is
wrong in it stops the synth, with the value, what was expected and what to change. What costs something says so; \`npm run cost\`
counts it. This page is written by a test from the doc comments of the types.

## Grades

\`minimumGrade\` refuses processors whose credential mode is weaker, from ${GRADE_NAMES[0]}, a key that is proved for this very request, to
${GRADE_NAMES.at(-1)}, a secret in a URL and nothing else. A sender sees the grade of each callback that it gets.

| proof | ${CARRIERS.map((carrier) => `\`${carrier}\``).join(' | ')} |
|---|${CARRIERS.map(() => '---|').join('')}
${grades()}

${SECTIONS.map(section).join('\n')}`;
  await expect(page).toMatchFileSnapshot('../../../docs/operate/configuration.md');
});
