import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import { INLINE_LIMIT_BYTES, QUARANTINE_LIMIT } from '../../lambda/contract/limits.ts';
import { PAYLOAD_BUCKET_FILE, REGISTRY_FILE, type Registry, SCHEMAS_FILE } from '../../lambda/contract/registry.ts';
import { ENVIRONMENT_VARIABLES } from '../../lambda/contract/variables.ts';
import { bundleOptions, PAYLOAD_BUCKET_ENTRY } from '../../lib/functions/bundles.ts';
import { compileSchemas } from '../../lib/functions/schemas.ts';
import { ORIGIN, PROCESSOR } from './names.ts';
import { SCHEMA, type World } from './test-bed.ts';

export interface Contender {
  readonly name: string;
  /** What it is, for the table. */
  readonly description: string;
  /** Its code, as it would be deployed. */
  readonly folder: string;
  readonly bytes: number;
  readonly gzipBytes: number;
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

const DESCRIPTIONS = {
  postern: 'the shipped receiver: every check, schema, logs and metrics on',
  peer: 'middy, Powertools (idempotency, logger, metrics), aws-jwt-verify, SDK: the same checks, schema, logs and metrics',
  limit: 'node:crypto and one hand-signed request: no other check, no log, no retry',
} as const;

/**
 * Code bundled as the functions are.
 * @param changes for who wants to read it
 */
export const bundle = async (entry: string, changes: BuildOptions = {}): Promise<string> => {
  const { outputFiles = [] } = await build({ ...bundleOptions(entry), ...changes });
  return outputFiles[0]?.text ?? '';
};

/** Files of a contender, by name; `index.js` exports the handler. */
export type Files = Readonly<Record<string, string>> & { readonly 'index.js': string };

/** Contenders, each built into a folder of its own. */
export const layOut = (
  files: Readonly<Record<string, Files>>,
  descriptions: Readonly<Record<string, string>>,
): readonly Contender[] => {
  const root = mkdtempSync(join(tmpdir(), 'postern-contenders-'));
  return Object.entries(files).map(([name, content]) => {
    const folder = join(root, name);
    mkdirSync(folder);
    for (const [file, text] of Object.entries(content)) writeFileSync(join(folder, file), text);
    writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}');
    const code = content['index.js'];
    return {
      name,
      description: descriptions[name] ?? '',
      folder,
      bytes: Buffer.byteLength(code),
      gzipBytes: gzipSync(code).length,
    };
  });
};

/** The shipped receiver, and what lies beside it. */
export const receiverFiles = async (changes: BuildOptions = {}): Promise<Files> => ({
  'index.js': await bundle('lambda/functions/receive/handler.ts', changes),
  [PAYLOAD_BUCKET_FILE]: await bundle(PAYLOAD_BUCKET_ENTRY),
  [REGISTRY_FILE]: JSON.stringify(REGISTRY),
  [SCHEMAS_FILE]: compileSchemas(REGISTRY),
});

/** The contenders for a callback. */
export const buildContenders = async (changes: BuildOptions = {}): Promise<readonly Contender[]> => {
  const peer = await bundle('benchmarks/baselines/callback-peer.mjs', changes);
  return layOut(
    {
      postern: await receiverFiles(changes),
      peer: { 'index.js': peer, [SCHEMAS_FILE]: compileSchemas(REGISTRY) },
      limit: { 'index.js': await bundle('benchmarks/baselines/callback-limit.cjs', changes) },
    },
    DESCRIPTIONS,
  );
};

/** Environment variables for any of them. */
export const variablesOf = (world: World, endpoint?: string): Record<string, string> => ({
  // What the receiver demands and a plain callback never looks at.
  ...Object.fromEntries(Object.keys(ENVIRONMENT_VARIABLES.receive).map((name) => [name, 'unused'])),
  ...world.environment(endpoint),
  POSTERN_ENVIRONMENT: 'benchmarks',
  POSTERN_ORIGIN: ORIGIN,
  TASKS_TABLE: 'tasks',
  JTI_TABLE: 'jti',
  LOOKUPS_TABLE: 'lookups',
  INLINE_LIMIT_BYTES: `${INLINE_LIMIT_BYTES.default}`,
  QUARANTINE_LIMIT: `${QUARANTINE_LIMIT.default}`,
  TOKEN_ENCRYPTION_SECRET: '',
  ACCESS_TOKEN_PROFILE: '{}',
  ACCESS_TOKEN_MAX_LIFETIME_SECONDS: '3600',
  ACCESS_TOKEN_USES: 'many',
  PROCESSOR,
  JWKS: JSON.stringify({ keys: [world.publicKey.jwk] }),
  JWKS_URI: `${ORIGIN}/.well-known/jwks.json`,
  // A function of a Lambda is named; Powertools is quiet only there.
  AWS_LAMBDA_FUNCTION_NAME: 'benchmarks',
});
