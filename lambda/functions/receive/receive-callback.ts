import { CAPABILITIES, callbackPath, isClosing } from '../../contract/capabilities.ts';
import { JTI_RETENTION_AFTER_EXP_SECONDS, UPLOAD_URL_SECONDS } from '../../contract/limits.ts';
import type { Processor, Registry } from '../../contract/registry.ts';
import { isEncrypted, type TokenDecrypter } from '../../shared/callback-token/token-decrypter.ts';
import type { TokenVerifier, VerifiedToken } from '../../shared/callback-token/verify.ts';
import type { HttpRequest } from '../../shared/http/message.ts';
import { jsonResponse } from '../../shared/http/message.ts';
import type { Match } from '../../shared/http/router.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { orUnavailable } from '../../shared/or-unavailable.ts';
import { asAddress, type Policy, type PolicyDecision, policyFields } from '../../shared/policy/policy.ts';
import { describeError, isRefusal, type Refusal, refuse } from '../../shared/refusal.ts';
import { type FoundToken, findToken } from './checks/find-token.ts';
import type { Schemas } from './checks/json-schema.ts';
import type { MediaType } from './checks/media-type.ts';
import { checkPayload, readBrought, readOffer, readProgress } from './checks/payload.ts';
import { createProofCheck, type Proofs } from './checks/proof/check-proof.ts';
import type { Shown } from './checks/proof/proof.ts';
import { createEnvelopeCheck } from './checks/request-headers.ts';
import { resolveCode } from './checks/resolve-short-code.ts';
import { isInRanges } from './checks/source-address.ts';
import { type Delivery, useOf } from './delivery.ts';
import { type CallbackRefusal, type CallbackReply, refusalOf } from './outcome.ts';
import type { CallbackStore, TaskChange, Use } from './store/callback-store.ts';
import { sha256 } from './store/delivery-digest.ts';
import { explainRefusedUse, USED_FOR_ANOTHER } from './store/explain-condition-failure.ts';
import type { PayloadStore } from './store/payload-store.ts';
import { createKeepLate, storePayload } from './store/quarantine-late-delivery.ts';

