import type * as v from 'valibot';
import { CARRIERS } from '../../lambda/contract/carriers.ts';
import { GRADE_NAMES, gradeOf, PROOF_NAMES } from '../../lambda/contract/proofs.ts';
import { data } from '../../lib/config/data.ts';
import { signByHttpSignature } from '../../lib/config/dispatch.ts';
import { ingress } from '../../lib/config/edge.ts';
import { INGRESS } from '../../lib/config/ingress.ts';
import { monitoring } from '../../lib/config/monitoring.ts';
import { operation } from '../../lib/config/operation.ts';
import { account, awsPlace, localPlace } from '../../lib/config/place.ts';
import { PROOFS } from '../../lib/config/proofs.ts';
import { access, awsEnvironment } from '../../lib/config/schema.ts';
import { SIGNING } from '../../lib/config/signing.ts';
import { webAcl } from '../../lib/config/web-acl.ts';
import { type DocComment, readDocComments } from './doc-comments.ts';
import type { GeneratedPage } from './page.ts';
import { isOptional, nodeOf, objectsIn, type SchemaNode } from './schema-entries.ts';

/** A table of the page: the entries of one object, or of one group of the top level. */
export interface Section {
  readonly title: string;
  /** Path of the object in a file; empty at the top level. */
  readonly path: string;
  readonly entries: v.ObjectEntries;
  /** Declarations with the doc comments of the entries. */
  readonly sources: readonly (readonly [file: string, name: string])[];
  readonly about?: string;
}

const PROFILE = ['lambda/contract/access-token-profile.ts', 'AccessTokenProfile'] as const;
const OPERATOR_ROLES = 'lambda/contract/operator-roles.ts';

const group = (title: string, entries: v.ObjectEntries, file: string, name: string, about?: string): Section => ({
  title,
  path: '',
  entries,
  sources: [[`lib/config/${file}`, name]],
  ...(about !== undefined && { about }),
});

const GROUPS: readonly Section[] = [
  group('Place', awsPlace, 'place.ts', 'awsPlace'),
  group(
    'Place of `local`',
    localPlace,
    'place.ts',
    'localPlace',
    'In `local/environment.ts` only, in place of the settings above. `npm start` runs this environment; it is never deployed.',
  ),
  group('Account', account, 'place.ts', 'account'),
  {
    title: 'Access',
    path: '',
    entries: {
      identityProvider: awsEnvironment.entries.identityProvider,
      ...access,
      senderAccessToken: awsEnvironment.entries.senderAccessToken,
      cognito: awsEnvironment.entries.cognito,
    },
    sources: [
      ['lib/config/schema.ts', 'access'],
      ['lib/config/schema.ts', 'common'],
      ['lib/config/schema.ts', 'accessOnAws'],
      ['lib/config/operators.ts', 'operators'],
    ],
  },
  group('Data', data, 'data.ts', 'data'),
  group('Ingress', ingress, 'edge.ts', 'ingress'),
  group('Web ACL', webAcl, 'web-acl.ts', 'webAcl'),
  group('Alarms', monitoring, 'monitoring.ts', 'monitoring'),
  group('Operation', operation, 'operation.ts', 'operation'),
];

