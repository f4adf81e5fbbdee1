import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LOCAL_PROCESSOR_ORIGIN } from '../lib/config/local-settings.ts';
import { type StartedProcessor, startExampleProcessor } from './example-processor/start.ts';
import type { Gateway } from './gateway.ts';
import { startGateway } from './gateway.ts';
import { readIngress } from './ingress.ts';
import { processorOrigin } from './processor-origin.ts';
import { dataFolderPath, readyFilePath } from './ready-file.ts';
import type { Running } from './run.ts';
import { playScenario } from './scenario.ts';
import { isDispatching } from './scenario-cast.ts';
import { readSigning } from './signing.ts';
import type { Synthesize } from './template/synthesize.ts';
import { onlyEnvironment, synthesizeEnvironment } from './template/synthesize-environment.ts';
import { webhookOrigin } from './webhook-origin.ts';

const DEFAULT_PORTS = { gateway: 8080, idp: 8081, console: 8082 };

/** The environment `local`, which only a checkout of Postern has. */
export interface LocalEnvironment {
  readonly synthesize: Synthesize;
  /** Makes the seed data. */
  readonly seed: (gateway: Gateway) => Promise<void>;
}

/** Lines of a help text about variables. */
export const VARIABLES_HELP = `  POSTERN_PORT              port of the gateway (default ${DEFAULT_PORTS.gateway}; 0 picks a free one)
  POSTERN_IDP_PORT          port of the OpenID provider (default ${DEFAULT_PORTS.idp}; 0 picks a free one)
  POSTERN_DATA              folder of tables, payloads, keys and logs (default .postern)
  POSTERN_READY_FILE        file with URLs, keys and file names for programs (default local.json in that folder)
  POSTERN_INGRESS           what stands before the functions: application (a load balancer, the default) or network (the network
                            door, which the start builds with your Go)
  POSTERN_CONSOLE_PORT      port of the console with POSTERN_INGRESS=network (default ${DEFAULT_PORTS.console}; 0 picks a free one)
  POSTERN_SIGNING           way to sign callback tokens: rotating or kms (default: that of the environment)
  POSTERN_PROCESSOR_ORIGIN  origin of the processor that Postern sends work to (default ${LOCAL_PROCESSOR_ORIGIN})
  POSTERN_WEBHOOK_ORIGIN    origin at which processors confirm their calls (default http://127.0.0.1:5000)
  DYNAMODB_ENDPOINT         URL of your own DynamoDB engine, used if no other engine can run`;

/**
 * Starts the gateway with the environment that the command line names, to play the scenario once and to run until a signal.
 * @param local runs if the command line names no environment. Without it, the only environment of the app runs
 */
export const serve = async (signal: AbortSignal, local?: LocalEnvironment): Promise<Running> => {
  const { values } = parseArgs({
    options: {
      environment: { type: 'string' },
      story: { type: 'boolean', default: true },
      processor: { type: 'boolean', default: true },
      seed: { type: 'boolean', default: false },
    },
    allowNegative: true,
  });
  const isLocal = local !== undefined && (values.environment === undefined || values.environment === 'local');
  if (values.seed && !isLocal) {
    throw new Error(
      '--seed needs the environment "local" of a checkout of Postern: the week of tasks has its processors.',
    );
  }
  const gatewayPort = readPort('POSTERN_PORT', DEFAULT_PORTS.gateway);
  const idpPort = readPort('POSTERN_IDP_PORT', DEFAULT_PORTS.idp);
  const ingress = readIngress(process.env);
  const consolePort = readPort('POSTERN_CONSOLE_PORT', DEFAULT_PORTS.console);
  // Without the variable, an environment signs in its own way.
  const signing = isLocal || process.env.POSTERN_SIGNING ? readSigning(process.env) : undefined;
  const origin = processorOrigin(process.env);
  const processor = values.story && values.processor ? await startExampleProcessor(origin, console.error) : undefined;
  if (processor === undefined && new URL(origin).port === '0') {
    throw new Error(
      'POSTERN_PROCESSOR_ORIGIN has port 0, which only the example processor can replace by a free one. Name a port.',
    );
  }
  const example = typeof processor === 'object' ? processor : undefined;
  try {
    const gateway = await startGateway({
      ...(isLocal ? { synthesize: local.synthesize } : await ofApp(values.environment, signal)),
      ingress,
      gatewayPort,
      consolePort,
      idpPort,
      signing,
      webhookOrigin: webhookOrigin(process.env),
      processorOrigin: example?.origin ?? origin,
      dataFolder: dataFolderPath(process.env),
      readyFile: readyFilePath(process.env),
      isSeeded: values.seed,
      signal,
      say: console.log,
    });
    const isUsed = isDispatching(gateway);
    const { ready } = gateway;
    if (isUsed) {
      example?.serve({ ...ready.clients.dispatch, ...(ready.environment !== undefined && { gateway: ready.gateway }) });
    } else {
      await example?.stop();
    }
    describe(gateway, readyFilePath(process.env), isUsed ? processor : undefined);
    return {
      stop: async () => {
        await gateway.stop();
        await example?.stop();
      },
      work: async () => {
        if (values.seed) await local?.seed(gateway);
        else if (values.story) await playScenario(gateway, isUsed && example !== undefined);
        gateway.announce();
        console.log('\nRunning until Ctrl-C.');
        return 'stay';
      },
    };
  } catch (error) {
    await example?.stop();
    throw error;
  }
};

/** An environment of the app of the current folder. */
const ofApp = async (named: string | undefined, signal: AbortSignal) => {
  const cwd = process.cwd();
  const environment = named ?? (await findOnly(cwd, signal));
  return { environment, app: cwd, synthesize: synthesizeEnvironment(cwd, environment) };
};

const findOnly = async (cwd: string, signal: AbortSignal): Promise<string> => {
  const outputDirectory = mkdtempSync(join(tmpdir(), 'postern-app-'));
  try {
    return await onlyEnvironment(cwd, { outputDirectory, signal });
  } finally {
    rmSync(outputDirectory, { recursive: true, force: true });
  }
};

function readPort(variable: string, port: number): number {
  const value = process.env[variable];
  if (!value) return port;
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
  throw new Error(`${variable} is "${value}"; expected a port from 0 (a free one) to 65535.`);
}

function describe(
  { description, engine, go, ready, runtime }: Gateway,
  readyFile: string,
  processor: StartedProcessor | undefined,
): void {
  const lines = [
    ['gateway', ready.gateway],
    ...(go === undefined ? [] : [['network door', `built with ${go}`]]),
    ['console', `${ready.console ?? ready.gateway}/console`],
    ['OpenID provider', ready.idp.issuer],
    ...(typeof processor === 'object' ? [['example processor', processor.origin]] : []),
    ['tables', `${engine}, ${ready.dynamodb.endpoint}`],
    ['functions', `Node ${runtime}`],
    ['events, metrics, logs', ready.events.file.replace(/[^/]+$/, '')],
    ['for programs', readyFile],
  ];
  console.log(lines.map(([name = '', value]) => `  ${name.padEnd(22)} ${value}`).join('\n'));
  if (typeof processor === 'string') console.log(`\n${processor}`);
  if (description.differences.length === 0) return;
  console.log(`\nDifferent from "${description.environment}" on AWS:`);
  console.log(description.differences.map((difference) => `  ${difference}`).join('\n'));
}
