import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SigningKind } from '../lambda/contract/signing.ts';
import type { Alarms } from './alarms/alarms.ts';
import type { DataFolder } from './data-folder.ts';
import { openDataFolder } from './data-folder.ts';
import { deploy, type FunctionContext } from './deployment.ts';
import { startEngine } from './dynamodb/engine.ts';
import { DefaultBus } from './events/default-bus.ts';
import { findFunctionRuntime } from './functions/function-host.ts';
import { openLogFiles } from './functions/log-files.ts';
import {
  type Identities,
  loadIdentities,
  MACHINE_CLIENT_NAMES,
  MACHINE_CLIENTS,
  type MachineClient,
  publicJwk,
} from './identity-provider/identities.ts';
import { bindIdentityProvider } from './identity-provider/identity-provider.ts';
import { CALLBACK_PATH, createOidcAuthenticator } from './load-balancer/authenticate-oidc.ts';
import { bindGateway } from './load-balancer/gateway-server.ts';
import { loadIdentity } from './load-balancer/identity.ts';
import { createJwtValidator } from './load-balancer/jwt-validation.ts';
import { createLoadBalancer } from './load-balancer/load-balancer.ts';
import { servePublicKeys } from './load-balancer/public-keys.ts';
import { ENCRYPTION_SECRET, loadProcessorKeys, STANDARD_SECRET } from './processor-keys.ts';
import type { ReadyClient, ReadyFile } from './ready-file.ts';
import { removeReadyFile, writeReadyFile } from './ready-file.ts';
import { openReadySigning } from './signing-key.ts';
import { startStandIns } from './stand-ins/server.ts';
import { bound, together } from './starting.ts';
import { readCloudAssembly } from './template/cloud-assembly.ts';
import { type SynthOptions, synthesize } from './template/synthesize.ts';

/** The secret that the template refers to for the console's client at the provider. */
const CONSOLE_SECRET = 'postern/local/console-client';

export interface GatewayOptions {
  /** 0 picks a free one, here and below. */
  readonly gatewayPort: number;
  readonly idpPort: number;
  readonly signing: SigningKind;
  /** Origin at which `webhook-ocr` confirms its calls. */
  readonly webhookOrigin: string;
  readonly dataFolder: string;
  readonly readyFile: string;
  /**
   * True if the data folder gets the seed data, which have a processor of their own.
   * @default - only if it has them
   */
  readonly isSeeded?: boolean;
  /** Ends a start that is under way. */
  readonly signal: AbortSignal;
  /** Prints progress during the seconds of a start. */
  readonly say: (line: string) => void;
}

/** The whole gateway, up. */
export interface Gateway {
  /** What the ready file has now. */
  readonly ready: ReadyFile;
  /** URL of the stand-ins for AWS services. */
  readonly services: string;
  /** In words: which DynamoDB engine, which Node. */
  readonly engine: string;
  readonly runtime: string;
  readonly alarms: Alarms;
  readonly context: FunctionContext;
  /** See `DataFolder`. */
  readonly seededFile: string;
  /** Number of requests that the load balancer forwarded to a function. */
  forwarded(): number;
  /** Tells other programs on this machine, by the ready file, that all is up. */
  announce(): void;
  /** Ends everything that was started, and waits for it. */
  stop(): Promise<void>;
}

/**
 * Starts the gateway on this machine: binds its ports, synthesizes the template with them, then starts what the template
 * defines.
 * @throws {Error} with a sentence for the user, after everything that was started has stopped
 */
export const startGateway = async (options: GatewayOptions): Promise<Gateway> => {
  const stops: (() => unknown)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    return await start(options, stops, stop);
  } catch (error) {
    await stop();
    throw error;
  }
};