/** Objects by their paths: the title of the section, and the declarations with the doc comments. */
const OBJECTS: Readonly<Record<string, readonly [title: string, ...(readonly [file: string, name: string])[]]>> = {
  hostedZone: ['Hosted zone', ['lib/config/place.ts', 'hostedZone']],
  identityProvider: ['Identity provider', ['lib/config/sign-in.ts', 'identityProvider']],
  cognito: ['User pool', ['lib/config/cognito.ts', 'cognito']],
  senderAccessToken: ['Access tokens of senders', ['lib/config/sender-access-token.ts', 'senderAccessToken']],
  consoleClient: ['Client of the console', ['lib/config/sign-in.ts', 'consoleClient']],
  operatorRoles: ['Roles of operators', [OPERATOR_ROLES, 'OperatorRoles']],
  'operatorRoles.token': ['Access tokens of operators', [OPERATOR_ROLES, 'OperatorAccessToken'], PROFILE],
  consoleSession: ['Session of operators', ['lib/config/sign-in.ts', 'consoleSession']],
  accessToken: ['Access tokens', ['lib/config/token-profiles.ts', 'accessToken']],
  'accessToken.profile': ['Access token profile', PROFILE],
  'applications.ID': ['Application', ['lib/config/applications.ts', 'application']],
  'applications.ID.resumes': ['Workflow of another account', ['lib/config/applications.ts', 'workflowElsewhere']],
  'processors.ID': ['Processor', ['lib/config/processors.ts', 'processor']],
  'processors.ID.dispatch': ['Sending of work', ['lib/config/dispatch.ts', 'dispatch']],
  'processors.ID.dispatch.auth': ['Access token for a processor', ['lib/config/dispatch.ts', 'auth']],
  'processors.ID.dispatch.sign': [
    'Signature by Standard Webhooks',
    ['lib/config/dispatch.ts', 'signByStandardWebhooks'],
  ],
  'processors.ID.dispatch.retry': ['Further attempts', ['lib/config/dispatch.ts', 'retry']],
  'processors.ID.dispatch.breaker': ['Breaker', ['lib/config/dispatch.ts', 'breaker']],
  signing: ['Rotating signing keys', ['lib/config/signing.ts', 'rotating']],
  'signingKeys.ID': ['Signing key', ['lib/config/keys.ts', 'signingKey']],
  tokenEncryption: ['Token encryption', ['lib/config/keys.ts', 'tokenEncryption']],
  rateLimits: ['Rate limits', ['lib/config/web-acl.ts', 'rateLimits']],
  shield: ['Shield Advanced', ['lib/config/shield.ts', 'shieldAdvanced']],
  'shield.contacts': ['Emergency contact', ['lib/config/shield.ts', 'emergencyContact']],
  ingress: ['Network door', ['lib/config/ingress.ts', 'networkDoor']],
  'ingress.console': ['Console of the network door', ['lib/config/ingress.ts', 'doorConsole']],
  'ingress.tasks': ['Tasks of the network door', ['lib/config/ingress.ts', 'doorTasks']],
  'ingress.switching': ['Switch to the network door', ['lib/config/ingress.ts', 'doorSwitching']],
  network: ['Existing network', ['lib/config/edge.ts', 'network']],
  mutualTls: ['Mutual TLS', ['lib/config/edge.ts', 'mutualTls']],
  'mutualTls.authorities': ['Object in S3', ['lib/config/edge.ts', 's3Object']],
  privateLink: ['PrivateLink', ['lib/config/edge.ts', 'privateLink']],
  alarmSubscribers: ['Receivers of alarms', ['lib/config/monitoring.ts', 'alarmSubscribers']],
  reservedConcurrency: ['Reserved concurrency', ['lib/config/operation.ts', 'reservedConcurrency']],
  tableThroughput: ['Throughput', ['lib/config/operation.ts', 'tableThroughput']],
  warmThroughput: ['Warm throughput', ['lib/config/operation.ts', 'warmThroughput']],
};

const PROOF_EXPORTS = {
  private_key_jwt: 'privateKeyJwt',
  dpop: 'dpop',
  http_signature: 'httpSignature',
  standard_webhooks: 'standardWebhooks',
  webhook: 'webhook',
  mtls: 'mtls',
} as const;

/** Objects whose entries the value column shows: they have no section. */
const INLINE = ['operatorRoles.values', 'accessToken.profile.audience', 'senderAccessToken.profile.audience'];

/** Objects that have a `kind` and nothing else. */
const WITHOUT_ENTRIES: readonly v.ObjectEntries[] = [
  PROOFS.none.entries,
  SIGNING.kms.entries,
  signByHttpSignature.entries,
  INGRESS.application.entries,
];

const titleOf = (path: string, entries: v.ObjectEntries): string => {
  const proof = proofOf(path, entries);
  return proof === undefined ? (OBJECTS[path]?.[0] ?? '') : `Proof \`${proof}\``;
};

const proofOf = (path: string, entries: v.ObjectEntries): keyof typeof PROOF_EXPORTS | undefined =>
  path === 'processors.ID.proof'
    ? (Object.keys(PROOF_EXPORTS) as (keyof typeof PROOF_EXPORTS)[]).find((name) => PROOFS[name].entries === entries)
    : undefined;

const sourcesOf = (path: string, entries: v.ObjectEntries): Section['sources'] => {
  const proof = proofOf(path, entries);
  if (proof !== undefined) return [['lib/config/proofs.ts', PROOF_EXPORTS[proof]]];
  return OBJECTS[path]?.slice(1) as unknown as Section['sources'];
};

/**
 * Every section of the page, read from the schema.
 * @throws {Error} if an object of the schema has no title
 */
export const sections = (): readonly Section[] => {
  const objects = objectsIn(nodeOf(awsEnvironment)).filter(
    ([path, entries]) => path !== '' && !INLINE.includes(path) && !WITHOUT_ENTRIES.includes(entries),
  );
  const seen = new Set<v.ObjectEntries>();
  const unique = objects.filter(([, entries]) => !seen.has(entries) && seen.add(entries));
  return [
    ...GROUPS,
    ...unique.map(([path, entries]) => {
      const title = titleOf(path, entries);
      if (title === '') throw new Error(`${path} has no section in tools/docs/configuration.ts.`);
      return { title, path, entries, sources: sourcesOf(path, entries) };
    }),
  ];
};

/**
 * The doc comments of a section's entries.
 * @throws {Error} if an entry lacks a comment, or an optional entry lacks `@default`
 */
export const commentsOf = ({ entries, path, sources }: Section): ReadonlyMap<string, DocComment> => {
  const documented = sources.map(([file, name]) => readDocComments(file, name).members);
  return new Map(
    Object.keys(entries)
      .filter((name) => name !== 'kind')
      .map((name) => {
        const comment = documented.map((members) => members.get(name)).find((found) => found !== undefined);
        if (comment === undefined || comment.text === '') throw new Error(`${path} ${name} has no doc comment.`);
        if (isOptional(entries[name] as v.GenericSchema) && comment.byDefault === undefined) {
          throw new Error(`${path} ${name} has no @default.`);
        }
        return [name, comment];
      }),
  );
};

