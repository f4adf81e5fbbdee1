import { parseArgs } from 'node:util';
import type { Gateway } from './gateway.ts';
import { startGateway } from './gateway.ts';
import { helpWhereAsked } from './help.ts';
import { dataFolderPath, readyFilePath } from './ready-file.ts';
import { runUntilStopped } from './run.ts';
import { runLocalScenario } from './scenario.ts';
import { readSigning } from './signing.ts';
import { webhookOrigin } from './webhook-origin.ts';

const DEFAULT_PORTS = { gateway: 8080, idp: 8081 };

helpWhereAsked(`npm start [-- --no-story | --seed]

Runs the whole gateway on 127.0.0.1, without an AWS account: it synthesizes the environment "local" and runs that template.
It plays the scenario of one callback once, and then runs until Ctrl-C.

  --no-story  starts without the scenario
  --seed      instead of the scenario, makes a week of tasks for the console and the operator API: all states, replays,
              late results, dead letters and actions of two operators; once in a data folder
  --help      prints this text

  POSTERN_PORT            port of the gateway (default ${DEFAULT_PORTS.gateway}; 0 picks a free one)
  POSTERN_IDP_PORT        port of the OpenID provider (default ${DEFAULT_PORTS.idp}; 0 picks a free one)
  POSTERN_DATA            folder of tables, payloads, keys and logs (default .postern)
  POSTERN_READY_FILE      file with URLs, keys and file names for programs (default local.json in that folder)
  POSTERN_SIGNING         way to sign callback tokens: rotating or kms (default rotating)
  POSTERN_WEBHOOK_ORIGIN  origin at which the processor webhook-ocr confirms its calls (default http://127.0.0.1:5000)
  DYNAMODB_ENDPOINT       URL of your own DynamoDB engine, used if no other engine can run`);

/** `npm start`: starts the gateway, plays the scenario once and runs until a signal. */
runUntilStopped(async (signal) => {
  const { values } = parseArgs({
    options: { story: { type: 'boolean', default: true }, seed: { type: 'boolean', default: false } },
    allowNegative: true,
  });
  const gateway = await startGateway({
    gatewayPort: readPort('POSTERN_PORT', DEFAULT_PORTS.gateway),
    idpPort: readPort('POSTERN_IDP_PORT', DEFAULT_PORTS.idp),
    signing: readSigning(process.env),
    webhookOrigin: webhookOrigin(process.env),
    dataFolder: dataFolderPath(process.env),
    readyFile: readyFilePath(process.env),
    isSeeded: values.seed,
    signal,
    say: console.log,
  });
  describe(gateway, readyFilePath(process.env));
  return {
    stop: gateway.stop,
    work: async () => {
      if (values.seed) await seed(gateway);
      else if (values.story) await runLocalScenario(gateway);
      gateway.announce();
      console.log('\nRunning until Ctrl-C.');
      return 'stay';
    },
  };
});

async function seed({ context, seededFile }: Gateway): Promise<void> {
  // Loaded here: it has the code of most functions, which no other start needs.
  const { seedGateway } = await import('./seed/seed.ts');
  const isNew = await seedGateway({ context, seededFile });
  console.log(isNew ? '\nMade a week of tasks.' : '\nThe data folder has the week of tasks already.');
}

function readPort(variable: string, port: number): number {
  const value = process.env[variable];
  if (!value) return port;
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
  throw new Error(`${variable} is "${value}"; expected a port from 0 (a free one) to 65535.`);
}

function describe({ ready, engine, runtime }: Gateway, readyFile: string): void {
  const lines = [
    ['gateway', ready.gateway],
    ['console', `${ready.gateway}/console`],
    ['OpenID provider', ready.idp.issuer],
    ['tables', `${engine}, ${ready.dynamodb.endpoint}`],
    ['functions', `Node ${runtime}`],
    ['events, metrics, logs', ready.events.file.replace(/[^/]+$/, '')],
    ['for programs', readyFile],
  ];
  console.log(lines.map(([name = '', value]) => `  ${name.padEnd(22)} ${value}`).join('\n'));
}
