import type * as v from 'valibot';
import { awsEnvironment } from '../../lib/config/schema.ts';
import { commentsOf, isCode, type Section, sections } from './configuration.ts';
import { type DocComment, readDocComments } from './doc-comments.ts';
import { docComment, formatted } from './formatted.ts';
import type { GeneratedPage } from './page.ts';
import { isOptional, nodeOf, type SchemaNode } from './schema-entries.ts';

const PATH = 'cdk/settings.ts';

/** Names of interfaces whose path in the file of an environment makes no good name. */
const NAMES: Readonly<Record<string, string>> = {
  'operatorRoles.token': 'OperatorAccessToken',
  accessToken: 'AccessTokens',
  'accessToken.profile': 'AccessTokenProfile',
  alarmSubscribers: 'AlarmSubscribers',
  'applications.ID': 'ApplicationSettings',
  'applications.ID.resumes': 'WorkflowElsewhere',
  'processors.ID': 'ProcessorSettings',
  'processors.ID.dispatch': 'DispatchSettings',
  'processors.ID.dispatch.auth': 'DispatchAccessToken',
  'processors.ID.dispatch.sign': 'DispatchSignature',
  'processors.ID.dispatch.retry': 'DispatchRetries',
  'processors.ID.dispatch.breaker': 'DispatchBreaker',
  signing: 'RotatingSigning',
  'signingKeys.ID': 'SigningKey',
  ingress: 'NetworkIngress',
  'ingress.console': 'NetworkIngressConsole',
  'ingress.tasks': 'NetworkIngressTasks',
  'ingress.switching': 'NetworkIngressSwitching',
  shield: 'ShieldAdvanced',
  'shield.contacts': 'EmergencyContact',
  'mutualTls.authorities': 'S3Object',
};

/** Settings that a construct gets from its own properties. */
const ELSEWHERE: readonly string[] = ['runsOn', 'account', 'region'];

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `private_key_jwt` → `PrivateKeyJwt` */
const pascalCase = (text: string): string => text.split(/[_-]/).map(capitalized).join('');

const kindOf = (entries: v.ObjectEntries): string | undefined => {
  const kind = entries.kind;
  return kind === undefined ? undefined : String(nodeOf(kind as v.GenericSchema).literal);
};

const nameOf = ({ entries, path }: Section): string => {
  const kind = kindOf(entries);
  if (path === 'processors.ID.proof' && kind !== undefined) return `${pascalCase(kind)}Proof`;
  return NAMES[path] ?? path.split('.').map(capitalized).join('');
};

/** Sections with an interface of their own, by their entries. */
const interfaces = (): ReadonlyMap<v.ObjectEntries, Section> =>
  new Map(
    sections()
      .filter(({ path }) => path !== '')
      .map((section) => [section.entries, section]),
  );

const objectType = (entries: v.ObjectEntries, named: ReadonlyMap<v.ObjectEntries, Section>): string => {
  const section = named.get(entries);
  if (section !== undefined) return nameOf(section);
  const members = Object.entries(entries).map(([name, entry]) => member(name, entry as v.GenericSchema, named));
  return `{ ${members.join(' ')} }`;
};

/** Lists whose type in the schema has at least one item. */
const NON_EMPTY: readonly string[] = ['carriers'];

const member = (name: string, entry: v.GenericSchema, named: ReadonlyMap<v.ObjectEntries, Section>): string => {
  const key = /^\w+$/.test(name) ? name : `'${name}'`;
  const node = nodeOf(entry);
  const item = NON_EMPTY.includes(name) && node.item !== undefined ? `(${typeOf(node.item, named)})` : undefined;
  const type = item === undefined ? typeOf(node, named) : `readonly [${item}, ...${item}[]]`;
  return `readonly ${key}${isOptional(entry) ? '?' : ''}: ${type};`;
};

/** The type of an entry in TypeScript. */
const typeOf = (node: SchemaNode, named: ReadonlyMap<v.ObjectEntries, Section>): string => {
  const { entries, item, literal, options, shown, text, type, value, word, wrapped } = node;
  const inner = (each: SchemaNode): string => typeOf(each, named);
  if (wrapped !== undefined) return `${inner(wrapped)}${type === 'nullable' ? ' | null' : ''}`;
  if (shown !== undefined) return typeShownAs(shown);
  if (item !== undefined) return `readonly ${/ [|&] /.test(inner(item)) ? `(${inner(item)})` : inner(item)}[]`;
  if (options !== undefined) return Object.values(options).map(inner).join(' | ');
  if (word !== undefined && value !== undefined) return `'${word}' | ${inner(value)}`;
  if (text !== undefined && value !== undefined) return `${inner(text)} | ${inner(value)}`;
  if (value !== undefined) return `Readonly<Record<string, ${inner(value)}>>`;
  if (entries !== undefined) return objectType(entries, named);
  return typeof literal === 'string' ? `'${literal}'` : String(literal);
};

