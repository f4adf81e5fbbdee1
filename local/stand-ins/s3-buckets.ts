import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { link, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import * as v from 'valibot';
import type { ResolvedResource } from '../resource.ts';

export const BUCKET_TYPE = 'AWS::S3::Bucket';

const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

const BucketProperties = v.object({
  BucketName: v.optional(v.pipe(v.string(), v.regex(BUCKET_NAME, 'expected a bucket name'))),
  NotificationConfiguration: v.optional(
    v.strictObject({
      EventBridgeConfiguration: v.optional(v.object({ EventBridgeEnabled: v.optional(v.boolean(), true) })),
    }),
  ),
});

const StoredObject = v.object({
  key: v.string(),
  size: v.number(),
  contentType: v.string(),
  /** MD5 in hex, without quotes. */
  etag: v.string(),
  checksum: v.optional(v.object({ algorithm: v.string(), value: v.string() })),
  /** Milliseconds since 1970. */
  lastModified: v.number(),
  /** The file that holds its bytes. */
  bytes: v.string(),
});
export type StoredObject = v.InferOutput<typeof StoredObject>;

/** The buckets of one account and region: each a folder, and each object two files. */
export class Buckets {
  readonly #folder: string;
  readonly #buckets = new Map<string, Bucket>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * The bucket of an `AWS::S3::Bucket`, named by the template or else by its logical id.
   * @throws {Error} naming the bucket and the property that is wrong or not done here
   */
  ensureBucket({ logicalId, properties }: ResolvedResource): Bucket {
    const parsed = v.safeParse(BucketProperties, properties);
    if (!parsed.success) {
      const issue = parsed.issues[0];
      throw new Error(`Bucket ${logicalId}: ${v.getDotPath(issue) ?? 'properties'}: ${issue.message}`);
    }
    const name = parsed.output.BucketName ?? logicalId.toLowerCase();
    const events = parsed.output.NotificationConfiguration?.EventBridgeConfiguration?.EventBridgeEnabled ?? false;
    const bucket = new Bucket(name, join(this.#folder, name), events);
    this.#buckets.set(name, bucket);
    return bucket;
  }

  find(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }
}

/** An object is its description; it names the file of its bytes, which is never changed. So an object is whole, or not there. */
export class Bucket {
  readonly name: string;
  /** Whether it tells EventBridge of what happens to its objects. */
  readonly notifiesEventBridge: boolean;
  readonly #objects: string;
  readonly #bytes: string;
  readonly #drafts: string;

  constructor(name: string, folder: string, notifiesEventBridge: boolean) {
    this.name = name;
    this.notifiesEventBridge = notifiesEventBridge;
    this.#objects = join(folder, 'objects');
    this.#bytes = join(folder, 'bytes');
    this.#drafts = join(folder, 'drafts');
    // What a killed process had not finished.
    rmSync(this.#drafts, { recursive: true, force: true });
    for (const path of [this.#objects, this.#bytes, this.#drafts]) mkdirSync(path, { recursive: true, mode: 0o700 });
    const used = new Set(readdirSync(this.#objects).map((file) => readObject(join(this.#objects, file))?.bytes));
    for (const file of readdirSync(this.#bytes)) if (!used.has(file)) rmSync(join(this.#bytes, file));
  }

  /** Where the bytes of a new object are written before it is there. */
  draft(): Draft {
    const file = randomUUID();
    return { file, path: join(this.#drafts, file) };
  }

  find(key: string): StoredObject | undefined {
    return readObject(this.#fileOf(key));
  }

  /** @throws {Error} (in the stream) if another object took its place meanwhile */
  read(object: StoredObject, range?: { readonly start: number; readonly end: number }): Readable {
    return createReadStream(join(this.#bytes, object.bytes), range);
  }

  /**
   * Makes a draft the object of a key, in one step.
   * @param ifNoneMatch only where there is none yet
   * @returns `false`: there is one
   */
  async commit(draft: Draft, object: Omit<StoredObject, 'bytes'>, ifNoneMatch: boolean): Promise<boolean> {
    const file = this.#fileOf(object.key);
    const description = `${draft.path}.json`;
    const before = readObject(file)?.bytes;
    await writeFile(description, JSON.stringify({ ...object, bytes: draft.file }), { mode: 0o600 });
    await rename(draft.path, join(this.#bytes, draft.file));
    try {
      // A link, unlike a renaming, never takes the place of what is there.
      if (ifNoneMatch) await link(description, file);
      else await rename(description, file);
    } catch (error) {
      await rm(join(this.#bytes, draft.file));
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(description, { force: true });
    }
    if (before !== undefined) await rm(join(this.#bytes, before), { force: true });
    return true;
  }

  async discard(draft: Draft): Promise<void> {
    await rm(draft.path, { force: true });
  }

  #fileOf(key: string): string {
    return join(this.#objects, `${createHash('sha256').update(key).digest('hex')}.json`);
  }
}

export interface Draft {
  readonly file: string;
  readonly path: string;
}

const readObject = (file: string): StoredObject | undefined =>
  existsSync(file) ? v.parse(StoredObject, JSON.parse(readFileSync(file, 'utf8'))) : undefined;
