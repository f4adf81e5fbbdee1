import type { Capability } from '../../contract/capabilities.ts';
import type { DispatchMethod, DispatchSettings, JsonValue, SecretHeader } from '../../contract/dispatch.ts';
import { HEADER_VALUE_PATTERN } from '../../contract/dispatch-headers.ts';
import { MAX_DISPATCH_HEADER_CHARS, MAX_DISPATCH_URL_BYTES } from '../../contract/dispatch-limits.ts';
import type { Callback } from '../../contract/sender-api.ts';
import {
  capabilityOfPlaceholder,
  isPlaceholder,
  OPENING,
  splitText,
  type Template,
  wholePlaceholder,
} from './placeholders.ts';
import { encodeUrlPart, isPlainSegment, joinUrl, splitUrl } from './url-template.ts';

/** Values that placeholders stand for. */
export interface RequestValues {
  readonly taskId: string;
  readonly application: string;
  readonly processor: string;
  readonly resource?: string;
  readonly owner?: string;
  /** Any JSON value, also `null`. Absent if the sender gave none. */
  readonly input?: JsonValue;
  /** RFC 3339, as the task shows it. */
  readonly expiresAt: string;
  readonly callbacks: Readonly<Partial<Record<Capability, Pick<Callback, 'url' | 'token'>>>>;
  /** Number of the issue of callbacks, from 1. */
  readonly issue: number;
}

/** A request to a processor, without signature, access token and values of secrets. */
export interface UnsignedRequest {
  readonly method: DispatchMethod;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | SecretHeader>>;
  /** JSON text. */
  readonly body: string;
}

/** Properties of a request to open a task that a template can find unsuitable. */
export type BlamedField = 'resource' | 'owner' | 'input' | 'callbacks' | 'carrier';

/** A template that does not fit the values of a task. It never quotes a value. */
export interface TemplateFault {
  readonly kind: 'template_fault';
  /** Name of the placeholder; empty if the template itself is wrong. */
  readonly placeholder: string;
  /** Property to correct. Absent if the sender cannot correct it: then the settings of the processor are wrong. */
  readonly field?: BlamedField;
  /** Place in the entry of the processor: names of members and indices. */
  readonly path: readonly string[];
  /** Says what is wrong, without a subject: `is missing, …`. */
  readonly detail: string;
}

export const isTemplateFault = (value: unknown): value is TemplateFault =>
  (value as { readonly kind?: unknown } | null | undefined)?.kind === 'template_fault';

/**
 * Returns the value of `Idempotency-Key` and `webhook-id`. It is the same for every attempt of one issue of callbacks.
 * @param issue number of the issue, from 1
 */
export const messageIdOf = (taskId: string, issue: number): string => (issue === 1 ? taskId : `${taskId}-${issue}`);

/**
 * Builds the request to a processor from its template. Values are inserted into the structure of the template and encoded for
 * their place, so that no value can change the structure. Placeholders inside values stay text.
 */
export const buildRequest = (
  settings: Template & Pick<DispatchSettings, 'method'>,
  values: RequestValues,
): UnsignedRequest | TemplateFault => {
  try {
    return {
      method: settings.method,
      url: buildUrl(settings, values),
      headers: {
        ...buildHeaders(settings.headers, values),
        'Content-Type': 'application/json',
        'Accept-Encoding': 'identity',
        'Idempotency-Key': messageIdOf(values.taskId, values.issue),
      },
      body: buildBody(settings.body, values),
    };
  } catch (error) {
    if (error instanceof Misfit) return error.fault;
    throw error;
  }
};

/** Carries a fault out of nested values. */
class Misfit extends Error {
  readonly fault: TemplateFault;
  constructor(placeholder: string, path: readonly string[], detail: string) {
    super(detail);
    const field = fieldOf(placeholder);
    this.fault = { kind: 'template_fault', placeholder, ...(field !== undefined && { field }), path, detail };
  }
}

const fieldOf = (placeholder: string): BlamedField | undefined => {
  if (placeholder === 'resource' || placeholder === 'owner' || placeholder === 'input') return placeholder;
  if (capabilityOfPlaceholder(placeholder) === undefined) return undefined;
  return placeholder.endsWith('.token') ? 'carrier' : 'callbacks';
};

/** Returns the value of a placeholder. */
const lookUp = (placeholder: string, path: readonly string[], values: RequestValues): JsonValue => {
  const value = isPlaceholder(placeholder) ? findValue(placeholder, values) : undefined;
  if (value !== undefined) return value;
  throw new Misfit(placeholder, path, 'is missing, and the work for this processor needs it');
};

const findValue = (placeholder: string, values: RequestValues): JsonValue | undefined => {
  const capability = capabilityOfPlaceholder(placeholder);
  if (capability !== undefined) {
    return values.callbacks[capability]?.[placeholder.endsWith('.token') ? 'token' : 'url'];
  }
  return values[placeholder as 'taskId' | 'application' | 'processor' | 'resource' | 'owner' | 'input' | 'expiresAt'];
};

