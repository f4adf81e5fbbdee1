import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Template } from 'aws-cdk-lib/assertions';
import { LIST_SEPARATOR } from '../../lambda/contract/variable-kinds.ts';
import type { AlbResult } from '../../lambda/shared/http/alb.ts';
import type { AwsEnvironmentInput } from '../../lib/config/environment.ts';
import { readEnvironment } from '../../lib/config/read.ts';
import { EnvironmentStacks } from '../../lib/environment-stacks.ts';
import { bundleFunctions, type FunctionBundles } from '../../lib/functions/bundles.ts';
import { findFunctionRuntime } from '../../local/functions/function-host.ts';
import { startFunctionProcess } from '../../local/functions/function-process.ts';
import { anAlbEvent, type EventOverrides } from './alb-event.ts';
import { type Delivered, read } from './delivered.ts';
import { LOCAL_ENVIRONMENT, type TestStore } from './engine.ts';
import { anApp } from './synthesize.ts';
import { resourcesOf } from './template.ts';
import { ORIGIN } from './tokens.ts';
import { someVariables } from './variables.ts';

let bundles: Promise<FunctionBundles> | undefined;

/** The receiver's folder as an environment's stack would upload it. */
const assetOf = async (input: AwsEnvironmentInput, outdir: string): Promise<string> => {
  bundles ??= bundleFunctions();
  const app = anApp(outdir);
  const { gateway } = new EnvironmentStacks(app, {
    environment: readEnvironment('test', input),
    bundles: await bundles,
  });
  const { directory } = app.synth();
  const functions = Object.entries(resourcesOf(Template.fromStack(gateway), 'AWS::Lambda::Function'));
  const code = functions.find(([id]) => id.startsWith('FrontReceive'))?.[1].Properties.Code as {
    readonly S3Key: string;
  };
  const manifest = readFileSync(
    join(directory, gateway.templateFile.replace('.template.json', '.assets.json')),
    'utf8',
  );
  const { files } = JSON.parse(manifest) as {
    readonly files: Readonly<Record<string, { readonly source: { readonly path: string } }>>;
  };
  return join(directory, files[code.S3Key.replace('.zip', '')]?.source.path ?? '');
};

export interface ShippedReceiver {
  /** Delivers a callback as the load balancer hands it over. */
  deliver(event: EventOverrides): Promise<Delivered>;
  /** Files that were loaded so far, by name, in order. */
  files(): readonly string[];
  /** Modules of Node's own that were loaded before the last answer. */
  builtins(): readonly string[];
  /** Stops the clock of the process at a time, in seconds since 1970. */
  at(seconds: number): void;
  stop(): Promise<void>;
}

export interface ShippedReceiverOptions {
  readonly environment: AwsEnvironmentInput;
  readonly store: TestStore;
  /** Time at which the clock of the process stands, in seconds since 1970. @default the machine's clock */
  readonly now?: number;
  /** ARNs of the KMS keys whose signatures are accepted. @default none */
  readonly signingKeyIds?: readonly string[];
  readonly endpoints: { readonly dynamodb: string; readonly kms: string };
}

/**
 * Starts the deployed files of the receiver in a separate process, for tests that the sources cannot cover. Its clock is the
 * machine's, unless the test stops it.
 */
export const startShippedReceiver = async (options: ShippedReceiverOptions): Promise<ShippedReceiver> => {
  const { endpoints, environment, now, signingKeyIds = [], store } = options;
  const outdir = mkdtempSync(join(tmpdir(), 'postern-shipped-'));
  const noted = join(outdir, 'modules.jsonl');
  const clock = join(outdir, 'clock');
  writeFileSync(clock, `${now ?? ''}`);
  const folder = await assetOf(environment, outdir);
  const process = await startFunctionProcess(
    {
      name: 'receive',
      arn: 'arn:aws:lambda:eu-west-1:123456789012:function:receive',
      modulePath: join(folder, 'index.js'),
      handlerName: 'handler',
      timeoutMs: 15_000,
      memoryMegabytes: 512,
      environment: {
        ...someVariables('receive'),
        ...LOCAL_ENVIRONMENT,
        AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
        AWS_ENDPOINT_URL_KMS: endpoints.kms,
        POSTERN_ENVIRONMENT: 'test',
        POSTERN_ORIGIN: ORIGIN,
        TASKS_TABLE: store.tasksTable,
        TASK_LAYOUT: 'current',
        JTI_TABLE: store.jtiTable,
        LOOKUPS_TABLE: store.lookupsTable,
        SIGNING_KEYS_TABLE: store.signingKeysTable,
        SIGNING_KEY_IDS: signingKeyIds.join(LIST_SEPARATOR),
        NODE_OPTIONS: `--require ${STOP_CLOCK} --require ${NOTE_MODULES}`,
        NOTED_MODULES_FILE: noted,
        STOPPED_CLOCK_FILE: clock,
      },
    },
    findFunctionRuntime().executable,
    () => undefined,
  );
  const lines = () =>
    readFileSync(noted, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { readonly file: string } | { readonly builtin: readonly string[] });
  return {
    deliver: async (event) => read((await process.invoke(anAlbEvent(event), randomUUID())) as AlbResult),
    files: () => lines().flatMap((line) => ('file' in line ? [line.file] : [])),
    builtins: () => lines().flatMap((line) => ('builtin' in line ? line.builtin : [])),
    at: (seconds) => writeFileSync(clock, `${seconds}`),
    stop: async () => {
      await process.stop();
      rmSync(outdir, { recursive: true });
    },
  };
};

const NOTE_MODULES = fileURLToPath(new URL('note-modules.cjs', import.meta.url));
const STOP_CLOCK = fileURLToPath(new URL('stop-clock.cjs', import.meta.url));
