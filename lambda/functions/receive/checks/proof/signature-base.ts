import { type InnerList, type Item, serializeInnerList, serializeItem } from 'structured-headers';
import type { HttpRequest } from '../../../../shared/http/message.ts';

/** A request and its target URI, which RFC 9421 signs and which the load balancer does not pass to functions. */
export interface SignedMessage {
  readonly request: Pick<HttpRequest, 'method' | 'header'>;
  /** The target URI, with its query. */
  readonly target: URL;
}

/**
 * Creates the signature base of a request (RFC 9421 §2.5).
 * @param covered the inner list of `Signature-Input`, as sent
 * @returns undefined if a component is listed twice, is missing, has parameters, or is not a component of requests
 */
export const signatureBase = (covered: InnerList, message: SignedMessage): string | undefined => {
  const [components] = covered;
  const lines: string[] = [];
  const seen = new Set<string>();
  for (const component of components) {
    const [name] = component;
    const value = typeof name === 'string' && isPlain(component) ? componentOf(name, message) : undefined;
    const identifier = serializeItem(component);
    if (value === undefined || seen.has(identifier)) return undefined;
    seen.add(identifier);
    lines.push(`${identifier}: ${value}`);
  }
  return [...lines, `"@signature-params": ${serializeInnerList(covered)}`].join('\n');
};

/** Names that a response may repeat: of a header or of a derived component. */
const NAMEABLE = /^@?[a-z][a-z0-9-]{0,63}$/;

/** For the caller: names the first component that has no place in a signature base. */
export const describeComponents = ([components]: InnerList, message: SignedMessage): string | undefined => {
  const seen = new Set<string>();
  for (const component of components) {
    const [name] = component;
    const subject = typeof name === 'string' && NAMEABLE.test(name) ? `The component "${name}"` : 'A component';
    if (!isPlain(component)) return `${subject} has parameters, which are not accepted.`;
    if (seen.has(String(name))) return `${subject} is signed twice.`;
    if (typeof name !== 'string' || componentOf(name, message) === undefined) {
      return `${subject} is signed, and did not come with the request.`;
    }
    seen.add(name);
  }
  return undefined;
};

/** Parameters select parts of a component. Callbacks do not need them, so they are refused. */
const isPlain = ([, parameters]: Item): boolean => parameters.size === 0;

const FIELD_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;

const componentOf = (name: string, { request, target }: SignedMessage): string | undefined => {
  switch (name) {
    case '@method':
      return request.method;
    case '@target-uri':
      return target.href;
    case '@authority':
      return target.host;
    case '@scheme':
      return target.protocol.slice(0, -1);
    case '@request-target':
      return `${target.pathname}${target.search}`;
    case '@path':
      return target.pathname;
    case '@query':
      return target.search === '' ? '?' : target.search;
    default: {
      if (!FIELD_NAME.test(name)) return undefined;
      const lines = request.header(name);
      // RFC 9421 §2.1: lines in their order, without spaces around them.
      return lines.length === 0 ? undefined : lines.map((line) => line.trim()).join(', ');
    }
  }
};
