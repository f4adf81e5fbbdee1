import { CAPABILITY_NAMES, type Capability } from '../../contract/capabilities.ts';
import { type DispatchSettings, type JsonValue, PLACEHOLDERS, type Placeholder } from '../../contract/dispatch.ts';

/** Parts of an entry that have placeholders. */
export type Template = Pick<DispatchSettings, 'url' | 'headers' | 'query' | 'body'>;

/** A part of a text: fixed, or a placeholder by its name, which may be unknown. */
export type TextPart = { readonly text: string } | { readonly placeholder: string };

/** Every placeholder that a template may name. */
export const KNOWN_PLACEHOLDERS: readonly Placeholder[] = [
  ...PLACEHOLDERS,
  ...CAPABILITY_NAMES.flatMap((name): Placeholder[] => [`callbacks.${name}.url`, `callbacks.${name}.token`]),
];

export const isPlaceholder = (name: string): name is Placeholder =>
  (KNOWN_PLACEHOLDERS as readonly string[]).includes(name);

/** Returns the capability of a placeholder such as `callbacks.result.url`; undefined for another one. */
export const capabilityOfPlaceholder = (name: string): Capability | undefined =>
  CAPABILITY_NAMES.find((capability) => name.startsWith(`callbacks.${capability}.`));

export const OPENING = '{{';
const CLOSING = '}}';

/** Splits a text at its placeholders. Braces without an end stay in the fixed text, where the check of the template finds them. */
export const splitText = (template: string): readonly TextPart[] => {
  const parts: TextPart[] = [];
  let rest = template;
  while (rest !== '') {
    const start = rest.indexOf(OPENING);
    const end = rest.indexOf(CLOSING, start + OPENING.length);
    if (start === -1 || end === -1) return [...parts, { text: rest }];
    if (start > 0) parts.push({ text: rest.slice(0, start) });
    parts.push({ placeholder: rest.slice(start + OPENING.length, end) });
    rest = rest.slice(end + CLOSING.length);
  }
  return parts;
};

/** Returns the name of the placeholder that is the whole text; undefined if the text is anything else. */
export const wholePlaceholder = (template: string): string | undefined => {
  const [part, ...others] = splitText(template);
  return part !== undefined && 'placeholder' in part && others.length === 0 ? part.placeholder : undefined;
};

/** Returns every placeholder that a template names, once each. */
export const namedPlaceholders = ({ body, headers, query, url }: Template): readonly Placeholder[] => {
  const texts = [
    url,
    ...Object.values(headers).filter((value) => typeof value === 'string'),
    ...Object.values(query),
    ...textsOf(body),
  ];
  const names = texts.flatMap(splitText).flatMap((part) => ('placeholder' in part ? [part.placeholder] : []));
  return KNOWN_PLACEHOLDERS.filter((name) => names.includes(name));
};

/** True if a task needs an `input` for this template. */
export const namesInput = (template: Template): boolean => namedPlaceholders(template).includes('input');

/** Returns the capabilities whose callbacks a template names. A task has exactly these callbacks. */
export const namedCapabilities = (template: Template): readonly Capability[] => {
  const names = namedPlaceholders(template);
  return CAPABILITY_NAMES.filter((capability) => names.some((name) => capabilityOfPlaceholder(name) === capability));
};

const textsOf = (value: JsonValue): readonly string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
};
