import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import type { Proof } from '@postern/processor';
import { makeProof } from '../callback/make-proof.ts';
import type { ProofMaterial } from '../callback/proof.ts';
import type { LocalGateway } from '../sign-in/local-gateway.ts';
import type { TargetKind } from './attack.ts';

/** A processor that is attacked. */
export interface Target {
  readonly processor: string;
  /** A content type that it sends. */
  readonly contentType: string;
  /** Absent: the token alone. */
  readonly proofs?: { readonly processor: Proof; readonly attacker: Proof };
}

export type Targets = ReadonlyMap<TargetKind, Target>;

const JSON_TYPE = 'application/json';

/** Processors of the gateway on this machine, with the keys that its ready file has. */
export const localTargets = ({ clients, idp, processors }: LocalGateway): Targets => {
  const { dpop, processor, signed, standard } = clients;
  const candidates: readonly (readonly [TargetKind, string, ProofMaterial?])[] = [
    ['plain', 'header-ocr'],
    ['header_only', 'header-ocr'],
    ['strict', 'strict-ocr'],
    ['schema', 'schema-ocr'],
    ['dpop', 'dpop-ocr', { kind: 'dpop', ...dpop }],
    ['http-signature', 'signed-ocr', { kind: 'http-signature', ...signed, keyId: signed.privateJwk.kid ?? '' }],
    ['standard-webhooks', 'standard-ocr', { kind: 'standard-webhooks', ...standard }],
    ['private-key-jwt', 'idp-ocr', { kind: 'private-key-jwt', ...processor, ...idp }],
  ];
  return new Map(
    candidates
      .filter(([, id]) => processors.includes(id))
      .map(([kind, id, material]) => [kind, targetOf(id, JSON_TYPE, material)]),
  );
};

/** The processor that the operator names: its own proof alone can be attacked. */
export const namedTargets = (processor: string, contentType: string, material: ProofMaterial | undefined): Targets => {
  const target = targetOf(processor, contentType, material);
  const kind = material?.kind;
  return new Map<TargetKind, Target>([
    ['plain', target],
    ...(kind === undefined || kind === 'mtls' ? [] : [[kind, target] as const]),
  ]);
};

const targetOf = (processor: string, contentType: string, material: ProofMaterial | undefined): Target => ({
  processor,
  contentType,
  ...(material !== undefined && {
    proofs: { processor: makeProof(material), attacker: makeProof(withAttackerKey(material)) },
  }),
});

/** The same proof with a key that an attacker made. */
const withAttackerKey = (material: ProofMaterial): ProofMaterial => {
  const privateJwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  return material.kind === 'standard-webhooks'
    ? { ...material, secret: `whsec_${randomBytes(32).toString('base64')}` }
    : ({ ...material, privateJwk: { ...privateJwk, kid: randomUUID() } } as ProofMaterial);
};
