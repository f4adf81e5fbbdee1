/**
 * Callback tokens, which begin with the JSON of a header; short codes, which have exactly 22 characters of base64url, also in
 * a URL inside another URL; and the signature of a URL for an upload or a payload. Other long words, such as a UUID, stay
 * readable.
 */
const CREDENTIAL =
  /eyJ[\w.-]+|(?:(?<![\w-])|(?<=%2[Ff]))[\w-]{22}(?![\w-])|(?<=X-Amz-(?:Signature|Security-Token)=)[^&\s]+/g;

/**
 * Masks everything in a text of a person that may be a callback token, a short code or the signature of a URL. People paste
 * URLs into reasons, and a reason is kept in logs and in the audit. A task id looks like a short code, so it is masked too.
 * @param known ids that stay: the caller has named them in the request already
 */
export const maskCredentials = (text: string, known: readonly string[] = []): string =>
  text.replace(CREDENTIAL, (found) => (known.includes(found) ? found : '…'));
