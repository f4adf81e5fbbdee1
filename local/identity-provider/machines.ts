import { PROCESSOR_ROLE, SENDER_ROLE } from '../../lambda/contract/claims.ts';
import type { LocalDescription } from '../../lib/config/local-settings.ts';

/** A client that gets tokens with its private key, and the roles in its tokens. */
export interface Machine {
  readonly clientId: string;
  readonly roles: readonly string[];
  /** Scopes that it usually needs, separated by spaces. */
  readonly scope: string;
}

const SENDER_SCOPES = 'task_read task_write';
const OPERATOR_SCOPES = 'operator_read operator_write';
const PROCESSOR_SCOPES = 'result_write failure_write progress_write upload_write';

const sender = (clientId: string): Machine => ({ clientId, roles: [SENDER_ROLE], scope: SENDER_SCOPES });
const processor = (clientId: string): Machine => ({ clientId, roles: [PROCESSOR_ROLE], scope: PROCESSOR_SCOPES });

/** Clients of every environment. */
const COMMON_MACHINES = {
  /** A sender that belongs to no application, unless the environment has no applications. */
  stranger: sender('local-stranger'),
  /** Operators that are machines: with every role, one that acts without seeing payloads, one that only looks. */
  operator: { clientId: 'local-operator', roles: ['operator', 'operator_payload'], scope: OPERATOR_SCOPES },
  acting: { clientId: 'local-acting', roles: ['operator'], scope: OPERATOR_SCOPES },
  viewer: { clientId: 'local-viewer', roles: ['operator_read'], scope: 'operator_read' },
} as const satisfies Readonly<Record<string, Machine>>;

/** Clients of the environment `local`, by their names in the ready file. */
export const MACHINE_CLIENTS = {
  /** Of the application `invoices`. */
  sender: sender('local-sender'),
  /** Of the applications `orders` and `small`. */
  orders: sender('local-orders'),
  small: sender('local-small'),
  ...COMMON_MACHINES,
  processor: processor('idp-ocr'),
} as const satisfies Readonly<Record<string, Machine>>;
export type MachineClient = keyof typeof MACHINE_CLIENTS;

/** Clients of an environment, by their names in the ready file. */
export interface Machines extends Readonly<Record<string, Machine>> {
  readonly sender: Machine;
  readonly stranger: Machine;
  readonly operator: Machine;
  readonly acting: Machine;
  readonly viewer: Machine;
  readonly processor: Machine;
}

/**
 * Clients of an environment: those of its applications and processors under their client ids, and the names that every
 * environment has. `sender` is the first client of an application, `processor` the first client of a processor.
 */
export const machinesOf = ({ clients }: Pick<LocalDescription, 'clients'>): Machines => {
  const own = clients.map(({ clientId, role }) => (role === 'sender' ? sender(clientId) : processor(clientId)));
  const firstWith = (role: string): Machine | undefined => own.find(({ roles }) => roles.includes(role));
  return {
    ...Object.fromEntries(own.map((machine) => [machine.clientId, machine])),
    ...COMMON_MACHINES,
    sender: firstWith(SENDER_ROLE) ?? COMMON_MACHINES.stranger,
    processor: firstWith(PROCESSOR_ROLE) ?? processor('local-processor'),
  };
};
