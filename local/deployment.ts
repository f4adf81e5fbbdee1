import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { APPLICATIONS_FILE, type Applications } from '../lambda/contract/applications.ts';
import { REGISTRY_FILE, type Registry } from '../lambda/contract/registry.ts';
import { LIST_SEPARATOR } from '../lambda/contract/variable-kinds.ts';
import type { Alarms } from './alarms/alarms.ts';
import { ALARM_TYPES, watchAlarms } from './alarms/alarms.ts';
import { EVENT_SOURCE_MAPPING_TYPE } from './dynamodb/event-source-mapping.ts';
import { ensureTable, TABLE_TYPES } from './dynamodb/tables.ts';
import type { DefaultBus } from './events/default-bus.ts';
import { ALIAS_TYPE, invocationTargetsOf, readAliases } from './functions/aliases.ts';
import { runDeploymentTriggers, TRIGGER_TYPE } from './functions/deployment-triggers.ts';
import { defineFunction } from './functions/function-definition.ts';
import type { FunctionHost } from './functions/function-host.ts';
import { startFunctionHost } from './functions/function-host.ts';
import type { LineListener } from './functions/function-process.ts';
import type { Listener } from './load-balancer/listener.ts';
import { readListener } from './load-balancer/listener.ts';
import { readTargetGroups } from './load-balancer/target-groups.ts';
import { type DoorDefinition, readDoorDefinition, TASK_DEFINITION_TYPE } from './network-door/door-definition.ts';
import type { ReadyFile } from './ready-file.ts';
import { queuePoolSizes } from './sqs/pool-sizes.ts';
import { INVOKE_PREFIX, serveInvoke } from './stand-ins/lambda.ts';
import { BUCKET_TYPE } from './stand-ins/s3-buckets.ts';
import type { StandIns } from './stand-ins/server.ts';
import { QUEUE_TYPE } from './stand-ins/sqs-queue-definition.ts';
import type { Stack } from './template/cloud-assembly.ts';
import { customResourceProviders } from './template/custom-resources.ts';
import type { ActualIds, Resolver, StackResource } from './template/resolve.ts';
import { createResolver } from './template/resolve.ts';
import { assertKnownTypes } from './template/resource-types.ts';
import { startTriggers, type Triggers } from './triggers.ts';

/** What the functions know, and where they write. */
export interface FunctionContext {
  /** The variables of all functions. */
  readonly environment: Readonly<Record<string, string>>;
  readonly registry: Registry;
  readonly applications: Applications;
  /** Takes a line as if a function had written it: for the files, the metrics and the alarms. */
  readonly log: LineListener;
}

/** The running parts of a deployed template, and their physical names. */
export interface Deployment {
  readonly alarms: Alarms;
  readonly functions: FunctionHost;
  readonly listener: Listener;
  readonly loadBalancerArn: string;
  /** Function ARN by target group ARN. */
  readonly targets: ReadonlyMap<string, string>;
  /** The network door, if the template has it. */
  readonly door?: DoorDefinition;
  /** What each application invokes to open tasks. Empty while no application has an invocation target. */
  readonly invocationTargets: ReadyFile['lambda']['targets'];
  readonly tables: ReadyFile['dynamodb']['tables'];
  /** The way to sign callback tokens, with the id of the key if a key in KMS signs. */
  readonly signing: { readonly kind: 'rotating' } | { readonly kind: 'kms'; readonly keyId: string };
  /** Name of the environment. */
  readonly environmentName: string;
  readonly context: FunctionContext;
  /** Ends what runs: what calls functions first. It waits 5 seconds for the calls that run. */
  stop(): Promise<void>;
}

export interface DeploymentOptions {
  readonly stacks: readonly Stack[];
  /** Names of values that other stacks of the app export. */
  readonly foreignExports: readonly string[];
  /** Folder from which each image asset is built, by the tag of the image. */
  readonly images: ReadonlyMap<string, string>;
  readonly engineEndpoint: string;
  readonly standIns: StandIns;
  readonly bus: DefaultBus;
  /** Keeps how far streams are read. */
  readonly dataDirectory: string;
  readonly functionExecutable: string;
  readonly onLine: LineListener;
  /** Is called with the name in each request to Lambda. */
  readonly onInvoke: (name: string) => void;
  /** Ends a start that waits for a trigger. */
  readonly signal: AbortSignal;
  /** Prints why a start takes long. */
  readonly say: (line: string) => void;
}

