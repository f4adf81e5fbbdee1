import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { DoorConfig } from '../../lambda/contract/door-config.ts';
import { LOCAL_SECRETS } from '../../lib/config/local-settings.ts';
import { createOidcAuthenticator } from '../../local/load-balancer/authenticate-oidc.ts';
import { bindGateway } from '../../local/load-balancer/gateway-server.ts';
import { loadIdentity } from '../../local/load-balancer/identity.ts';
import { createJwtValidator } from '../../local/load-balancer/jwt-validation.ts';
import type { LambdaEvent } from '../../local/load-balancer/lambda-event.ts';
import { readListener } from '../../local/load-balancer/listener.ts';
import { createLoadBalancer } from '../../local/load-balancer/load-balancer.ts';
import { readTargetGroups } from '../../local/load-balancer/target-groups.ts';
import { readDoorDefinition, TASK_DEFINITION_TYPE } from '../../local/network-door/door-definition.ts';
import { prepareDoor } from '../../local/network-door/open-door.ts';
import { bindNetworkLoadBalancer } from '../../local/network-load-balancer/network-load-balancer.ts';
import { loadProcessorKeys } from '../../local/processor-keys.ts';
import { INVOKE_PREFIX, serveInvoke } from '../../local/stand-ins/lambda.ts';
import { type StandIns, startStandIns } from '../../local/stand-ins/server.ts';
import { exportsOfOthers, imageFoldersOf, readCloudAssembly } from '../../local/template/cloud-assembly.ts';
import { PSEUDO_PARAMETERS } from '../../local/template/physical-ids.ts';
import { createResolver, type Resolver } from '../../local/template/resolve.ts';
import { synthesizeLocal } from '../../local/template/synthesize-local.ts';

/** A call of a function. */
export interface FunctionCall {
  readonly functionArn: string;
  readonly event: LambdaEvent;
}

/** What stands before the functions. The functions are one program of the test. */
export interface FrontUnderTest {
  /** Port of 127.0.0.1 for HTTP in clear. */
  readonly port: number;
  /** Calls so far. */
  readonly calls: FunctionCall[];
}

export interface DoorFronts {
  /** Origin in both templates: the audience of access tokens. */
  readonly origin: string;
  readonly loadBalancer: FrontUnderTest;
  readonly door: FrontUnderTest & {
    readonly config: DoorConfig;
    /** Lines that it wrote. */
    readonly lines: readonly string[];
  };
  /** Calls of Lambda go to this handler from now on. */
  takeLambda(handler: RequestListener): void;
  stop(): Promise<void>;
}

export interface DoorFrontsOptions {
  readonly folder: string;
  /** Issuer of access tokens: `http://127.0.0.1:PORT`, its keys at `/jwks`. */
  readonly issuer: string;
  /** What the functions return, or throw. */
  readonly answer: (call: FunctionCall) => unknown;
  /** Changes the configuration of the door. */
  readonly configure?: (config: DoorConfig) => DoorConfig;
}

/** A port that nothing listens at: the templates name it, and the fronts listen at free ones. */
const NAMED_PORT = 8_080;

/**
 * Starts the local load balancer with the template of `local`, and the network door with the template that has it. Both call the
 * same function.
 */
