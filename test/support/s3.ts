import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { ResolvedResource } from '../../local/resource.ts';
import type { BusEvent } from '../../local/stand-ins/s3-event.ts';
import { type StandIns, startStandIns } from '../../local/stand-ins/server.ts';
import { LOCAL_CLIENT } from './engine.ts';

export interface TestS3 {
  readonly standIns: StandIns;
  /** `http://127.0.0.1:PORT`; objects are below `/BUCKET/`. */
  readonly endpoint: string;
  /** Name of a bucket that notifies EventBridge. */
  readonly bucket: string;
  readonly client: S3Client;
  /** Makes another client, for another endpoint (of a fault proxy) or other retries. `close` closes it too. */
  connect(configuration?: S3ClientConfig): S3Client;
  /** "Object Created" events so far, as a rule's target sees them. */
  readonly events: readonly BusEvent[];
  /** The clock of signatures, in milliseconds since 1970; `undefined`: the real one. */
  setClock(now: number | undefined): void;
  close(): Promise<void>;
}

/** An S3 stand-in in a temporary folder, with one bucket. `close` ends it. */
export const openS3 = async (): Promise<TestS3> => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-'));
  const events: BusEvent[] = [];
  let clock: number | undefined;
  const standIns = await startStandIns({
    dataDirectory: folder,
    eventsFile: join(folder, 'events.jsonl'),
    onServiceEvent: (event) => events.push(event),
    now: () => clock ?? Date.now(),
  });
  const clients: S3Client[] = [];
  const connect = (configuration: S3ClientConfig = {}): S3Client => {
    const client = new S3Client({ ...LOCAL_CLIENT, endpoint: standIns.endpoint, ...configuration });
    clients.push(client);
    return client;
  };
  return {
    standIns,
    endpoint: standIns.endpoint,
    bucket: standIns.buckets.ensureBucket(aBucket()).name,
    client: connect(),
    connect,
    events,
    setClock: (now) => {
      clock = now;
    },
    close: async () => {
      for (const client of clients) client.destroy();
      await standIns.stop();
      rmSync(folder, { recursive: true });
    },
  };
};

/** The payload bucket as the state stack defines it. */
export const aBucket = (
  logicalId = 'Payloads',
  properties: Readonly<Record<string, unknown>> = {},
): ResolvedResource => ({
  logicalId,
  type: 'AWS::S3::Bucket',
  properties: {
    NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    VersioningConfiguration: { Status: 'Enabled' },
    ...properties,
  },
});
