import { mkdirSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { dirname, join } from 'node:path';
import type { Alarms } from '../alarms/alarms.ts';
import { AssumedRoles } from './assumed-roles.ts';
import { serveJson } from './aws-json.ts';
import { createCloudWatch } from './cloudwatch.ts';
import { DURABLE_CALLBACKS_PREFIX, serveDurableCallbacks } from './durable-callbacks.ts';
import { EventRules } from './event-rules.ts';
import { createEventBridge } from './eventbridge.ts';
import { createKms } from './kms.ts';
import { KeyRing } from './kms-keys.ts';
import { MetricValues } from './metric-values.ts';
import { Resumes } from './resumes.ts';
import { createS3 } from './s3.ts';
import { Buckets } from './s3-buckets.ts';
import { type BusEvent, objectCreatedEvent } from './s3-event.ts';
import { createSecretsManager, Secrets } from './secrets-manager.ts';
import { createSqs } from './sqs.ts';
import { Queues } from './sqs-queues.ts';
import { createStepFunctions } from './step-functions.ts';
import { createSts, isQueryRequest } from './sts.ts';

const HOST = '127.0.0.1';
/** The only credentials there are: S3 checks its signatures, and a signature needs a secret. */
const SECRETS = new Map([['local', 'local']]);

export interface StandInsOptions {
  /** Keeps what must last: keys, queues and, unless said otherwise, objects. Made when it is not there. */
  readonly dataDirectory: string;
  /** Keeps buckets. @default `buckets` in `dataDirectory` */
  readonly bucketsDirectory?: string;
  /** Called with an event of an AWS service, before the response to the request that caused it. @default - not called */
  readonly onServiceEvent?: (event: BusEvent) => void;
  /** File to which published events are appended. */
  readonly eventsFile: string;
  /** File with the metrics of earlier runs, one log line each. @default - no earlier runs */
  readonly metricsFile?: string;
  /** File to which requests that resume a workflow are appended. @default `resumes.jsonl` beside the events */
  readonly resumesFile?: string;
  /** See `createEventBridge` and `Resumes`. */
  readonly faultsClearedFile?: string;
  /** @default eu-west-1 */
  readonly region?: string;
  /** @default 000000000000 */
  readonly accountId?: string;
  /** A listening server, which its owner closes. @default - a new server */
  readonly server?: Server;
  /** Port of the new server on 127.0.0.1. @default 0, a free one */
  readonly port?: number;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/** AWS services on the wire of one port. What the template defines is registered with them before its functions run. */
export interface StandIns {
  /** `http://127.0.0.1:PORT`: the value of every `AWS_ENDPOINT_URL_*`. */
  readonly endpoint: string;
  readonly port: number;
  readonly kms: KeyRing;
  /** Names of event buses; `default` is always there. */
  readonly buses: Set<string>;
  readonly secrets: Secrets;
  readonly queues: Queues;
  readonly buckets: Buckets;
  /** File of the requests that resume a workflow. */
  readonly resumes: Pick<Resumes, 'file'>;
  /** File of the roles that were assumed. */
  readonly roles: Pick<AssumedRoles, 'file'>;
  /** What the functions have measured. Their log lines are recorded there. */
  readonly metrics: Pick<MetricValues, 'record'>;
  /** Sets the alarms that CloudWatch describes. Until then it describes no alarm. */
  describeAlarms(alarms: Pick<Alarms, 'list'>): void;
  /** Passes requests whose path starts with `prefix` to another handler. */
  route(prefix: string, handler: RequestListener): void;
  /** Closes a new server and its connections. Removes its listeners from a server that was passed in. */
  stop(): Promise<void>;
}

/**
 * Starts stand-ins for KMS, EventBridge, Secrets Manager, SQS, Step Functions, callbacks of durable functions, CloudWatch and S3: region and account as given; any credentials but
 * for S3, which knows the access key `local` with the secret `local`.
 */
export const startStandIns = async (options: StandInsOptions): Promise<StandIns> => {
  const { dataDirectory, eventsFile, region = 'eu-west-1', accountId = '000000000000', now = Date.now } = options;
  mkdirSync(dirname(eventsFile), { recursive: true });
  const kms = new KeyRing(join(dataDirectory, 'kms'), region, accountId);
  const secrets = new Secrets(region, accountId);
  const queues = new Queues(join(dataDirectory, 'queues'), region, accountId, now);
  const buses = new Set(['default']);
  const metrics = new MetricValues(options.metricsFile);
  const { faultsClearedFile, resumesFile = join(dirname(eventsFile), 'resumes.jsonl') } = options;
  const roles = new AssumedRoles(join(dirname(eventsFile), 'assumed-roles.jsonl'), now);
  const resumes = new Resumes({ file: resumesFile, faultsClearedFile, roles, now });
  let alarms: Pick<Alarms, 'list'> | undefined;
  const services = [
    createKms(kms, accountId),
    createEventBridge({
      region,
      accountId,
      eventsFile,
      buses,
      rules: new EventRules({ region, accountId, buses, queues }),
      now,
      ...(faultsClearedFile !== undefined && { faultsClearedFile }),
    }),
    createSecretsManager(secrets),
    createSqs(queues),
    createStepFunctions(resumes),
    createCloudWatch({ region, accountId, values: metrics, alarms: () => alarms?.list() ?? [] }),
  ];
  const buckets = new Buckets(options.bucketsDirectory ?? join(dataDirectory, 'buckets'));
  const s3 = createS3({
    buckets,
    region,
    secrets: SECRETS,
    now,
    created: (object) => options.onServiceEvent?.(objectCreatedEvent(object, { region, accountId, now: now() })),
  });
  const sts = createSts(roles, accountId);
  const routes = new Map<string, RequestListener>([[DURABLE_CALLBACKS_PREFIX, serveDurableCallbacks(resumes)]]);
  const listener: RequestListener = (request, response) => {
    if (request.headers['x-amz-target'] !== undefined) {
      void serveJson(services, request, response);
      return;
    }
    const [, handler = isQueryRequest(request) ? sts : s3] =
      [...routes].find(([prefix]) => request.url?.startsWith(prefix)) ?? [];
    // A handler may be asynchronous, and fails if the client is gone.
    Promise.resolve(handler(request, response) as unknown).catch(() => response.destroy());
  };
  const server = options.server ?? (await listen(options.port ?? 0));
  server.on('request', listener);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server for the stand-ins has no port.');
  return {
    endpoint: `http://${HOST}:${address.port}`,
    port: address.port,
    kms,
    buses,
    secrets,
    queues,
    buckets,
    resumes,
    roles,
    metrics,
    describeAlarms: (described) => {
      alarms = described;
    },
    route: (prefix, handler) => {
      routes.set(prefix, handler);
    },
    stop: async () => {
      server.off('request', listener);
      if (options.server !== undefined) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
};

const listen = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, HOST, () => resolve(server));
  });
