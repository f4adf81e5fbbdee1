/**
 * What may be a secret in a text: a token (its base64url begins with `eyJ`), the last segment of a callback URL by path, a
 * short code (all that follows `/c/` in a URL, or 22 characters of base64url after a bare `/c/`), a signing secret, and the signature
 * of a presigned URL.
 */
const SECRET =
  /eyJ[\w.-]+|(?<=\/v1\/(?:results|failures|progress|uploads)\/[\w-]+\/)[^\s"'<>]+|(?<=https?:\/\/[^\s/"'<>]+\/c\/)[^\s"'<>]+|(?<=\/c\/)[\w-]{22}(?![\w-])|whsec_[\w+/=-]+|(?<=X-Amz-(?:Signature|Security-Token|Credential)=)[^&\s"']+/g;

/** Masks everything in a text for people that may be a secret. Task ids stay readable. */
export const redact = (text: string): string => text.replaceAll(SECRET, '…');
