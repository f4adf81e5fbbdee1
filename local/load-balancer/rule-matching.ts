import type { Action, Condition, Listener } from './listener.ts';
import type { ReceivedRequest } from './request.ts';

/** The actions of the first rule whose conditions all hold, or else the listener's default actions. */
export const actionsFor = (listener: Listener, request: ReceivedRequest): readonly Action[] =>
  listener.rules.find(({ conditions }) => conditions.every((condition) => holds(condition, request)))?.actions ??
  listener.defaultActions;

const holds = ({ field, values }: Condition, request: ReceivedRequest): boolean => {
  switch (field) {
    case 'path-pattern':
      return values.some((pattern) => matchesPattern(pattern, request.path));
    case 'host-header':
      // A pattern of one machine may name a port; the port is no part of the comparison.
      return values.some((pattern) => matchesPattern(pattern.toLowerCase().replace(/:\d*$/, ''), request.host));
    case 'http-request-method':
      return values.includes(request.method);
  }
};

/** `*` stands for any characters, a slash among them, `?` for exactly one; all else for itself, in its own case. */
export const matchesPattern = (pattern: string, value: string): boolean => {
  let p = 0;
  let star = -1;
  let retry = 0;
  for (let i = 0; i < value.length; ) {
    if (pattern[p] === '*') {
      star = p;
      retry = i;
      p += 1;
    } else if (pattern[p] === '?' || pattern[p] === value[i]) {
      p += 1;
      i += 1;
    } else if (star >= 0) {
      p = star + 1;
      retry += 1;
      i = retry;
    } else {
      return false;
    }
  }
  return [...pattern.slice(p)].every((rest) => rest === '*');
};
