import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { Carrier } from '../../lambda/contract/carriers.ts';
import { INDEX_SHARDS } from '../../lambda/contract/limits.ts';
import { LOOKUPS_TABLE } from '../../lambda/contract/tables.ts';
import type { QuarantinedView, TaskItem } from '../../lambda/contract/task.ts';
import { createCompleteUpload } from '../../lambda/functions/complete-upload/complete-upload.ts';
import { createDynamoDBUploadedTaskStore } from '../../lambda/functions/complete-upload/dynamodb-uploaded-task-store.ts';
import { createS3UploadBucket } from '../../lambda/functions/complete-upload/s3-upload-bucket.ts';
import { createDynamoDBDueTaskStore } from '../../lambda/functions/expire/dynamodb-due-task-store.ts';
import { createExpirer } from '../../lambda/functions/expire/expire-tasks.ts';
import { createS3PayloadStore } from '../../lambda/functions/receive/store/s3-payload-store.ts';
import { CLIENT_CONFIGURATION, DYNAMODB_CONFIGURATION } from '../../lambda/shared/aws/client-configuration.ts';
import { createLogger } from '../../lambda/shared/log/logger.ts';
import { shortCodeLookupKey } from '../../lambda/shared/tables/hashed-keys.ts';
import type { Delivered } from './delivered.ts';
import { LOCAL_CLIENT } from './engine.ts';
import { type Fault, type FaultProxy, openFaultProxy } from './fault-proxy.ts';
import { patiently } from './patience.ts';
import type { ReceiverFixture } from './receiver.ts';
import { openS3, type TestS3 } from './s3.ts';
import type { SenderFunction } from './sender-api.ts';
import { aTaskBody, type Opened, openSenderWorld, type SenderWorld } from './sender-world.ts';
import { NOW } from './tokens.ts';

/** A request or event about a task. Steps come in any order and at the same time. `issue` 0 are the newest callbacks. */
export type Step =
  | { readonly kind: 'deliver'; readonly as: 'result' | 'failure'; readonly body: string; readonly issue: number }
  | { readonly kind: 'progress'; readonly percent: number; readonly issue: number }
  | { readonly kind: 'offer'; readonly body: string; readonly issue: number }
  | { readonly kind: 'put' | 'arrive' | 'cancel' | 'reissue' | 'reopen' | 'expire' | 'accept' | 'discard' };

export interface Moment {
  /** Concurrent steps. */
  readonly steps: readonly Step[];
  /** Fault of the requests to one store: of the first request, or of every one, as if the function were stopped. */
  readonly fault: { readonly at: 'dynamodb' | 's3'; readonly every: boolean; readonly fault: Fault } | null;
  /** True if the callers get no response, as if the function were stopped after its work. */
  readonly answersLost: boolean;
  /** Seconds until the next moment. */
  readonly pause: number;
}

/** A step and its response. */
export interface Happening {
  readonly step: Step;
  /** The callback that was called, if it was one. */
  readonly callback: Callback | undefined;
  readonly answer: Delivered;
}

type Callback = Opened['callbacks'][string];

/** Every function that a task meets, on real stores, each behind a proxy that can fail. */
export interface LifeWorld {
  readonly sender: SenderWorld;
  readonly s3: TestS3;
  begin(carrier: Carrier): Promise<Life>;
  /** The bytes under a key of the payload bucket. */
  object(key: string): Promise<Buffer>;
  close(): Promise<void>;
}

/** A payload that is larger goes to the bucket. */
const INLINE_LIMIT = 4;

const JSON_TYPE = { 'content-type': 'application/json' };
const PROCESSORS: Readonly<Partial<Record<Carrier, string>>> = { header: 'header-ocr', short: 'short-ocr' };

