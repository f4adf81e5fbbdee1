import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { JWK } from 'jose';
import type { SigningKind } from '../lambda/contract/signing.ts';
import { LOCAL_SECRETS, type LocalDescription } from '../lib/config/local-settings.ts';
import type { Alarms } from './alarms/alarms.ts';
import { openDataFolder } from './data-folder.ts';
import { deploy, type FunctionContext } from './deployment.ts';
import { startEngine } from './dynamodb/engine.ts';
import { DefaultBus } from './events/default-bus.ts';
import { bindFront, type FrontOptions } from './front.ts';
import { findFunctionRuntime } from './functions/function-host.ts';
import { openLogFiles } from './functions/log-files.ts';
import { loadIdentities, publicJwk } from './identity-provider/identities.ts';
import { bindIdentityProvider } from './identity-provider/identity-provider.ts';
import { importProvider } from './identity-provider/import-quietly.ts';
import { MACHINE_CLIENTS, type Machines, machinesOf } from './identity-provider/machines.ts';
import { CALLBACK_PATH, createOidcAuthenticator } from './load-balancer/authenticate-oidc.ts';
import { loadIdentity } from './load-balancer/identity.ts';
import { createJwtValidator } from './load-balancer/jwt-validation.ts';
import { createLoadBalancer } from './load-balancer/load-balancer.ts';
import { servePublicKeys } from './load-balancer/public-keys.ts';
import type { PreparedDoor } from './network-door/open-door.ts';
import { loadProcessorKeys } from './processor-keys.ts';
import type { ReadyClient, ReadyFile } from './ready-file.ts';
import { removeReadyFile, writeReadyFile } from './ready-file.ts';
import { openReadySigning } from './signing-key.ts';
import { startStandIns } from './stand-ins/server.ts';
import { bound, together } from './starting.ts';
import { exportsOfOthers, imageFoldersOf, readCloudAssembly } from './template/cloud-assembly.ts';
import { PSEUDO_PARAMETERS } from './template/physical-ids.ts';
import type { Synthesize } from './template/synthesize.ts';

/** Name of the environment that runs if none is named. */
const LOCAL = 'local';

export interface GatewayOptions extends FrontOptions {
  /** Makes the templates. */
  readonly synthesize: Synthesize;
  /**
   * Name of the environment.
   * @default `local`
   */
  readonly environment?: string;
  /**
   * Folder of the app whose packages have the DynamoDB engine and the Node of the functions.
   * @default - only packages that this code finds
   */
  readonly app?: string;
  /** 0 picks a free one. */
  readonly idpPort: number;
  /**
   * The way to sign callback tokens.
   * @default the one of the environment; rotating keys for `local`
   */
  readonly signing?: SigningKind | undefined;
  /** Origin at which `webhook-ocr` confirms its calls. */
  readonly webhookOrigin: string;
  /**
   * Origin of the processor that Postern sends work to.
   * @default `LOCAL_PROCESSOR_ORIGIN`
   */
  readonly processorOrigin?: string;
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
  /** Version of the Go that built the network door. Absent without the door. */
  readonly go?: string;
  readonly alarms: Alarms;
  readonly context: FunctionContext;
  /** The environment that runs. */
  readonly description: LocalDescription;
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
  const { environment = LOCAL } = options;
  const folder = openDataFolder(options.dataFolder, options.environment);
  stops.push(folder.release);
  // One that a killed gateway left behind would speak of what is not there.
  removeReadyFile(options.readyFile);

  const front = await bindFront(options, stops);
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

  options.say(`Synthesizing the environment "${environment}", and starting what its template says …`);
  const { consoleOrigin, network, origin } = front;
  const { consoleClientSecret } = loadIdentities(folder.identitiesFile, {});
  const processorKeys = loadProcessorKeys(folder.processorKeysFile);
  const identity = loadIdentity(folder.loadBalancerFile);
  standIns.secrets.put(LOCAL_SECRETS.consoleClient, JSON.stringify({ clientSecret: consoleClientSecret }));
  standIns.secrets.put(LOCAL_SECRETS.standardWebhooks, processorKeys.standard);
  standIns.secrets.put(LOCAL_SECRETS.dispatchApiKey, processorKeys.dispatch.apiKey);
  standIns.secrets.put(LOCAL_SECRETS.dispatchSignature, processorKeys.dispatch.secret);
  standIns.secrets.put(LOCAL_SECRETS.tokenEncryption, JSON.stringify(processorKeys.encryption));
  servePublicKeys(standIns, identity);