/** True for a default in code. Other defaults are in words. */
export const isCode = (byDefault: string): boolean =>
  /^([A-Z]\w*[.(_]|[[{'\d]|(true|false|[A-Z_\d]+)$)/.test(byDefault);

const inCell = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll(/\n- /g, '<br>- ').replaceAll('\n\n', '<br><br>').replaceAll('\n', ' ');

/** The value of an entry: its type, and its bounds. */
const valueCell = (node: SchemaNode): string => {
  const inner = node.wrapped ?? node;
  // A word beside a list does not change the bounds of the list.
  const { bounds } = inner.word === undefined ? inner : (inner.value ?? inner);
  const sectionsBelow = [...new Set(objectsIn(node).map(([, entries]) => TITLES.get(entries)))].flatMap((title) =>
    title === undefined ? [] : [`[${title}](#${anchorOf(title)})`],
  );
  return [`\`${inCell(typeOf(node))}\``, bounds, ...sectionsBelow.slice(0, 1)].filter(Boolean).join(', ');
};

/** GitHub's anchor of a heading. */
const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');

const typeOf = (node: SchemaNode): string => {
  const { entries, item, literal, options, shown, text, type, value, word, wrapped } = node;
  if (wrapped !== undefined) return `${typeOf(wrapped)}${type === 'nullable' ? ' | null' : ''}`;
  if (shown !== undefined) return shown;
  if (item !== undefined) return / [|&] /.test(typeOf(item)) ? `(${typeOf(item)})[]` : `${typeOf(item)}[]`;
  if (options !== undefined)
    return `{ kind: ${Object.keys(options)
      .map((name) => `'${name}'`)
      .join(' | ')}, … }`;
  if (word !== undefined && value !== undefined) return `'${word}' | ${typeOf(value)}`;
  if (text !== undefined && value !== undefined) return `${typeOf(text)} | ${typeOf(value)}`;
  if (value !== undefined) return `{ ID: ${typeOf(value)}, … }`;
  if (entries !== undefined) {
    const members = Object.entries(entries).map(
      ([name, entry]) => `${name}${isOptional(entry) ? '?' : ''}: ${typeOf(nodeOf(entry))}`,
    );
    return Object.keys(entries).length <= 3 ? `{ ${members.join('; ')} }` : '{ … }';
  }
  return String(literal);
};

const row = (name: string, entry: v.GenericSchema, { byDefault, text }: DocComment): string => {
  const otherwise = byDefault === undefined ? '*required*' : isCode(byDefault) ? `\`${byDefault}\`` : byDefault;
  return `| \`${name}\` | ${valueCell(nodeOf(entry))} | ${inCell(text)} | ${inCell(otherwise)} |`;
};

const render = (section: Section): string => {
  const { about, entries, path, sources, title } = section;
  const [[file, name] = ['', '']] = sources;
  const words = [
    ...(path === '' ? [] : [`In \`${path}\`.`]),
    ...(about === undefined ? [readDocComments(file, name).about] : [about]),
  ].filter(Boolean);
  const rows = [...commentsOf(section)].flatMap(([entry, comment]) =>
    comment.isDeprecated ? [] : [row(entry, entries[entry] as v.GenericSchema, comment)],
  );
  return [
    `## ${title}`,
    ...words.map((text) => `\n${text}`),
    '\n| setting | value | meaning | default |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
};

const grades = (): string =>
  PROOF_NAMES.map(
    (proof) => `| \`${proof}\` | ${CARRIERS.map((carrier) => gradeOf(carrier, proof) ?? '–').join(' | ')} |`,
  ).join('\n');

/** Titles of the sections of objects. */
const TITLES = new Map(
  sections()
    .filter(({ path }) => path !== '')
    .map(({ entries, title }) => [entries, title]),
);

/** Every setting of an environment file. */
export const CONFIGURATION: GeneratedPage = {
  path: 'docs/operate/configuration.md',
  render: () => `# Settings of an environment

An environment is one file in [\`environments/\`](../../environments). Its type is in
[\`lib/environment.ts\`](../../lib/environment.ts), and its schema in [\`lib/config/schema.ts\`](../../lib/config/schema.ts).
A mistake in it stops the synth, with the value, the expectation and the remedy. Settings with a price name it; \`postern env cost\`
adds them up. \`npm run docs\` writes this page from the schema and its doc comments.

## Grades

\`minimumGrade\` refuses processors with a weaker grade, from ${GRADE_NAMES[0]}, a key that is proved for each request, to
${GRADE_NAMES.at(-1)}, a secret in a URL alone. A sender sees the grade of each callback that it gets.

| proof | ${CARRIERS.map((carrier) => `\`${carrier}\``).join(' | ')} |
|---|${CARRIERS.map(() => '---|').join('')}
${grades()}

${sections().map(render).join('\n')}`,
};