export const startDoorFronts = async (options: DoorFrontsOptions): Promise<DoorFronts> => {
  const { answer, configure = (config) => config, folder, issuer } = options;
  const stops: (() => unknown)[] = [];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    const origin = `http://127.0.0.1:${NAMED_PORT}`;
    const standIns = await startStandIns({
      dataDirectory: join(folder, 'stand-ins'),
      eventsFile: join(folder, 'events.jsonl'),
    });
    stops.push(standIns.stop);
    standIns.secrets.put(LOCAL_SECRETS.consoleClient, JSON.stringify({ clientSecret: 'secret' }));
    const { signal } = new AbortController();
    const synthesize = (name: string, consolePort?: number) =>
      synthesizeFor(join(folder, name), { issuer, standIns, folder, signal, ...(consolePort && { consolePort }) });

    const application = await synthesize('application');
    const balancer = await bindGateway(0);
    stops.push(balancer.stop);
    const targets = readTargetGroups(application.resolver.resources('AWS::ElasticLoadBalancingV2::TargetGroup'));
    const loadBalancerCalls: FunctionCall[] = [];
    const identity = loadIdentity(join(folder, 'load-balancer.json'));
    const [listener] = application.resolver.resources('AWS::ElasticLoadBalancingV2::Listener');
    if (listener === undefined) throw new Error('The template has no listener.');
    balancer.serve(
      createLoadBalancer({
        listener: readListener(listener, application.resolver.resources('AWS::ElasticLoadBalancingV2::ListenerRule')),
        origin,
        validateJwt: createJwtValidator(),
        oidc: createOidcAuthenticator({ origin, identity, loadBalancerArn: 'arn:aws:elasticloadbalancing:::lb' }),
        invoke: async (targetGroup, event) => {
          const call = { functionArn: targets.get(targetGroup) ?? '', event: event as LambdaEvent };
          loadBalancerCalls.push(call);
          return answer(call);
        },
      }),
    );

    const network = await synthesize('network', NAMED_PORT + 1);
    const doorCalls: FunctionCall[] = [];
    standIns.route(
      INVOKE_PREFIX,
      serveInvoke(async (functionArn, event) => {
        const call = { functionArn, event: event as LambdaEvent };
        doorCalls.push(call);
        return answer(call);
      }),
    );
    const [task] = network.resolver.resources(TASK_DEFINITION_TYPE);
    if (task === undefined) throw new Error('The template has no network door.');
    const definition = readDoorDefinition(task, network.images);
    const config = configure(definition.config);
    const front = await bindNetworkLoadBalancer(0);
    stops.push(front.stop);
    const prepared = await prepareDoor({ folder: join(folder, 'door'), signal, say: () => {} });
    standIns.secrets.put(LOCAL_SECRETS.doorCertificate, JSON.stringify(prepared.certificate));
    const lines: string[] = [];
    const door = await prepared.open({
      definition: { ...definition, config },
      network: front,
      services: standIns.endpoint,
      region: PSEUDO_PARAMETERS['AWS::Region'] ?? '',
      onLine: (_, line) => void lines.push(line),
    });
    stops.push(door.stop);
    return {
      origin,
      loadBalancer: { port: balancer.port, calls: loadBalancerCalls },
      door: { port: front.port, calls: doorCalls, config, lines },
      takeLambda: (handler) => standIns.route(INVOKE_PREFIX, handler),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

interface Synthesized {
  readonly resolver: Resolver;
  readonly images: ReadonlyMap<string, string>;
}

interface SynthesizeOptions extends Pick<DoorFrontsOptions, 'folder' | 'issuer'> {
  readonly standIns: StandIns;
  readonly signal: AbortSignal;
  /** With it, the template has the network door. */
  readonly consolePort?: number;
}

const synthesizeFor = async (
  outputDirectory: string,
  { consolePort, folder, issuer, signal, standIns }: SynthesizeOptions,
): Promise<Synthesized> => {
  const { dpop, encryption, signed } = loadProcessorKeys(join(folder, 'processors.json'));
  const publicKey = ({ d: _private, ...key }: typeof dpop) => ({ ...key, kid: key.kid ?? '' });
  const { description, folder: assembly } = await synthesizeLocal(
    {
      gatewayPort: NAMED_PORT,
      ...(consolePort !== undefined && { consolePort }),
      idpPort: Number(new URL(issuer).port),
      standInPort: standIns.port,
      hasKmsSigningKey: false,
      webhookOrigin: 'http://127.0.0.1:5000',
      isSeeded: false,
      processorKeys: { dpop: publicKey(dpop), signed: publicKey(signed), encryption: publicKey(encryption) },
    },
    { outputDirectory, signal },
  );
  const names = [description.stacks.state, description.stacks.gateway];
  const readSecret = (id: string, field: string | undefined): string | undefined => {
    const value = standIns.secrets.find(id)?.value;
    return value === undefined || field === undefined ? value : (JSON.parse(value) as Record<string, string>)[field];
  };
  return {
    resolver: createResolver(readCloudAssembly(assembly, names), readSecret, exportsOfOthers(assembly, names)),
    images: imageFoldersOf(assembly),
  };
};

/** An answer to bytes that were sent. */
export interface RawAnswer {
  /** Undefined if the connection ended without an answer. */
  readonly status: number | undefined;
  readonly text: string;
}

export interface SendOptions {
  readonly port: number;
  /** Address of the client. @default 127.0.0.1 */
  readonly localAddress?: string;
}

/** Sends bytes as they are on a connection of their own, and reads one answer, or until the other side ends the connection. */
export const sendRaw = (bytes: Uint8Array, { localAddress = '127.0.0.1', port }: SendOptions): Promise<RawAnswer> =>
  new Promise((resolve) => {
    const hasNoBody = Buffer.from(bytes.subarray(0, 5)).toString() === 'HEAD ';
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    let text = '';
    const end = () => {
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
      resolve({ status: status === undefined ? undefined : Number(status), text });
      socket.destroy();
    };
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
      const head = text.indexOf('\r\n\r\n') + 4;
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head))?.[1] ?? Number.POSITIVE_INFINITY);
      if (head > 3 && (hasNoBody || text.length >= head + length)) end();
    });
    // The other side may answer before it has read everything, and then end the connection.
    socket.on('error', () => {});
    socket.once('close', end);
    socket.write(bytes);
  });