/** Time for which a stop waits for the calls that run. */
const STOP_MS = 5_000;

const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/**
 * Does what a deployment does, on this machine: makes keys, buses, queues, buckets and tables as the template has them,
 * then starts its functions with their resolved variables, then lets streams, events and schedules reach them.
 * @throws {Error} naming what in the template cannot be had here; nothing is left running then.
 */
export const deploy = async (options: DeploymentOptions): Promise<Deployment> => {
  const { engineEndpoint, foreignExports, say, signal, stacks, standIns } = options;
  assertKnownTypes(stacks);
  const resolver = createResolver(stacks, secretReader(standIns), foreignExports);
  const each = async <T>(types: readonly string[], make: (resource: StackResource) => Promise<T> | T): Promise<T[]> =>
    await Promise.all(types.flatMap((type) => resolver.resources(type)).map(make));
  const made = (resource: StackResource, ids: ActualIds): void => resolver.assign(resource, ids);

  const client = {
    endpoint: engineEndpoint,
    region: 'eu-west-1',
    credentials: LOCAL_CREDENTIALS,
  };
  const dynamodb = new DynamoDBClient(client);
  const streams = new DynamoDBStreamsClient(client);

  const keyIds = new Map<string, string>();
  for (const resource of resolver.resources('AWS::KMS::Key')) {
    const { keyId, arn } = standIns.kms.ensureKey(resource);
    keyIds.set(arn, keyId);
    made(resource, { ref: keyId, attributes: { Arn: arn, KeyId: keyId } });
  }
  for (const bus of resolver.resources('AWS::Events::EventBus')) standIns.buses.add(bus.ref);
  for (const queue of resolver.resources(QUEUE_TYPE)) {
    const { name, arn } = standIns.queues.ensureQueue(queue);
    made(queue, { attributes: { Arn: arn, QueueName: name } });
  }
  standIns.queues.assertDeadLetterQueues();
  for (const resource of resolver.resources(BUCKET_TYPE)) {
    const { name } = standIns.buckets.ensureBucket(resource);
    made(resource, { ref: name, attributes: { Arn: `arn:aws:s3:::${name}` } });
  }
  await each(TABLE_TYPES, async (resource) => {
    const { tableName, tableArn, streamArn } = await ensureTable(dynamodb, resource);
    made(resource, {
      ref: tableName,
      attributes: { Arn: tableArn, ...(streamArn !== undefined && { StreamArn: streamArn }) },
    });
  });
  dynamodb.destroy();

  const providers = new Set(stacks.flatMap((stack) => [...customResourceProviders(stack)]));
  const definitions = resolver
    .resources('AWS::Lambda::Function')
    .filter(({ logicalId }) => !providers.has(logicalId))
    .map((resource) =>
      defineFunction(resource, stacks, {
        AWS_ENDPOINT_URL_DYNAMODB: engineEndpoint,
        AWS_ENDPOINT_URL_DYNAMODB_STREAMS: engineEndpoint,
        AWS_ENDPOINT_URL_KMS: standIns.endpoint,
        AWS_ENDPOINT_URL_EVENTBRIDGE: standIns.endpoint,
        AWS_ENDPOINT_URL_S3: standIns.endpoint,
        AWS_ENDPOINT_URL_SQS: standIns.endpoint,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: standIns.endpoint,
        AWS_ENDPOINT_URL_LAMBDA: standIns.endpoint,
        AWS_ENDPOINT_URL_CLOUDWATCH: standIns.endpoint,
        AWS_ENDPOINT_URL_SFN: standIns.endpoint,
        AWS_ENDPOINT_URL_STS: standIns.endpoint,
      }),
    );
  /** The value that the functions which have this variable are given. */
  const variable = (name: string): string => {
    const value = definitions.find(({ environment }) => environment[name])?.environment[name];
    if (value === undefined) throw new Error(`No function of the template has the variable ${name}.`);
    return value;
  };
  const signing = (): Deployment['signing'] => {
    if (variable('SIGNING') === 'rotating') return { kind: 'rotating' };
    const [arn = ''] = variable('SIGNING_KEY_IDS').split(LIST_SEPARATOR);
    return { kind: 'kms', keyId: keyIds.get(arn) ?? arn };
  };

  const alarms = watchAlarms(ALARM_TYPES.flatMap((type) => resolver.resources(type)));
  standIns.describeAlarms(alarms);
  const log: LineListener = (name, line) => {
    options.onLine(name, line);
    alarms.record(line);
    standIns.metrics.record(line);
  };
  const aliases = readAliases(resolver.resources(ALIAS_TYPE));
  const functions = await startFunctionHost(definitions, options.functionExecutable, log, {
    aliases,
    sizes: queuePoolSizes(resolver.resources(EVENT_SOURCE_MAPPING_TYPE), aliases),
    // On AWS other functions are deployed after the triggers, so none of them starts without the first signing key.
    prepare: ({ invoke }) => runDeploymentTriggers(resolver.resources(TRIGGER_TYPE), { invoke, say, signal }),
  });
  let triggers: Triggers | undefined;
  const enqueue = (name: string, event: unknown): boolean => {
    if (!functions.has(name)) return false;
    triggers?.enqueue(name, event);
    return triggers !== undefined;
  };
  const invoke = (name: string, event: unknown) => {
    options.onInvoke(name);
    return functions.invoke(name, event);
  };
  standIns.route(INVOKE_PREFIX, serveInvoke(invoke, enqueue));
  const stop = async () => {
    const stopped = triggers?.stop();
    // A rotation of signing keys may wait for a minute. The next start repeats it.
    await Promise.race([stopped, delay(STOP_MS, undefined, { ref: false })]);
    await functions.stop();
    await stopped;
    streams.destroy();
  };
  try {
    triggers = await startTriggers({
      resolver,
      functions,
      streams,
      bus: options.bus,
      queues: standIns.queues,
      dataDirectory: options.dataDirectory,
    });
    // A network load balancer has a listener without rules.
    const loadBalancer = one(resolver, LOAD_BALANCER_TYPE, ({ Type }) => Type !== 'network');
    const [task] = resolver.resources(TASK_DEFINITION_TYPE);
    return {
      alarms,
      functions,
      listener: readListener(
        one(resolver, LISTENER_TYPE, ({ LoadBalancerArn }) => LoadBalancerArn === loadBalancer.ref),
        resolver.resources('AWS::ElasticLoadBalancingV2::ListenerRule'),
      ),
      loadBalancerArn: loadBalancer.ref,
      ...(task !== undefined && { door: readDoorDefinition(task, options.images) }),
      invocationTargets: invocationTargetsOf(aliases),
      targets: readTargetGroups(resolver.resources('AWS::ElasticLoadBalancingV2::TargetGroup')),
      tables: {
        tasks: variable('TASKS_TABLE'),
        jti: variable('JTI_TABLE'),
        audit: variable('AUDIT_TABLE'),
        signingKeys: variable('SIGNING_KEYS_TABLE'),
      },
      signing: signing(),
      environmentName: variable('POSTERN_ENVIRONMENT'),
      context: {
        environment: Object.assign({}, ...definitions.map(({ environment }) => environment)),
        registry: readBundled(definitions, REGISTRY_FILE),
        applications: readBundled(definitions, APPLICATIONS_FILE),
        log,
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

const LOAD_BALANCER_TYPE = 'AWS::ElasticLoadBalancingV2::LoadBalancer';
const LISTENER_TYPE = 'AWS::ElasticLoadBalancingV2::Listener';

const one = (
  resolver: Resolver,
  type: string,
  isMeant: (properties: StackResource['properties']) => boolean,
): StackResource => {
  const found = resolver.resources(type).filter(({ properties }) => isMeant(properties));
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new Error(`The local gateway runs one ${type}; the template has ${found.length}.`);
  }
  return first;
};

const secretReader =
  (standIns: StandIns) =>
  (id: string, field: string | undefined): string | undefined => {
    const value = standIns.secrets.find(id)?.value;
    if (value === undefined || field === undefined) return value;
    const found = (JSON.parse(value) as Record<string, unknown>)[field];
    return typeof found === 'string' ? found : undefined;
  };

/** Reads a file that several functions have beside their code. */
const readBundled = <T>(definitions: readonly { readonly codeDirectory: string }[], name: string): T => {
  for (const { codeDirectory } of definitions) {
    try {
      return JSON.parse(readFileSync(join(codeDirectory, name), 'utf8')) as T;
    } catch {
      // Not every function has it.
    }
  }
  throw new Error(`No function of the template carries ${name}.`);
};
