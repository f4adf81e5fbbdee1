import { type Capability, isClosing } from '../../../contract/capabilities.ts';
import type { OutcomeCode } from '../../../contract/outcomes.ts';
import type { Route } from '../../../contract/routes.ts';

/** Refusals of every callback, with any carrier. */
const CALLBACK: readonly OutcomeCode[] = [
  'payload_too_large',
  'content_type_refused',
  'token_ambiguous',
  'token_issuer_invalid',
  'token_audience_invalid',
  'token_subject_invalid',
  'token_role_missing',
  'token_scope_insufficient',
  'token_path_mismatch',
  'token_resource_mismatch',
  'token_expired',
  'token_not_yet_valid',
  'token_issued_in_future',
  'token_lifetime_exceeded',
  'proof_missing',
  'proof_invalid',
  'source_refused',
  'policy_denied',
  'token_revoked',
  'task_closed',
  'task_gone',
  'not_found',
  'unavailable',
];

/** Refusals of a callback that has the token itself, not a short code. */
const SIGNED: readonly OutcomeCode[] = [
  'token_malformed',
  'token_header_refused',
  'token_key_unknown',
  'token_signature_invalid',
];

/** A single-use token can be replayed, a token of several uses can be used up. A failure may have any form. */
const ofCapability = (capability: Capability): readonly OutcomeCode[] => [
  isClosing(capability) ? 'token_replayed' : 'token_exhausted',
  ...(capability === 'failure' ? [] : (['payload_invalid'] as const)),
];

/** Refusals of a route by its access. Other refusals are listed with the operation. */
export const refusalsOfAccess = ({ access, path }: Pick<Route, 'access' | 'path'>): readonly OutcomeCode[] => {
  switch (access.kind) {
    case 'public':
      return [];
    case 'sender':
      return [
        'access_token_missing',
        'access_token_invalid',
        'access_token_insufficient',
        'application_unknown',
        'policy_denied',
        'request_invalid',
        ...(path.includes('{') ? (['not_found'] as const) : []),
        'unavailable',
      ];
    case 'operator-api':
      return [
        'access_token_missing',
        'access_token_invalid',
        'access_token_insufficient',
        'operator_role_missing',
        'request_invalid',
        ...(path.includes('{') ? (['not_found'] as const) : []),
        'unavailable',
      ];
    case 'callback': {
      const common = [...CALLBACK, ...SIGNED, ...ofCapability(access.capability)];
      return path.endsWith('{token}') ? common : [...common, 'token_missing'];
    }
    case 'code':
      return [...CALLBACK, 'token_unknown', 'token_replayed', 'token_exhausted', 'payload_invalid'];
    case 'handshake':
      return [];
    case 'operator':
      return ['access_token_missing', 'access_token_invalid', 'operator_role_missing', 'unavailable'];
  }
};
