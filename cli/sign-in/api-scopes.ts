import type { OperatorScope, SenderScope } from '../../lambda/contract/claims.ts';

/** The two APIs with access tokens, and the scopes that each needs. */
export const API_SCOPES = {
  sender: ['task_read', 'task_write'],
  operator: ['operator_read', 'operator_write'],
} as const satisfies { readonly sender: readonly SenderScope[]; readonly operator: readonly OperatorScope[] };
export type Api = keyof typeof API_SCOPES;
