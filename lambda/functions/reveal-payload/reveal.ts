import { applicationOf } from '../../contract/applications.ts';
import type { RevealedPayload } from '../../contract/operator-api.ts';
import { PREVIEW_BYTES } from '../../contract/operator-limits.ts';
import { objectKey } from '../../contract/tables.ts';
import { inSeconds, isKept } from '../../contract/task.ts';
import type { Fields } from '../../shared/log/logger.ts';
import type { Acting } from '../../shared/operator/answer-action.ts';
import { auditEntryOf } from '../../shared/operator/answer-action.ts';
import type { AskOperatorPolicy } from '../../shared/operator/ask-operator-policy.ts';
import type { AuditLog } from '../../shared/operator/audit-log.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import { isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { hasBytes } from '../../shared/tables/quarantined.ts';
import { toHeaderValue } from '../../shared/tables/stored-object.ts';
import { previewKindOf, previewOf } from './preview.ts';
import type { PayloadPlace, RevealableTask, RevealBucket, RevealStore, StoredPayloadInfo } from './reveal-store.ts';

export interface RevealOptions {
  readonly store: RevealStore;
  readonly bucket: RevealBucket;
  readonly audit: Pick<AuditLog, 'append'>;
  /** `null`: the environment has no policies. */
  readonly askPolicy: AskOperatorPolicy | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** 128 random bits or more, base64url. */
  readonly randomId: () => string;
}

/** A revealed payload with fields for the log. The fields have no part of the payload. */
export interface Revelation {
  readonly revealed: RevealedPayload;
  readonly logFields: Fields;
}

/**
 * Shows the beginning of a payload and a URL of all of it. The audit item is written before any byte is read.
 * @param of `result`, `failure`, or the id of a delivery in quarantine
 */
export type Reveal = (taskId: string, of: string, acting: Acting) => Promise<Revelation | Refusal>;

interface FoundPayload extends StoredPayloadInfo {
  readonly place: PayloadPlace;
}

export const createReveal = (options: RevealOptions): Reveal => {
  const { askPolicy, audit, bucket, now: clock, store } = options;

  /** Reads the first bytes, and makes sure that the bucket has all of them. */
  const open = async (taskId: string, payload: FoundPayload): Promise<{ start: Uint8Array; key: string }> => {
    const { contentType, payloadKey, place, sha256, size } = payload;
    if (payloadKey !== undefined) {
      // S3 refuses a range of an empty object.
      const start =
        size === 0 ? new Uint8Array() : await bucket.readStart(payloadKey, PREVIEW_BYTES[previewKindOf(contentType)]);
      return { start, key: payloadKey };
    }
    const bytes = await store.readBytes(taskId, place);
    if (bytes === undefined) throw new Error('The payload has moved since its task was read.');
    const key = objectKey('reveal', { taskId, jti: options.randomId(), digest: sha256 });
    await bucket.put(key, bytes, toHeaderValue(contentType));
    return { start: bytes, key };
  };

  return async (taskId, of, acting) => {
    const now = clock();
    const id = isClosing(of) ? undefined : of;
    const task = await orUnavailable('tasks table', store.find(taskId, id));
    if (!isKept(task, inSeconds(now))) return refuse('task_unknown', 'no such task');
    const policyFields = askPolicy === null ? {} : askPolicy(acting, task);
    if (isRefusal(policyFields)) return policyFields;
    const payload = find(task, of, now);
    if (isRefusal(payload)) return payload;

    const application = applicationOf(task);
    await orUnavailable('audit table', audit.append(auditEntryOf(acting, options, 'done', { application })));
    const { contentType, sha256, size } = payload;
    const { key, start } = await orUnavailable('payload', open(taskId, payload));
    const { expiresAt, url } = await orUnavailable('payload bucket', bucket.urlOf(key, toHeaderValue(contentType)));
    return {
      revealed: { contentType, size, sha256, preview: previewOf(contentType, start, size), url, expiresAt },
      // The audit names the task only.
      logFields: { ...policyFields, application, of },
    };
  };
};

const isClosing = (of: string): of is 'result' | 'failure' => of === 'result' || of === 'failure';

const find = (task: RevealableTask, of: string, now: number): FoundPayload | Refusal => {
  if (isClosing(of)) {
    const payload = task[of];
    const { payloadKey } = task;
    if (payload === undefined) return refuse('result_unavailable', `the task has no ${of}`);
    return { ...payload, ...(payloadKey !== undefined && { payloadKey }), place: { in: 'task' } };
  }
  const place = task.quarantined === undefined ? 'reopened' : 'quarantine';
  const entry = task.quarantined ?? task.reopened;
  if (entry === undefined || !hasBytes(entry, task, now)) {
    return refuse('quarantine_unknown', 'no such delivery in quarantine');
  }
  return { ...entry, place: { in: place, id: of } };
};