export interface ReceiverOptions {
  readonly registry: Registry;
  readonly verifier: TokenVerifier;
  /** For tokens that are encrypted; called at the first. `null`: the environment has none. */
  readonly decrypter: (() => TokenDecrypter) | null;
  readonly store: CallbackStore;
  readonly proofs: Proofs;
  /** The policies of the environment; called at the first callback that meets them. `null`: it has none. */
  readonly policy: (() => Policy) | null;
  /** The payload bucket; called at the first payload that goes there. */
  readonly payloads: () => PayloadStore;
  /** Loads the compiled schemas; called at the first delivery that has to satisfy one. */
  readonly schemas: () => Schemas;
  readonly logger: Logger;
  /** Largest payload kept on the task, in bytes. */
  readonly inlineLimit: number;
  /** Late deliveries kept for one task; 0 keeps none. */
  readonly quarantineLimit: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export type ReceiveCallback = (request: HttpRequest, match: Match) => Promise<CallbackReply | CallbackRefusal>;

/** A callback on its way, its token verified. */
interface Admitted {
  readonly found: FoundToken;
  readonly token: VerifiedToken;
  readonly delivery: Delivery;
}

/**
 * The pipeline of a callback: cheapest check first, the first that fails decides, no table is touched before every check
 * has passed (but for the look-up of a short code).
 */
export const createReceiver = (options: ReceiverOptions): ReceiveCallback => {
  const { inlineLimit, logger, now, payloads, registry, schemas, store, verifier } = options;
  const checkEnvelope = createEnvelopeCheck(registry);
  const checkProof = createProofCheck(options.proofs);
  const keepLate = createKeepLate(options);

  /** Step 2, for a token that is encrypted: the signed one inside. */
  const decrypt = async (token: string): Promise<string | Refusal> =>
    options.decrypter === null || !isEncrypted(token) ? token : options.decrypter().decrypt(token);

  /** Steps 1 to 6: what it is, and whether its token is genuine. */
  const admit = async (request: HttpRequest, { params, route }: Match): Promise<Admitted | Refusal> => {
    const { access } = route;
    const capability = access.kind === 'callback' ? access.capability : undefined;
    const mediaType = checkEnvelope(request, capability);
    if (isRefusal(mediaType)) return mediaType;
    const found = findToken(request, params);
    if (isRefusal(found)) return found;
    const milliseconds = now();
    const seconds = Math.floor(milliseconds / 1000);
    const deliver = (token: VerifiedToken, to: Pick<Delivery, 'capability' | 'taskId'>, type: MediaType): Admitted => {
      const receivedAt = new Date(milliseconds).toISOString();
      const { claims, processor } = token;
      return {
        found,
        token,
        delivery: { request, ...to, claims, processor, mediaType: type, now: seconds, receivedAt, signatures: [] },
      };
    };

    if (capability !== undefined) {
      const { taskId = '' } = params;
      const presented = { carrier: found.carrier, capability, taskId, path: callbackPath(capability, taskId) };
      const signed = await decrypt(found.token);
      if (typeof signed !== 'string') return signed;
      const token = await verifier.verify(signed, presented, seconds);
      return isRefusal(token) ? token : deliver(token, presented, mediaType);
    }
    const code = await resolveCode(found.token, store);
    if (isRefusal(code)) return code;
    // Now that the capability is known, so is what it may be sent as.
    const typeOfCapability = checkEnvelope(request, code.presented.capability);
    if (isRefusal(typeOfCapability)) return typeOfCapability;
    const token = verifier.verifyClaims(code.claims, code.presented, seconds);
    return isRefusal(token) ? token : deliver(token, code.presented, typeOfCapability);
  };

  /** Step 8: what the policies of the environment say, where it has some. */
  const askPolicy = (delivery: Delivery, { carrier }: FoundToken): PolicyDecision | undefined => {
    const { capability, claims, processor, request, taskId } = delivery;
    return options.policy?.().decide({
      principal: { type: 'Processor', id: processor.id, attributes: { proof: processor.proof.kind } },
      action: capability,
      task: {
        id: taskId,
        attributes: { processor: processor.id, ...(claims.owner !== undefined && { owner: claims.owner }) },
      },
      context: {
        ...asAddress(request.sourceAddress),
        carrier,
        proof: processor.proof.kind,
        ...readBrought(delivery),
        age: Math.max(0, delivery.now - claims.iat),
      },
    });
  };

  /** Step 9: whether the payload is what its capability and processor take, and what it then changes. */
  const read = (delivery: Delivery): (() => Promise<TaskChange>) | Refusal => {
    const { capability, mediaType, receivedAt, request } = delivery;
    if (isClosing(capability)) {
      const refusal = checkPayload(delivery, schemas);
      if (refusal !== undefined) return refusal;
      return async () => {
        const stored = await storePayload('result', delivery, payloads, inlineLimit);
        const bytes = request.body();
        const payload = { contentType: mediaType.sent, size: bytes.length, sha256: sha256(bytes), receivedAt };
        return { kind: 'close', capability, payload, stored };
      };
    }
    if (capability === 'progress') {
      const report = readProgress(request.body());
      return isRefusal(report) ? report : async () => ({ kind: 'progress', progress: { ...report, at: receivedAt } });
    }
    const offer = readOffer(delivery);
    return isRefusal(offer) ? offer : async () => ({ kind: 'offer', offer });
  };

  /** What the processor gets: for a repeat the first answer again, for an upload a fresh URL of the same object. */
  const reply = async (delivery: Delivery, receivedAt: string, acknowledged: boolean): Promise<CallbackReply> => {
    const { capability, processor, request, taskId } = delivery;
    const headers = acknowledged ? { 'Idempotency-Replayed': 'true' } : {};
    const body =
      capability === 'upload'
        ? await presign(delivery)
        : { taskId, status: CAPABILITIES[capability].closesTaskAs ?? 'pending', receivedAt };
    return {
      response: jsonResponse(200, body, request.requestId, headers),
      fields: { taskId, processor: processor.id, outcome: acknowledged ? 'acknowledged' : 'recorded' },
      processor: processor.id,
      acknowledged,
    };
  };

  const presign = async (delivery: Delivery) => {
    const offer = readOffer(delivery);
    if (isRefusal(offer)) throw new TypeError('An upload that was offered can be offered again.');
    const until = Math.min(delivery.now + UPLOAD_URL_SECONDS, delivery.claims.exp);
    const presigned = await orUnavailable(
      'payloads',
      payloads().presignUpload(offer, Math.max(1, until - delivery.now)),
    );
    return { method: 'PUT', ...presigned, expiresAt: new Date(until * 1000).toISOString() };
  };

  /** Step 10: the use and the change of the task, together or not at all. */
  const consume = async (delivery: Delivery, change: TaskChange): Promise<CallbackReply | CallbackRefusal> => {
    const { processor } = delivery;
    const use = useOf(delivery);
    const consumption = await orUnavailable('store', store.consume(use, change));
    if (consumption.recorded) return reply(delivery, use.receivedAt, false);

    const refused = explainRefusedUse(use, processor, consumption);
    const foreign = refuse('proof_invalid', USED_FOR_ANOTHER);
    if (refused.kind === 'repeat') {
      const known = new Set(consumption.signatures.map(({ key }) => key));
      const signatures = use.signatures.filter(({ key }) => !known.has(key));
      return acknowledge(delivery, { ...use, signatures }, refused.receivedAt, foreign);
    }
    if (refused.kind === 'refused') {
      return refused.refusal.keep ? keepLate(delivery, refused.refusal, foreign) : refused.refusal;
    }
    await keepEvidence(delivery, use);
    return refuse('token_replayed', `the ${delivery.capability} token was used before`);
  };

  /** The answer to a repeat. Signatures that came with it and with nothing before count for nothing else from now on. */
  const acknowledge = async (
    delivery: Delivery,
    use: Use,
    receivedAt: string,
    foreign: CallbackRefusal,
  ): Promise<CallbackReply | CallbackRefusal> =>
    (await orUnavailable('store', store.bindSignatures(use, receivedAt))) ? reply(delivery, receivedAt, true) : foreign;

  /** The replay is refused and counted whether or not its evidence can be kept. */
  const keepEvidence = async ({ request }: Delivery, { digest, jtiKey, receivedAt, taskId }: Use): Promise<void> => {
    try {
      await store.recordReplay({ jtiKey, taskId, digest, from: request.sourceAddress, at: receivedAt });
    } catch (error) {
      const { requestId } = request;
      logger.error('replay evidence not kept', { requestId, taskId, error: describeError(error) });
    }
  };

  /** A token past `exp`: all that can still be had is the answer to a repeat of its use. */
  const acknowledgeExpired = async (delivery: Delivery): Promise<CallbackReply | CallbackRefusal> => {
    const { capability, processor } = delivery;
    const use = useOf(delivery);
    const { digest, jtiKey, maxUses } = use;
    const record = await orUnavailable('store', store.findUse(jtiKey));
    const foreign = refuse('token_expired', `expired, and ${USED_FOR_ANOTHER}`);
    if (record === undefined) {
      // By now the record of a use may have been deleted: without it nobody knows whether the token is new.
      const isKnown = delivery.now < delivery.claims.exp + JTI_RETENTION_AFTER_EXP_SECONDS;
      const refusal = refuse('token_expired', isKnown ? 'expired, never used' : 'expired, and its use is forgotten');
      return isKnown ? keepLate(delivery, { ...refusal, late: true }, foreign) : refusal;
    }
    const repeats = record.payloadSha256 === digest && (maxUses > 1 || processor.replayMode === 'acknowledge');
    // A fresh upload URL would outlive its token, so an upload is not answered again.
    return repeats && capability !== 'upload'
      ? acknowledge(delivery, use, record.usedAt, foreign)
      : refuse('token_expired', 'expired after its use');
  };

  return async (request, match) => {
    const admitted = await admit(request, match);
    if (isRefusal(admitted)) return admitted;
    const { found, token } = admitted;

    // Steps 7 to 9: who brings it, from where, and what.
    const shown = await checkProof({ ...admitted.delivery, found });
    const delivery = isRefusal(shown) ? admitted.delivery : { ...admitted.delivery, signatures: shown.signatures };
    const asked = isRefusal(shown) ? undefined : askPolicy(delivery, found);
    const change = isRefusal(shown)
      ? shown
      : (checkSource(request, delivery.processor) ?? denied(asked) ?? read(delivery));
    const ending = isRefusal(change)
      ? token.expired
        ? refuse('token_expired', `expired, and ${change.reason}`)
        : change
      : token.expired
        ? await acknowledgeExpired(delivery)
        : await consume(delivery, await change());
    const said = asked === undefined ? {} : policyFields(asked);
    return isRefusal(ending)
      ? refusalOf(delivery, { ...ending, fields: { ...ending.fields, ...said } })
      : withHeaders({ ...ending, fields: { ...ending.fields, ...said } }, shown);
  };
};

/** What the proof adds to the answer. A refused proof has no reply to add to. */
const withHeaders = (reply: CallbackReply, shown: Shown | Refusal): CallbackReply => {
  if (isRefusal(shown)) return reply;
  const { response } = reply;
  return { ...reply, response: { ...response, headers: { ...response.headers, ...shown.headers } } };
};

/** Step 8. */
const denied = (decision: PolicyDecision | undefined): Refusal | undefined =>
  decision === undefined || decision.allowed
    ? undefined
    : refuse('policy_denied', 'no policy allows it, or one forbids it');

/** Step 7, source address. */
const checkSource = (request: HttpRequest, { sourceRanges }: Processor): Refusal | undefined =>
  sourceRanges === undefined || isInRanges(request.sourceAddress, sourceRanges)
    ? undefined
    : refuse('source_refused', 'the address is in none of the processor’s ranges');
