import type { Capability } from '../contract/capabilities.ts';
import { CAPABILITIES, callbackPath } from '../contract/capabilities.ts';
import { MAX_PAYLOAD_BYTES } from '../contract/limits.ts';
import type { Processor, Registry } from '../contract/registry.ts';
import { jtiKey } from '../contract/tables.ts';
import { whenAvailable } from '../dependency/available.ts';
import type { Request } from '../http/message.ts';
import { jsonAnswer } from '../http/message.ts';
import type { Refusal } from '../http/problem.ts';
import { isRefusal, refuse } from '../http/problem.ts';
import type { Match } from '../http/router.ts';
import type { Journal } from '../observe/journal.ts';
import { describeError } from '../observe/journal.ts';
import type { TokenVerifier, VerifiedToken } from '../token/verify.ts';
import { type FoundToken, findToken } from './carrier.ts';
import { deliveryDigest, sha256 } from './digest.ts';
import { type CallbackRefusal, type CallbackReply, refusalOf } from './ending.ts';
import { type MediaType, readMediaType } from './media-type.ts';
import { explainRefusedUse } from './refused-use.ts';
import { type Schemas, schemaErrors } from './schema.ts';
import { isInRanges } from './source.ts';
import type { CallbackStore, Use } from './store.ts';

export interface ReceiverOptions {
  readonly registry: Registry;
  readonly verifier: TokenVerifier;
  readonly store: CallbackStore;
  /** Loads the compiled schemas; called at the first delivery that has to satisfy one. */
  readonly schemas: () => Schemas;
  readonly journal: Journal;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export type ReceiveCallback = (request: Request, match: Match) => Promise<CallbackReply | CallbackRefusal>;

/**
 * The pipeline of a callback: cheapest check first, the first that fails decides, nothing touches a table before every
 * check has passed.
 */
export const createReceiver = (options: ReceiverOptions): ReceiveCallback => {
  const { journal, now, registry, schemas, store, verifier } = options;
  const acceptedSomewhere = new Set(Object.values(registry).flatMap(({ contentTypes }) => contentTypes));

  /** Step 10: the use and the change of the task, together or not at all. */
  const consume = async (delivery: Delivery): Promise<CallbackReply | CallbackRefusal> => {
    const { capability, processor, request } = delivery;
    const use = describeUse(delivery);
    const consumption = await whenAvailable('store', store.consume(use));
    if (consumption.recorded) return reply(delivery, use.receivedAt, false);

    const refused = explainRefusedUse(use, processor, consumption.record, consumption.task);
    if (refused.kind === 'repeat') return reply(delivery, refused.record.usedAt, true);
    if (refused.kind === 'refused') return refusalOf(processor.id, refused.refusal);

    const replay = { jtiKey: use.jtiKey, taskId: use.taskId, from: request.sourceAddress, digest: use.digest };
    try {
      await store.recordReplay({ ...replay, at: use.receivedAt });
    } catch (error) {
      // The replay is refused and counted whether or not its evidence could be kept.
      const { requestId } = request;
      journal.error('replay evidence not kept', { requestId, taskId: use.taskId, error: describeError(error) });
    }
    return refusalOf(processor.id, refuse('token_replayed', `the ${capability} token was used before`));
  };

  /** A token past `exp`: all that can still be had is the answer to a repeat of its use. */
  const acknowledgeExpired = async (delivery: Delivery): Promise<CallbackReply | CallbackRefusal> => {
    const { processor } = delivery;
    const { digest, jtiKey: key } = describeUse(delivery);
    const record = await whenAvailable('store', store.findUse(key));
    if (record?.payloadSha256 === digest && processor.replayMode === 'acknowledge') {
      return reply(delivery, record.usedAt, true);
    }
    return refusalOf(processor.id, refuse('token_expired', record ? 'expired after its use' : 'expired, never used'));
  };

  return async (request, { params, route }) => {
    // Step 1: what can be refused without looking at the token.
    const { access } = route;
    const { taskId } = params;
    if (access.kind !== 'callback' || taskId === undefined) return refuse('not_found', 'not a callback route');
    const mediaType = checkEnvelope(request, acceptedSomewhere);
    if (isRefusal(mediaType)) return mediaType;

    // Steps 2 to 6: the token itself.
    const found = findToken(request, params.token);
    if (isRefusal(found)) return found;
    const { capability } = access;
    const milliseconds = now();
    const seconds = Math.floor(milliseconds / 1000);
    const path = callbackPath(capability, taskId);
    const token = await verifier.verify({ ...found, capability, taskId, path }, seconds);
    if (isRefusal(token)) return token;

    // Steps 7 to 9: who brings it, from where, and what.
    const { processor } = token;
    const refusal =
      checkProof(found, token) ??
      checkSource(request, processor) ??
      checkPayload(request, mediaType, capability, processor, schemas);
    if (refusal !== undefined) {
      const deciding = token.expired ? refuse('token_expired', `expired, and ${refusal.reason}`) : refusal;
      return refusalOf(processor.id, deciding);
    }
    const receivedAt = new Date(milliseconds).toISOString();
    const delivery = { request, capability, taskId, token, processor, mediaType, seconds, receivedAt };
    return token.expired ? acknowledgeExpired(delivery) : consume(delivery);
  };
};

/** A callback that has passed every check but the store's. */
interface Delivery {
  readonly request: Request;
  readonly capability: Capability;
  readonly taskId: string;
  readonly token: VerifiedToken;
  readonly processor: Processor;
  readonly mediaType: MediaType;
  readonly seconds: number;
  readonly receivedAt: string;
}

const describeUse = (delivery: Delivery): Use => {
  const { capability, mediaType, processor, receivedAt, request, seconds, taskId, token } = delivery;
  const { exp, iss, jti, max_uses: maxUses, path } = token.claims;
  const bytes = request.body();
  return {
    jtiKey: jtiKey(iss, jti),
    jti,
    taskId,
    processor: processor.id,
    capability,
    maxUses,
    digest: deliveryDigest(path, mediaType.normalized, request, processor.sameBy),
    exp,
    now: seconds,
    receivedAt,
    payload: { contentType: mediaType.sent, size: bytes.length, sha256: sha256(bytes), receivedAt },
    bytes,
  };
};

/** What the processor gets: for a repeat the first answer again. */
const reply = (delivery: Delivery, receivedAt: string, acknowledged: boolean): CallbackReply => {
  const { capability, processor, request, taskId } = delivery;
  const status = CAPABILITIES[capability].closesTaskAs;
  const headers = acknowledged ? { 'Idempotency-Replayed': 'true' } : {};
  return {
    answer: jsonAnswer(200, { taskId, status, receivedAt }, request.requestId, headers),
    fields: { processor: processor.id, outcome: acknowledged ? 'acknowledged' : 'recorded' },
    processor: processor.id,
    acknowledged,
  };
};

/** Step 1 without route and method, which the router has checked. */
const checkEnvelope = (request: Request, accepted: ReadonlySet<string>): MediaType | Refusal => {
  if (request.bodySize > MAX_PAYLOAD_BYTES) return refuse('payload_too_large', `${request.bodySize} bytes`);
  const mediaType = readMediaType(request.header('Content-Type'));
  if (mediaType === undefined || !accepted.has(mediaType.essence)) {
    return refuse('content_type_refused', 'no processor of the environment sends this content type');
  }
  const encodings = request.header('Content-Encoding');
  if (encodings.some((encoding) => !/^(identity)?$/i.test(encoding.trim()))) {
    return refuse('content_type_refused', 'a content encoding other than identity');
  }
  return mediaType;
};

/** Step 7, second factor: with proof `none` nothing may look as if there were one. */
const checkProof = (found: FoundToken, { claims }: VerifiedToken): Refusal | undefined => {
  if (found.inHeaderOfItsOwn && found.scheme === 'bearer') {
    return refuse('token_ambiguous', 'a bearer token beside Callback-Token');
  }
  if (found.scheme === 'dpop') return refuse('token_missing', 'scheme DPoP for a processor without DPoP');
  // A bound token is never a bearer token, whatever the registry says of its processor today.
  if (claims.cnf !== undefined) return refuse('proof_missing', 'the token is bound to a key');
  return undefined;
};

/** Step 7, source address. */
const checkSource = (request: Request, { sourceRanges }: Processor): Refusal | undefined =>
  sourceRanges === undefined || isInRanges(request.sourceAddress, sourceRanges)
    ? undefined
    : refuse('source_refused', 'the address is in none of the processor’s ranges');

/** Step 9. */
const checkPayload = (
  request: Request,
  mediaType: MediaType,
  capability: Capability,
  processor: Processor,
  schemas: () => Schemas,
): Refusal | undefined => {
  if (!processor.contentTypes.includes(mediaType.essence)) {
    return refuse('content_type_refused', 'not a content type of this processor');
  }
  if (capability !== 'result' || processor.schema === undefined) return undefined;
  const schema = schemas()[processor.id];
  if (schema === undefined) return refuse('unavailable', 'the schema of this processor is not in the bundle');
  const errors = schemaErrors(request.body(), schema);
  return errors.length === 0 ? undefined : refuse('payload_invalid', `${errors.length} errors`, { errors });
};
