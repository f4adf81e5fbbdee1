/** Kinds of dangers: an update that is refused, or that loses data. */
export type FindingCode =
  /** State would remove or change an export that the deployed gateway imports. */
  | 'export-in-use'
  /** A new resource needs a name that another one still has. */
  | 'name-taken'
  /** A resource that keeps data would be removed or replaced. */
  | 'data-lost'
  /** A property changes that its service cannot change. */
  | 'never-changed'
  /** A load balancer would move to another network, or lose a zone that it must keep. */
  | 'load-balancer-moved'
  /** A table's indexes change in a way that DynamoDB refuses in one update. */
  | 'indexes-changed'
  /** A resource would be deleted that its service protects from deletion. */
  | 'deletion-protected'
  /** Keys would sign that the deployed receivers do not read. */
  | 'signing-keys-unread'
  /** The origin that callback tokens name would be another one. */
  | 'origin-changed'
  /** The resource of a logical id gets another type. */
  | 'type-changed';

/** One danger of an update. */
export interface Finding {
  readonly code: FindingCode;
  readonly stack: 'State' | 'Gateway';
  /** The logical id, or the name of the export. */
  readonly resource: string;
  /** Consequence, as a sentence without its full stop. */
  readonly problem: string;
  /** Safe alternative. */
  readonly remedy: string;
}

export const describeFinding = ({ code, problem, remedy, resource, stack }: Finding): string =>
  `${stack}/${resource}: ${problem}. ${remedy} (${code})`;
