import { parseArgs } from 'node:util';
import type { Gateway } from './gateway.ts';
import { startGateway } from './gateway.ts';
import { dataFolderPath, readyFilePath } from './ready-file.ts';
import { runUntilStopped } from './run.ts';
import { playLocalStory } from './story.ts';
import { webhookOrigin } from './webhook-origin.ts';

const DEFAULT_PORTS = { gateway: 8080, idp: 8081 };

/** `npm start`: the gateway, its story once, then up until it is told to stop. */
runUntilStopped(async (signal) => {
  const { values } = parseArgs({
    options: { story: { type: 'boolean', default: true } },
    allowNegative: true,
  });
  const gateway = await startGateway({
    gatewayPort: readPort('POSTERN_PORT', DEFAULT_PORTS.gateway),
    idpPort: readPort('POSTERN_IDP_PORT', DEFAULT_PORTS.idp),
    webhookOrigin: webhookOrigin(process.env),
    dataFolder: dataFolderPath(process.env),
    readyFile: readyFilePath(process.env),
    signal,
    say: console.log,
  });
  describe(gateway, readyFilePath(process.env));
  return {
    stop: gateway.stop,
    work: async () => {
      if (values.story) await playLocalStory(gateway);
      gateway.announce();
      console.log('\nUp until Ctrl-C.');
      return 'stay';
    },
  };
});

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
