import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { INLINE_LIMIT_BYTES, QUARANTINE_LIMIT } from '../../lambda/contract/limits.ts';
import { CONSOLE_SCRIPT_FILE, CONSOLE_STYLE_FILE } from '../../lambda/contract/pages.ts';
import { PAYLOAD_BUCKET_FILE, REGISTRY_FILE, type Registry, SCHEMAS_FILE } from '../../lambda/contract/registry.ts';
import { ENVIRONMENT_VARIABLES } from '../../lambda/contract/variables.ts';
import {
  bundleOptions,
  CONSOLE_SCRIPT_ENTRY,
  CONSOLE_STYLE_ENTRY,
  PAYLOAD_BUCKET_ENTRY,
  SCHEMA_RUNTIME_ENTRY,
} from '../../lib/functions/bundles.ts';
import { compileSchemas } from '../../lib/functions/schemas.ts';
import { ORIGIN, PROCESSOR } from './names.ts';
import { SCHEMA, type TestBed } from './test-bed.ts';

/** An implementation that is measured: Postern's, or a baseline. */
export interface Contender {
  readonly name: string;
  /** Folder with its code as it would be deployed. */
  readonly folder: string;
}

export const REGISTRY: Registry = {
  [PROCESSOR]: {
    id: PROCESSOR,
    carriers: ['header'],
    proof: { kind: 'none' },
    contentTypes: ['application/json'],
    schema: SCHEMA,
    maxExpiresIn: 604_800,
    replayMode: 'acknowledge',
    progressUses: 5,
    uploadUses: 3,
    encrypted: false,
    allowEmptyResult: false,
    checkJson: true,
  },
};

/** Descriptions of the contenders for a callback. */
export const CALLBACK_CONTENDERS = {
  postern: 'the shipped receiver: every check, schema, logs and metrics on',
  peer: 'middy, Powertools (idempotency, logger, metrics), aws-jwt-verify, SDK: the same checks, schema, logs and metrics',
  limit: 'node:crypto and one hand-signed request: no other check, no log, no retry',
} as const;

/** Bundled code by entry. Suites and sizes use the same code, and a build takes seconds. */
const bundles = new Map<string, Promise<string>>();

/** Bundles code with the options of the functions. */
const bundle = (entry: string): Promise<string> => {
  const known = bundles.get(entry);
  if (known !== undefined) return known;
  const built = build(bundleOptions(entry)).then(({ outputFiles: [file] }) => file?.text ?? '');
  bundles.set(entry, built);
  return built;
};

export const bundleFunction = (name: string): Promise<string> => bundle(`lambda/functions/${name}/handler.ts`);

/** Bundles a file of `baselines`. */
export const bundleBaseline = (file: string): Promise<string> => bundle(`benchmarks/baselines/${file}`);

/** Files of a contender by name. `index.js` exports the handler. */
export type Files = Readonly<Record<string, string>> & { readonly 'index.js': string };

/** Writes each contender into a separate folder. */
export const writeContenders = (files: Readonly<Record<string, Files>>): readonly Contender[] => {
  const root = mkdtempSync(join(tmpdir(), 'postern-contenders-'));
  return Object.entries(files).map(([name, content]) => {
    const folder = join(root, name);
    mkdirSync(folder);
    for (const [file, text] of Object.entries(content)) writeFileSync(join(folder, file), text);
    writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}');
    return { name, folder };
  });
};

/** The shipped receiver with the files beside it. */
export const receiverFiles = async (registry: Registry = REGISTRY): Promise<Files> => ({
  'index.js': await bundleFunction('receive'),
  [PAYLOAD_BUCKET_FILE]: await bundle(PAYLOAD_BUCKET_ENTRY),
  [REGISTRY_FILE]: JSON.stringify(registry),
  [SCHEMAS_FILE]: await schemasOf(registry),
});

const schemasOf = async (registry: Registry): Promise<string> =>
  compileSchemas(registry, await bundle(SCHEMA_RUNTIME_ENTRY));

/** Files of the console's pages. */
export const pageFiles = async (): Promise<Readonly<Record<string, string>>> => ({
  [CONSOLE_STYLE_FILE]: await bundle(CONSOLE_STYLE_ENTRY),
  [CONSOLE_SCRIPT_FILE]: await bundle(CONSOLE_SCRIPT_ENTRY),
});

/** The contenders for a callback. */
export const buildCallbackContenders = async (): Promise<readonly Contender[]> =>
  writeContenders({
    postern: await receiverFiles(),
    peer: { 'index.js': await bundleBaseline('callback-peer.mjs'), [SCHEMAS_FILE]: await schemasOf(REGISTRY) },
    limit: { 'index.js': await bundleBaseline('callback-limit.cjs') },
  });

/** Environment variables for every contender. @param endpoint of DynamoDB */
export const variablesFor = (bed: TestBed, endpoint?: string): Record<string, string> => ({
  // Variables that the receiver requires and does not use for a plain callback.
  ...Object.fromEntries(Object.keys(ENVIRONMENT_VARIABLES.receive).map((name) => [name, 'unused'])),
  ...bed.environment(endpoint),
  POSTERN_ENVIRONMENT: 'bench',
  POSTERN_ORIGIN: ORIGIN,
  TASKS_TABLE: 'tasks',
  TASK_LAYOUT: 'current',
  JTI_TABLE: 'jti',
  LOOKUPS_TABLE: 'lookups',
  SIGNING_KEYS_TABLE: 'signing-keys',
  SIGNING_KEY_IDS: '',
  INLINE_LIMIT_BYTES: `${INLINE_LIMIT_BYTES.default}`,
  QUARANTINE_LIMIT: `${QUARANTINE_LIMIT.default}`,
  TOKEN_ENCRYPTION_SECRET: '',
  ACCESS_TOKEN_PROFILE: '{}',
  ACCESS_TOKEN_MAX_LIFETIME_SECONDS: '3600',
  ACCESS_TOKEN_USES: 'many',
  PROCESSOR,
  JWKS: JSON.stringify({ keys: [bed.publicKey.jwk] }),
  JWKS_URI: `${ORIGIN}/.well-known/jwks.json`,
  // Powertools logs less if this is set, as on Lambda.
  AWS_LAMBDA_FUNCTION_NAME: 'bench',
});