/** Returns the value of a placeholder as text. A list, an object and null have no text that a processor would expect. */
const textOf = (placeholder: string, path: readonly string[], values: RequestValues): string => {
  const value = lookUp(placeholder, path, values);
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return String(value);
  throw new Misfit(placeholder, path, 'must be a text, a number or a boolean, because it becomes a part of a text');
};

const fillText = (template: string, path: readonly string[], values: RequestValues): string =>
  splitText(template)
    .map((part) => ('text' in part ? part.text : textOf(part.placeholder, path, values)))
    .join('');

/**
 * Returns the placeholder to blame for texts: the first one whose value alone does not fit. Otherwise it is the longest value
 * among those that the sender chose.
 */
const blame = (
  templates: readonly string[],
  path: readonly string[],
  values: RequestValues,
  fits: (text: string) => boolean,
): string => {
  const texts = templates
    .flatMap(splitText)
    .flatMap((part) =>
      'text' in part ? [] : [{ name: part.placeholder, text: textOf(part.placeholder, path, values) }],
    );
  const chosen = texts.filter(({ name }) => fieldOf(name) !== undefined);
  const [longest = texts[0]] = chosen.toSorted((a, b) => b.text.length - a.text.length);
  return (texts.find(({ text }) => !fits(text)) ?? longest)?.name ?? '';
};

const buildUrl = ({ query, url }: Pick<Template, 'query' | 'url'>, values: RequestValues): string => {
  const at = ['url'];
  const template = splitUrl(url);
  if (template === undefined) throw new Misfit('', at, 'is not a URL');
  const fill = (part: string, path: readonly string[]): string => {
    const text = fillText(part, path, values);
    if (!text.isWellFormed()) {
      const blamed = blame([part], path, values, (each) => each.isWellFormed());
      throw new Misfit(blamed, path, 'must have no half of a surrogate pair, because it becomes a part of a URL');
    }
    return encodeUrlPart(text);
  };
  /** Fixed parts are encoded already. */
  const fillPart = (part: string): string => (part.includes(OPENING) ? fill(part, at) : part);
  const segments = template.segments.map((segment) => {
    const placeholder = wholePlaceholder(segment);
    if (placeholder !== undefined && !isPlainSegment(textOf(placeholder, at, values))) {
      throw new Misfit(
        placeholder,
        at,
        'must not be empty, or have . or .. as a part, because it becomes a part of a path',
      );
    }
    return fillPart(segment);
  });
  const added = Object.entries(query).map(([name, value]) => ({
    name: `${encodeUrlPart(name)}=`,
    value: fill(value, ['query', name]),
  }));
  const built = joinUrl({
    origin: template.origin,
    segments,
    query: [...template.query.map(({ name, value }) => ({ name, value: fillPart(value) })), ...added],
  });
  const longest = blame([url, ...Object.values(query)], at, values, () => true);
  if (Buffer.byteLength(built) > MAX_DISPATCH_URL_BYTES) {
    throw new Misfit(longest, at, `makes a URL of more than ${MAX_DISPATCH_URL_BYTES} bytes`);
  }
  // The rules above ensure this. A URL that leaves its template must not be called in any case.
  const parsed = new URL(built);
  if (parsed.origin !== new URL(template.origin).origin || parsed.pathname.split('/').length !== segments.length + 1) {
    throw new Misfit(longest, at, 'changes the origin or the path of the URL');
  }
  return parsed.href;
};

const buildHeaders = (
  headers: Template['headers'],
  values: RequestValues,
): Readonly<Record<string, string | SecretHeader>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, template]) => {
      if (typeof template !== 'string') return [name, template];
      const path = ['headers', name];
      const value = fillText(template, path, values);
      if (value.length > MAX_DISPATCH_HEADER_CHARS || !HEADER_VALUE_PATTERN.test(value)) {
        const form = `1 to ${MAX_DISPATCH_HEADER_CHARS} printable ASCII characters without blanks at both ends`;
        const blamed = blame([template], path, values, (each) => HEADER_VALUE_PATTERN.test(each));
        throw new Misfit(blamed, path, `must be ${form}, because it becomes a header`);
      }
      return [name, value];
    }),
  );

const buildBody = (template: JsonValue, values: RequestValues): string => {
  try {
    return JSON.stringify(fillValue(template, ['body'], values));
  } catch (error) {
    // Only the input can be nested that deeply: the template went through the same function at synth.
    if (error instanceof RangeError) throw new Misfit('input', ['body'], 'is nested too deeply');
    throw error;
  }
};

const fillValue = (template: JsonValue, path: readonly string[], values: RequestValues): JsonValue => {
  if (typeof template === 'string') {
    const placeholder = wholePlaceholder(template);
    return placeholder === undefined ? fillText(template, path, values) : lookUp(placeholder, path, values);
  }
  if (typeof template !== 'object' || template === null) return template;
  if (Array.isArray(template)) return template.map((member, index) => fillValue(member, [...path, `${index}`], values));
  // A member `__proto__` stays a member.
  return Object.fromEntries(
    Object.entries(template).map(([name, member]) => [name, fillValue(member, [...path, name], values)]),
  );
};