  const hopeless = new AbortController();
  const hope = AbortSignal.any([signal, hopeless.signal]);
  const [{ description, folder: assembly }, engine, , prepared] = await together(
    () => hopeless.abort(),
    options.synthesize(
      {
        gatewayPort: front.port,
        ...(network !== undefined && { consolePort: front.consolePort }),
        idpPort: idp.port,
        standInPort: standIns.port,
        ...(options.signing !== undefined && { signing: options.signing }),
        hasKmsSigningKey: standIns.kms.hasSigningKey,
        webhookOrigin: options.webhookOrigin,
        ...(options.processorOrigin !== undefined && { processorOrigin: options.processorOrigin }),
        isSeeded: options.isSeeded === true || existsSync(folder.seededFile),
        processorKeys: {
          dpop: publicKey(processorKeys.dpop),
          signed: publicKey(processorKeys.signed),
          encryption: publicKey(processorKeys.encryption),
        },
      },
      { outputDirectory: folder.assembly, signal: hope },
    ),
    startEngine({ dataDirectory: folder.tables, ...(options.app !== undefined && { app: options.app }) }).then(
      (started) => {
        stops.push(started.stop);
        return started;
      },
    ),
    // Loading takes a while, and the provider needs it as soon as the clients are known.
    importProvider(),
    network === undefined
      ? Promise.resolve(undefined)
      : prepareNetworkDoor(folder.door, { say: options.say, signal: hope }),
  );
  if (prepared !== undefined) standIns.secrets.put(LOCAL_SECRETS.doorCertificate, JSON.stringify(prepared.certificate));
  const machines: Machines = options.environment === undefined ? MACHINE_CLIENTS : machinesOf(description);
  const { clientKeys, ...identities } = loadIdentities(folder.identitiesFile, machines);
  await idp.serve({
    identities: { ...identities, clientKeys },
    machines,
    accessToken: description.accessToken,
    accessTokenMaxLifetime: description.accessTokenMaxLifetime,
    gatewayOrigin: origin,
    consoleRedirectUri: `${consoleOrigin}${CALLBACK_PATH}`,
  });
  signal.throwIfAborted();

  const logs = openLogFiles({ logsFile: folder.logsFile, metricsFile: folder.metricsFile });
  stops.push(logs.close);
  let forwarded = 0;
  const behindDoor = new Set<string>();
  const runtime = findFunctionRuntime(options.app);
  const stackNames = [description.stacks.state, description.stacks.gateway];
  const deployment = await deploy({
    stacks: readCloudAssembly(assembly, stackNames),
    foreignExports: exportsOfOthers(assembly, stackNames),
    images: imageFoldersOf(assembly),
    engineEndpoint: engine.endpoint,
    standIns,
    bus,
    dataDirectory: folder.standIns,
    functionExecutable: runtime.executable,
    onLine: logs.onLine,
    onInvoke: (name) => {
      if (behindDoor.has(name)) forwarded += 1;
    },
    signal,
    say: options.say,
  });
  stops.push(deployment.stop);
  signal.throwIfAborted();

  front.application.serve(
    createLoadBalancer({
      listener: deployment.listener,
      origin: consoleOrigin,
      validateJwt: createJwtValidator(),
      oidc: createOidcAuthenticator({ origin: consoleOrigin, identity, loadBalancerArn: deployment.loadBalancerArn }),
      invoke: (targetGroup, event) => {
        forwarded += 1;
        return deployment.functions.invoke(deployment.targets.get(targetGroup) ?? '', event);
      },
    }),
  );

  if (network !== undefined && prepared !== undefined) {
    const { door: definition } = deployment;
    if (definition === undefined) throw new Error('The template has no network door.');
    for (const { arn } of Object.values(definition.config.functions)) behindDoor.add(arn);
    const door = await prepared.open({
      definition,
      network,
      services: standIns.endpoint,
      region: PSEUDO_PARAMETERS['AWS::Region'] ?? '',
      onLine: deployment.context.log,
    });
    stops.push(door.stop);
    signal.throwIfAborted();
  }

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
  const clients = readyClients(machines, clientKeys, options.environment !== undefined);
  const ready = (): ReadyFile => ({
    ...(options.environment !== undefined && { environment, processorSettings: description.processors }),
    gateway: origin,
    ...(consoleOrigin !== origin && { console: consoleOrigin }),
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
      ...clients,
      dpop: { privateJwk: processorKeys.dpop },
      signed: { privateJwk: processorKeys.signed },
      standard: { secret: processorKeys.standard },
      dispatch: processorKeys.dispatch,
    },
  });
  return {
    get ready() {
      return ready();
    },
    services: standIns.endpoint,
    engine: engine.description,
    runtime: runtime.version,
    ...(prepared !== undefined && { go: prepared.goVersion }),
    alarms: deployment.alarms,
    context: deployment.context,
    description,
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

/** Loaded here: no other start needs it. */
const prepareNetworkDoor = async (
  folder: string,
  options: Pick<GatewayOptions, 'say' | 'signal'>,
): Promise<PreparedDoor> => {
  const { prepareDoor } = await import('./network-door/open-door.ts');
  return await prepareDoor({ ...options, folder });
};

type ReadyClients = Omit<ReadyFile['clients'], 'dpop' | 'signed' | 'standard' | 'dispatch'>;

/** @param hasScopes true if programs cannot know the clients by their names */
const readyClients = (machines: Machines, keys: Readonly<Record<string, JWK>>, hasScopes: boolean): ReadyClients =>
  Object.fromEntries(
    Object.entries(machines).map(([name, { clientId, scope }]): readonly [string, ReadyClient] => [
      name,
      { clientId, privateJwk: keys[name] ?? {}, ...(hasScopes && { scope }) },
    ]),
  ) as unknown as ReadyClients;

/** The public half of a key that was made here, with its id. */
const publicKey = (key: JWK): JWK & { readonly kid: string } => ({ ...publicJwk(key), kid: key.kid ?? '' });
