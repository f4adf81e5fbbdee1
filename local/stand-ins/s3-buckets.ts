import { createHash, randomUUID } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
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
  VersioningConfiguration: v.optional(v.strictObject({ Status: v.picklist(['Enabled', 'Suspended']) })),
});

const StoredObject = v.object({
  key: v.string(),
  size: v.number(),
  contentType: v.string(),
  /** MD5 in hex, without quotes. */
  etag: v.string(),
  checksum: v.optional(v.object({ algorithm: v.string(), value: v.string() })),
  /** Headers that were stored with it and that its reader gets back, by their names in lower case. */
  metadata: v.optional(v.record(v.string(), v.string()), {}),
  /** Only where the bucket keeps versions. They grow with time. */
  versionId: v.optional(v.string()),
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
    const { NotificationConfiguration, VersioningConfiguration } = parsed.output;
    const bucket = new Bucket(name, join(this.#folder, name), {
      notifiesEventBridge: NotificationConfiguration?.EventBridgeConfiguration?.EventBridgeEnabled ?? false,
      keepsVersions: VersioningConfiguration?.Status === 'Enabled',
    });
    this.#buckets.set(name, bucket);
    return bucket;
  }

  find(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }
}

/** Properties of a bucket in the template. */
interface BucketOptions {
  /** True if the bucket sends events to EventBridge. */
  readonly notifiesEventBridge: boolean;
  /** True if a replaced object stays as an older version. */
  readonly keepsVersions: boolean;
}

/** Outcome of a draft: it became the object of its key, or another object exists or was deleted meanwhile. */
export type Commit =
  | { readonly outcome: 'stored'; readonly object: StoredObject }
  | { readonly outcome: 'exists' }
  | { readonly outcome: 'conflict' };

/**
 * An object is its description; it names the file of its bytes, which is never changed. So an object is whole, or not
 * there. Descriptions are exchanged in one go: nothing of this process comes between.
 */
export class Bucket {
  readonly name: string;
  readonly notifiesEventBridge: boolean;
  readonly #keepsVersions: boolean;
  readonly #objects: string;
  readonly #versions: string;
  readonly #bytes: string;
  readonly #drafts: string;
  /** Number of deleted versions of each key since the process started. */
  readonly #deletions = new Map<string, number>();
  #lastVersion = 0;

  constructor(name: string, folder: string, { keepsVersions, notifiesEventBridge }: BucketOptions) {
    this.name = name;
    this.notifiesEventBridge = notifiesEventBridge;
    this.#keepsVersions = keepsVersions;
    this.#objects = join(folder, 'objects');
    this.#versions = join(folder, 'versions');
    this.#bytes = join(folder, 'bytes');
    this.#drafts = join(folder, 'drafts');
    // Drafts of a process that was killed.
    rmSync(this.#drafts, { recursive: true, force: true });
    for (const path of [this.#objects, this.#versions, this.#bytes, this.#drafts]) {
      mkdirSync(path, { recursive: true, mode: 0o700 });
    }
    const current = readObjects(this.#objects);
    const currentBytes = new Set(current.map(({ bytes }) => bytes));
    for (const older of readObjects(this.#versions)) {
      if (currentBytes.has(older.bytes)) rmSync(this.#olderFile(older));
    }
    const used = new Set([...current, ...readObjects(this.#versions)].map(({ bytes }) => bytes));
    for (const file of readdirSync(this.#bytes)) if (!used.has(file)) rmSync(join(this.#bytes, file));
  }

  /** Starts a draft: the file with the bytes of an object that does not exist yet. */
  draft(key: string): Draft {
    const file = randomUUID();
    return { file, path: join(this.#drafts, file), deletionsBefore: this.#deletions.get(key) ?? 0 };
  }

  /** An object, or the version of it that is asked for. */
  find(key: string, versionId?: string): StoredObject | undefined {
    const current = readObject(this.#fileOf(key));
    return versionId === undefined || current?.versionId === versionId
      ? current
      : this.versions(key).find((version) => version.versionId === versionId);
  }

  /** Every version of an object, the current one first. */
  versions(key: string): readonly StoredObject[] {
    const current = readObject(this.#fileOf(key));
    const older = readObjects(this.#versions).filter((version) => version.key === key);
    older.sort((a, b) => ((a.versionId ?? '') < (b.versionId ?? '') ? 1 : -1));
    return current === undefined ? older : [current, ...older];
  }

  /** @throws {Error} (in the stream) if another object took its place meanwhile */
  read(object: StoredObject, range?: { readonly start: number; readonly end: number }): Readable {
    return createReadStream(join(this.#bytes, object.bytes), range);
  }

  /**
   * Makes a draft the object of a key, in one step.
   * @param ifNoneMatch fail if the key has an object
   */
  commit(draft: Draft, described: Omit<StoredObject, 'bytes' | 'versionId'>, ifNoneMatch: boolean): Commit {
    const file = this.#fileOf(described.key);
    const before = readObject(file);
    if (ifNoneMatch && before !== undefined) return { outcome: 'exists' };
    if (ifNoneMatch && (this.#deletions.get(described.key) ?? 0) !== draft.deletionsBefore) {
      return { outcome: 'conflict' };
    }
    const object: StoredObject = {
      ...described,
      ...(this.#keepsVersions && { versionId: this.#newVersion() }),
      bytes: draft.file,
    };
    const description = `${draft.path}.json`;
    writeFileSync(description, JSON.stringify(object), { mode: 0o600 });
    renameSync(draft.path, join(this.#bytes, draft.file));
    if (before?.versionId !== undefined) linkSync(file, this.#olderFile(before));
    renameSync(description, file);
    if (before !== undefined && before.versionId === undefined)
      rmSync(join(this.#bytes, before.bytes), { force: true });
    return { outcome: 'stored', object };
  }

  /** Deletes one version for good. The one before it, if there is one, is the object again. */
  deleteVersion(key: string, versionId: string): void {
    const version = this.find(key, versionId);
    if (version === undefined) return;
    this.#deletions.set(key, (this.#deletions.get(key) ?? 0) + 1);
    const [current, before] = this.versions(key);
    if (current?.versionId !== versionId) rmSync(this.#olderFile(version));
    else if (before !== undefined) renameSync(this.#olderFile(before), this.#fileOf(key));
    else rmSync(this.#fileOf(key));
    rmSync(join(this.#bytes, version.bytes), { force: true });
  }

  async discard(draft: Draft): Promise<void> {
    await rm(draft.path, { force: true });
  }

  #fileOf(key: string): string {
    return join(this.#objects, `${createHash('sha256').update(key).digest('hex')}.json`);
  }

  #olderFile({ versionId }: StoredObject): string {
    return join(this.#versions, `${versionId}.json`);
  }

  /** Later ones sort behind earlier ones, also of an earlier process. */
  #newVersion(): string {
    this.#lastVersion = Math.max(this.#lastVersion + 1, Date.now() * 1_000);
    return `${this.#lastVersion.toString(36).padStart(12, '0')}.${randomUUID().slice(0, 8)}`;
  }
}

export interface Draft {
  readonly file: string;
  readonly path: string;
  /** Number of deleted versions of the key when the upload began. */
  readonly deletionsBefore: number;
}

const readObject = (file: string): StoredObject | undefined =>
  existsSync(file) ? v.parse(StoredObject, JSON.parse(readFileSync(file, 'utf8'))) : undefined;

const readObjects = (folder: string): StoredObject[] =>
  readdirSync(folder).flatMap((file) => readObject(join(folder, file)) ?? []);
