import { MAX_CONTENT_TYPE_CHARS } from '../../../contract/limits.ts';

/** What a delivery without a `Content-Type` counts as (RFC 9110 §8.3). */
const DEFAULT_MEDIA_TYPE = 'application/octet-stream';

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const MEDIA_TYPE = new RegExp(`^(${TOKEN}/${TOKEN})[ \\t]*(?:;.*)?$`, 's');

/** It is given back in a header, and S3 keeps nothing else. */
const PRINTABLE = /^[\t\x20-\x7e]*$/;

export interface MediaType {
  /** As sent: what the result is given back with. */
  readonly sent: string;
  /** `type/subtype` in lower case: what is compared with the accepted ones. */
  readonly essence: string;
  /** With its parameters, in lower case and without blanks: what counts as the same for a repeat. */
  readonly normalized: string;
}

/**
 * The media type of a request.
 * @param lines every `Content-Type` line
 * @returns undefined where there are several, or one that is not a media type, or one that cannot be kept
 */
export const readMediaType = (lines: readonly string[]): MediaType | undefined => {
  if (lines.length > 1) return undefined;
  const sent = lines[0]?.trim() || DEFAULT_MEDIA_TYPE;
  if (sent.length > MAX_CONTENT_TYPE_CHARS || !PRINTABLE.test(sent)) return undefined;
  const essence = MEDIA_TYPE.exec(sent)?.[1]?.toLowerCase();
  return essence === undefined ? undefined : { sent, essence, normalized: sent.toLowerCase().replace(/\s/g, '') };
};