export const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Opens it all; `close` ends it. */
export const openLifeWorld = async (): Promise<LifeWorld> => {
  const [sender, s3] = await Promise.all([openSenderWorld(), openS3()]);
  const bucket = await openFaultProxy(s3.endpoint);
  const functions: Functions = {
    sender,
    s3,
    bucket,
    opener: sender.opener(),
    tasks: sender.tasks(),
    receiver: await sender.receiver({
      endpoint: sender.dynamodb.endpoint,
      inlineLimit: INLINE_LIMIT,
      payloads: createS3PayloadStore(s3.bucket, {
        ...LOCAL_CLIENT,
        ...patiently(CLIENT_CONFIGURATION),
        endpoint: bucket.endpoint,
      }),
    }),
  };
  return {
    sender,
    s3,
    begin: async (carrier) => {
      const life = new Life(functions, carrier);
      await life.open();
      return life;
    },
    object: async (key) => {
      const { Body } = await s3.client.send(new GetObjectCommand({ Bucket: s3.bucket, Key: key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    close: async () => {
      await bucket.close();
      await Promise.all([sender.close(), s3.close()]);
    },
  };
};

interface Functions {
  readonly sender: SenderWorld;
  readonly s3: TestS3;
  readonly bucket: FaultProxy;
  readonly opener: SenderFunction;
  readonly tasks: SenderFunction;
  readonly receiver: ReceiverFixture;
}

/** One task and everything that happens to it. */
export class Life {
  readonly happenings: Happening[] = [];
  /** Callbacks that were issued, the newest first. */
  readonly issued: Opened['callbacks'][] = [];
  /** SHA-256 of deliveries that were to be discarded, whether or not an answer came. */
  readonly discarded: string[] = [];
  taskId = '';
  private now = NOW;
  private readonly presigned: { readonly body: string; readonly url: string; readonly headers: object }[] = [];

  private readonly on: Functions;
  private readonly carrier: Carrier;

  constructor(on: Functions, carrier: Carrier) {
    this.on = on;
    this.carrier = carrier;
  }

  private at(now: number): void {
    this.now = now;
    this.on.receiver.at(now);
    this.on.opener.at(now * 1000);
    this.on.tasks.at(now * 1000);
  }

  async open(): Promise<void> {
    this.at(NOW);
    const body = aTaskBody({
      processor: PROCESSORS[this.carrier],
      carrier: this.carrier,
      expiresIn: 120,
      heartbeat: 60,
      callbacks: ['result', 'failure', 'progress', 'upload'],
    });
    const answer = await this.on.opener.send({ path: '/v1/tasks', headers: JSON_TYPE, body: JSON.stringify(body) });
    const opened = answer.json as Opened;
    this.taskId = opened.taskId;
    this.issued.unshift(opened.callbacks);
  }

  async live({ answersLost, fault, pause, steps }: Moment): Promise<void> {
    const { bucket, sender } = this.on;
    const clear = () => {
      sender.clear();
      bucket.clear();
    };
    clear();
    if (fault !== null) {
      const proxy = fault.at === 's3' ? bucket : sender.dynamodb;
      proxy.inject(({ number }) => (fault.every || number === 1 ? fault.fault : undefined));
    }
    const happened = await Promise.all(
      steps.map(async (step) => ({ step, callback: this.callbackOf(step), answer: await this.happen(step) })),
    );
    for (const { answer, ...rest } of happened) if (answer && !answersLost) this.happenings.push({ ...rest, answer });
    clear();
    this.at(this.now + pause);
  }

  /** Returns the `jti` of a callback and its number of uses. */
  async termsOf(callback: Callback): Promise<{ readonly jti: string; readonly max_uses: number }> {
    if (callback.token !== undefined) {
      return JSON.parse(Buffer.from(callback.token.split('.')[1] ?? '', 'base64url').toString());
    }
    const { lookupsTable, client } = this.on.sender.store;
    const code = callback.url.split('/').at(-1) ?? '';
    const Key = { [LOOKUPS_TABLE.partitionKey]: { S: shortCodeLookupKey(code) } };
    const { Item } = await client.send(new GetItemCommand({ TableName: lookupsTable, Key }));
    return JSON.parse(Item?.claims?.S ?? '{}');
  }

  private callbackOf(step: Step): Callback | undefined {
    if (!('issue' in step)) return undefined;
    const callbacks = this.issued[step.issue] ?? this.issued[0];
    if (step.kind === 'deliver') return callbacks?.[step.as];
    return callbacks?.[step.kind === 'progress' ? 'progress' : 'upload'];
  }

  private async happen(step: Step): Promise<Delivered | undefined> {
    const path = `/v1/tasks/${this.taskId}`;
    const { opener, tasks } = this.on;
    switch (step.kind) {
      case 'deliver':
        return this.call(step, 'text/plain', step.body);
      case 'progress':
        return this.call(step, 'application/json', JSON.stringify({ percent: step.percent }));
      case 'offer': {
        const form = { contentType: 'text/plain', size: step.body.length, sha256: sha256(step.body) };
        const answer = await this.call(step, 'application/json', JSON.stringify(form));
        if (answer?.status === 200) this.presigned.push({ body: step.body, ...(answer.json as PresignedPut) });
        return answer;
      }
      case 'put':
        await this.put();
        return undefined;
      case 'arrive':
        await this.arrive();
        return undefined;
      case 'cancel':
        return tasks.send({ method: 'DELETE', path });
      case 'reissue': {
        const answer = await opener.send({ path: `${path}/callbacks` });
        if (answer.status === 201) this.issued.unshift((answer.json as Opened).callbacks);
        return answer;
      }
      case 'reopen': {
        const body = JSON.stringify({ reason: 'It was wrong.' });
        const answer = await opener.send({ path: `${path}/reopen`, headers: JSON_TYPE, body });
        if (answer.status === 201) this.issued.unshift((answer.json as Opened).callbacks);
        return answer;
      }
      case 'accept':
        return tasks.send({ method: 'POST', path: `${path}/quarantine/${(await this.oldestKept()).id}/accept` });
      case 'discard': {
        const { id, sha256: bytes } = await this.oldestKept();
        this.discarded.push(bytes);
        return tasks.send({ method: 'DELETE', path: `${path}/quarantine/${id}` });
      }
      case 'expire':
        await this.expire();
        return undefined;
    }
  }

  private async call(
    step: Extract<Step, { issue: number }>,
    contentType: string,
    body: string,
  ): Promise<Delivered | undefined> {
    const callback = this.callbackOf(step);
    if (callback === undefined) return undefined;
    const authorization = callback.token === undefined ? {} : { authorization: `Bearer ${callback.token}` };
    const headers = { ...authorization, 'content-type': contentType };
    return this.on.receiver.deliver({ path: new URL(callback.url).pathname, headers, body });
  }

  /** The oldest delivery in quarantine. */
  private async oldestKept(): Promise<Pick<QuarantinedView, 'id' | 'sha256'>> {
    const path = `/v1/tasks/${this.taskId}/quarantine`;
    const { json } = await this.on.tasks.send({ method: 'GET', path });
    return (json as { quarantine?: QuarantinedView[] }).quarantine?.[0] ?? { id: 'none', sha256: '' };
  }

  /** The processor puts what it offered last. S3 may be refusing; then it is not there. */
  private async put(): Promise<void> {
    const last = this.presigned.at(-1);
    if (last === undefined) return;
    const headers = new Headers(last.headers as Record<string, string>);
    headers.delete('content-length');
    await fetch(last.url, { method: 'PUT', headers, body: last.body }).catch(() => {});
  }

  /** Delivers the event of an arrived object, possibly again. EventBridge repeats a failed run; here a later step does. */
  private async arrive(): Promise<void> {
    const { bucket, s3, sender } = this.on;
    const record = createCompleteUpload({
      bucketName: s3.bucket,
      bucket: createS3UploadBucket(
        s3.connect({ ...patiently(CLIENT_CONFIGURATION), endpoint: bucket.endpoint }),
        s3.bucket,
      ),
      store: createDynamoDBUploadedTaskStore({
        client: sender.store.connect({ ...patiently(DYNAMODB_CONFIGURATION), endpoint: sender.dynamodb.endpoint }),
        tasksTable: sender.store.tasksTable,
        layout: 'current',
        wait,
        random: Math.random,
      }),
      logger: createLogger('test', 'arrive', () => {}),
      quarantineLimit: 2,
      now: () => this.now * 1000,
    });
    const mine = s3.events.filter((event) => JSON.stringify(event.detail).includes(`uploads/${this.taskId}/`));
    await Promise.all(mine.map((event) => record(event).catch(() => {})));
  }

  private async expire(): Promise<void> {
    const { sender } = this.on;
    const store = createDynamoDBDueTaskStore({
      client: sender.store.connect({ ...patiently(DYNAMODB_CONFIGURATION), endpoint: sender.dynamodb.endpoint }),
      tasksTable: sender.store.tasksTable,
      lookupsTable: sender.store.lookupsTable,
      layout: 'current',
      wait,
      random: Math.random,
    });
    const logger = createLogger('test', 'expire', () => {});
    // The schedule repeats a failed run; here a later step does.
    await createExpirer({ store, indexShards: INDEX_SHARDS.default, logger, now: () => this.now * 1000 })(
      () => 30_000,
    ).catch(() => {});
  }
}

interface PresignedPut {
  readonly url: string;
  readonly headers: object;
}

/** Returns the bytes of a task's result or failure. */
export const payloadOf = async (world: LifeWorld, task: TaskItem): Promise<Buffer | undefined> =>
  task.payloadKey === undefined ? task.payload && Buffer.from(task.payload) : world.object(task.payloadKey);
