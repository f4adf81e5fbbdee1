/**
 * Callback tokens, which begin with the JSON of a header, and short codes, which have exactly 22 characters of base64url.
 * Other long words, such as a UUID, stay readable.
 */
const CREDENTIAL = /eyJ[\w.-]+|(?<![\w-])[\w-]{22}(?![\w-])/g;

/**
 * Masks everything in a text of a person that may be a callback token or a short code. People paste callback URLs into reasons,
 * and a reason is kept in logs and in the audit. A task id looks like a short code, so it is masked too.
 * @param known ids that stay: the caller has named them in the request already
 */
export const maskCredentials = (text: string, known: readonly string[] = []): string =>
  text.replace(CREDENTIAL, (found) => (known.includes(found) ? found : '…'));