/** The docs show `'https://…'` for a template literal, and lists without `readonly`. */
const typeShownAs = (shown: string): string =>
  shown
    .replaceAll(/'([^']*…[^']*)'/g, (_, text: string) => `\`${text.replaceAll('…', `\${string}`)}\``)
    .replaceAll(/Record<string, (string|unknown|string \| SecretHeader)>/g, 'Readonly<Record<string, $1>>')
    .replaceAll(/\bstring\[\]/g, 'readonly string[]')
    .replaceAll(/\([^()]*\)\[\]/g, 'readonly $&')
    .replaceAll(/(?<=[{;] )(\w+)(?=: )/g, 'readonly $1');

const commentOf = ({ byDefault, isDeprecated, text }: DocComment): string =>
  docComment([
    ...text.split('\n'),
    ...(byDefault === undefined ? [] : [`@default ${isCode(byDefault) ? '' : '- '}${byDefault}`]),
    ...(isDeprecated ? ['@deprecated'] : []),
  ]);

const membersOf = (section: Section, named: ReadonlyMap<v.ObjectEntries, Section>): readonly string[] =>
  [...commentsOf(section)].map(([name, comment]) =>
    [commentOf(comment), member(name, section.entries[name] as v.GenericSchema, named)].join('\n'),
  );

const interfaceOf = (section: Section, named: ReadonlyMap<v.ObjectEntries, Section>): string => {
  const [[file, declaration] = ['', '']] = section.sources;
  const { about } = readDocComments(file, declaration);
  const kind = kindOf(section.entries);
  return [
    docComment((about || `${section.title}.`).split('\n')),
    `export interface ${nameOf(section)} {`,
    ...(kind === undefined ? [] : [`/** Marks this form. */\nreadonly kind: '${kind}';`]),
    ...membersOf(section, named),
    '}',
  ].join('\n');
};

/** The settings of an environment, one interface for each object. The sections of the top level are one interface. */
const renderTypes = (): string => {
  const named = interfaces();
  const onAws = new Map<string, unknown>(Object.entries(awsEnvironment.entries));
  const settings = sections()
    .filter(({ path }) => path === '')
    .flatMap((section) => {
      const entries = Object.entries(section.entries).filter(
        ([name, entry]) => onAws.get(name) === entry && !ELSEWHERE.includes(name),
      );
      return membersOf({ ...section, entries: Object.fromEntries(entries) }, named);
    });
  const types = [...named.values()].map((section) => interfaceOf(section, named));
  const body = [
    '/** A public key as a JWK (RFC 7517). */',
    'export type PublicJwk = JsonWebKey;',
    '',
    '/** The settings of an environment, without its name, account and Region. */',
    'export interface EnvironmentSettings {',
    ...settings,
    '}',
    '',
    types.join('\n\n'),
  ].join('\n');
  const imports = IMPORTS.filter(([name]) =>
    new RegExp(`\\b${name}\\b`).test(body.replaceAll(/\/\*[\s\S]*?\*\//g, '')),
  );
  return [
    '// `npm run docs` writes this file from the schema in lib/config and its doc comments.',
    ...imports.map(([name, from]) => `import type { ${name} } from '${from}';`),
    '',
    body,
    '',
  ].join('\n');
};

const IMPORTS = [
  ['JsonWebKey', 'node:crypto'],
  ['Duration', 'aws-cdk-lib'],
  ['Size', 'aws-cdk-lib'],
  ['RetentionDays', 'aws-cdk-lib/aws-logs'],
  ['JsonValue', '../lambda/contract/dispatch.ts'],
  ['SecretHeader', '../lambda/contract/dispatch.ts'],
] as const;

/** Types of the settings for users of the package. Those of the schema would need the validation library and half of `lib`. */
export const SETTINGS_TYPES: GeneratedPage = { path: PATH, render: () => formatted(PATH, renderTypes()) };
