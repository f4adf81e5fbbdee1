/**
 * Markup of a page. Only `html` makes it, so a string from outside is never markup.
 * Source of the rules for attributes: OWASP, Cross Site Scripting Prevention Cheat Sheet.
 */
class Markup {
  readonly #isMarkup = true;
  /** For the browser. */
  readonly text: string;
  /** The same without the parts that differ each time, such as form tokens. An ETag is made from it. */
  readonly lasting: string;

  constructor(text: string, lasting: string) {
    this.text = text;
    this.lasting = lasting;
  }

  static is(value: unknown): value is Markup {
    return typeof value === 'object' && value !== null && #isMarkup in value;
  }
}

/** An attribute without a value, such as `disabled`, or no attribute. */
class BooleanAttribute {
  readonly #isAttribute = true;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  static is(value: unknown): value is BooleanAttribute {
    return typeof value === 'object' && value !== null && #isAttribute in value;
  }
}

/** A URL that may be a link or the target of a form. `url.ts` makes it. */
export class Url {
  readonly #isUrl = true;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  static is(value: unknown): value is Url {
    return typeof value === 'object' && value !== null && #isUrl in value;
  }
}

export type Html = Markup;

/** Text and numbers are escaped. `undefined` and `false` are nothing. */
export type HtmlValue = string | number | Html | readonly Html[] | Url | BooleanAttribute | undefined | false;

/** Place of a value in a template: between tags, in a tag, or in the value of an attribute. */
type Place = 'text' | 'tag' | { readonly attribute: string };

/** Attributes whose values are URLs. */
const URL_ATTRIBUTES: ReadonlySet<string> = new Set(['href', 'src', 'action', 'formaction', 'poster', 'data']);

/** Attributes whose values are code, a style or a whole document. Escaping does not make text safe in them. */
const CODE_ATTRIBUTES = /^(on.*|style|srcdoc)$/;

const placesByTemplate = new WeakMap<TemplateStringsArray, readonly Place[]>();

/**
 * Makes markup from a template. Between tags and in attributes it escapes text. An attribute that takes a URL accepts only a
 * `Url`, because `javascript:` is a URL too. A place in a tag accepts only a `BooleanAttribute`.
 * @throws {Error} if a value does not fit its place, or if the template has a value in an attribute without double quotes or
 *   in one whose value is code
 */
export const html = (strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html => {
  let places = placesByTemplate.get(strings);
  if (places === undefined) {
    places = findPlaces(strings);
    placesByTemplate.set(strings, places);
  }
  let text = strings[0] as string;
  let lasting = text;
  for (const [i, value] of values.entries()) {
    const next = strings[i + 1] as string;
    const place = places[i] as Place;
    if (place === 'text' && typeof value === 'object') {
      for (const part of Array.isArray(value) ? value : [value]) {
        if (!Markup.is(part))
          throw new Error('A value between tags is neither text nor markup. Use `html` for markup.');
        text += part.text;
        lasting += part.lasting;
      }
    } else {
      const written = writeValue(value, place);
      text += written;
      lasting += written;
    }
    text += next;
    lasting += next;
  }
  return new Markup(text, lasting);
};

/** Marks markup that differs at each request and shows no change, such as a form token. An ETag does not depend on it. */
export const passing = (markup: Html): Html => new Markup(markup.text, '');

/** Returns an attribute without a value if it is set. */
export const flag = (name: 'selected' | 'disabled' | 'autofocus' | 'required', isSet: boolean): BooleanAttribute =>
  new BooleanAttribute(isSet ? ` ${name}` : '');

/** Writes a value that is not markup. */
const writeValue = (value: HtmlValue, place: Place): string => {
  if (place === 'tag') {
    if (BooleanAttribute.is(value)) return value.text;
    throw new Error('A value in a tag is not an attribute. Use `flag`, or write the attribute with double quotes.');
  }
  if (place !== 'text' && URL_ATTRIBUTES.has(place.attribute)) {
    if (Url.is(value)) return escapeHtml(value.text);
    throw new Error(`The value of the attribute "${place.attribute}" is not a URL. Use the functions of \`url.ts\`.`);
  }
  if (value === undefined || value === false) return '';
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return `${value}`;
  throw new Error('The value of an attribute is not text.');
};

/** Finds the place of each value. A template is read once. */
const findPlaces = (strings: TemplateStringsArray): readonly Place[] => {
  const places: Place[] = [];
  let tag = '';
  let isQuoted = false;
  let isInTag = false;
  for (const [i, part] of strings.entries()) {
    for (const character of part) {
      if (isQuoted) {
        if (character === '"') isQuoted = false;
      } else if (isInTag) {
        if (character === '"') isQuoted = true;
        else if (character === '>') isInTag = false;
      } else if (character === '<') {
        isInTag = true;
        tag = '';
      }
      if (isInTag) tag += character;
    }
    if (i === strings.length - 1) break;
    if (isQuoted) {
      const attribute = attributeIn(tag);
      if (CODE_ATTRIBUTES.test(attribute)) throw new Error(`The value of the attribute "${attribute}" is code.`);
      places.push({ attribute });
    } else if (!isInTag) places.push('text');
    else if (tag.endsWith('=')) throw new Error(`The template has an attribute without double quotes: ${tag}`);
    else places.push('tag');
  }
  return places;
};

/** Returns the name of the attribute whose value is open at the end of a tag. */
const attributeIn = (tag: string): string => /([^\s"=<>]+)="[^"]*$/.exec(tag)?.[1]?.toLowerCase() ?? '';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string =>
  /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string) : text;