const start = async (
  options: GatewayOptions,
  stops: (() => unknown)[],
  stop: () => Promise<void>,
): Promise<Gateway> => {
  const { signal } = options;
  const folder = openDataFolder(options.dataFolder);
  stops.push(folder.release);
  // One that a killed gateway left behind would speak of what is not there.
  removeReadyFile(options.readyFile);

  const server = await bound('gateway', 'POSTERN_PORT', options.gatewayPort, bindGateway);
  stops.push(server.stop);
  const idp = await bound('OpenID provider', 'POSTERN_IDP_PORT', options.idpPort, bindIdentityProvider);
  stops.push(idp.stop);
  const bus = new DefaultBus(folder.events);
  const standIns = await startStandIns({
    dataDirectory: folder.standIns,
    bucketsDirectory: folder.buckets,
    eventsFile: folder.eventsFile,
    resumesFile: folder.resumesFile,
    metricsFile: folder.metricsFile,
    faultsClearedFile: folder.faultsClearedFile,
    onServiceEvent: (event) => bus.publish(event),
  });
  stops.push(standIns.stop);

  options.say('Synthesizing the environment "local", and starting what its template says …');
  const origin = `http://127.0.0.1:${server.port}`;
  const identities = loadIdentities(folder.identitiesFile);
  const processorKeys = loadProcessorKeys(folder.processorKeysFile);
  const identity = loadIdentity(folder.loadBalancerFile);
  standIns.secrets.put(CONSOLE_SECRET, JSON.stringify({ clientSecret: identities.consoleClientSecret }));
  standIns.secrets.put(STANDARD_SECRET, processorKeys.standard);
  standIns.secrets.put(ENCRYPTION_SECRET, JSON.stringify(processorKeys.encryption));
  servePublicKeys(standIns, identity);

  const hopeless = new AbortController();
  const [assembly, engine] = await together(
    () => hopeless.abort(),
    makeTemplate(folder, {
      gatewayPort: server.port,
      idpPort: idp.port,
      standInPort: standIns.port,
      signing: options.signing,
      hasKmsSigningKey: standIns.kms.hasSigningKey,
      webhookOrigin: options.webhookOrigin,
      isSeeded: options.isSeeded === true || existsSync(folder.seededFile),
      processorKeys: {
        dpop: publicJwk(processorKeys.dpop),
        signed: publicJwk(processorKeys.signed),
        encryption: publicJwk(processorKeys.encryption),
      },
      signal: AbortSignal.any([signal, hopeless.signal]),
    }),
    startEngine({ dataDirectory: folder.tables }).then((started) => {
      stops.push(started.stop);
      return started;
    }),
    idp.serve({ identities, gatewayOrigin: origin, consoleRedirectUri: `${origin}${CALLBACK_PATH}` }),
  );
  signal.throwIfAborted();

  const logs = openLogFiles({ logsFile: folder.logsFile, metricsFile: folder.metricsFile });
  stops.push(logs.close);
  const runtime = findFunctionRuntime();
  const deployment = await deploy({
    stacks: readCloudAssembly(assembly),
    engineEndpoint: engine.endpoint,
    standIns,
    bus,
    dataDirectory: folder.standIns,
    functionExecutable: runtime.executable,
    onLine: logs.onLine,
    signal,
    say: options.say,
  });
  stops.push(deployment.stop);
  signal.throwIfAborted();

  let forwarded = 0;
  server.serve(
    createLoadBalancer({
      listener: deployment.listener,
      origin,
      validateJwt: createJwtValidator(),
      oidc: createOidcAuthenticator({ origin, identity, loadBalancerArn: deployment.loadBalancerArn }),
      invoke: (targetGroup, event) => {
        forwarded += 1;
        return deployment.functions.invoke(deployment.targets.get(targetGroup) ?? '', event);
      },
    }),
  );

  let announced = false;
  const write = () => writeReadyFile(options.readyFile, ready());
  const signing = await openReadySigning(deployment, {
    services: standIns.endpoint,
    kms: standIns.kms,
    dynamodb: engine.endpoint,
    changed: () => announced && write(),
  });
  stops.push(async () => {
    await signing.stop();
    removeReadyFile(options.readyFile);
  });
  const ready = (): ReadyFile => ({
    gateway: origin,
    issuer: origin,
    idp: { issuer: idp.issuer, tokenEndpoint: idp.tokenEndpoint },
    dynamodb: { endpoint: engine.endpoint, tables: deployment.tables },
    ...signing.current(),
    events: { file: folder.eventsFile },
    metrics: { file: folder.metricsFile },
    logs: { file: folder.logsFile },
    resumes: { file: folder.resumesFile },
    lambda: { endpoint: standIns.endpoint, targets: deployment.invocationTargets },
    processors: Object.keys(deployment.context.registry),
    clients: {
      ...machineClients(identities),
      dpop: { privateJwk: processorKeys.dpop },
      signed: { privateJwk: processorKeys.signed },
      standard: { secret: processorKeys.standard },
    },
  });
  return {
    get ready() {
      return ready();
    },
    services: standIns.endpoint,
    engine: engine.description,
    runtime: runtime.version,
    alarms: deployment.alarms,
    context: deployment.context,
    seededFile: folder.seededFile,
    forwarded: () => forwarded,
    announce: () => {
      mkdirSync(dirname(options.readyFile), { recursive: true });
      write();
      announced = true;
    },
    stop,
  };
};

const machineClients = ({ clientKeys }: Identities): Readonly<Record<MachineClient, ReadyClient>> =>
  Object.fromEntries(
    MACHINE_CLIENT_NAMES.map((name) => [
      name,
      { clientId: MACHINE_CLIENTS[name].clientId, privateJwk: clientKeys[name] },
    ]),
  ) as Record<MachineClient, ReadyClient>;

const makeTemplate = async (folder: DataFolder, context: Omit<SynthOptions, 'outputDirectory'>): Promise<string> => {
  rmSync(folder.assembly, { recursive: true, force: true });
  return await synthesize({ ...context, outputDirectory: folder.assembly });
};
