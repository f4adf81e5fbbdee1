import { escapeText } from './xml.ts';

/** An error in S3's own words; SDKs make their classes from its code. */
export class S3Error extends Error {
  readonly code: string;
  readonly status: number;
  /** More elements of the document, beside `Code` and `Message`. */
  readonly details: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
    this.details = details;
    this.headers = headers;
  }
}

/** Error for a feature of S3 that the stand-in lacks. It names the feature, so that no request silently loses it. */
export const notImplemented = (what: string): S3Error =>
  new S3Error(501, 'NotImplemented', `A request with ${what} implies functionality that the local S3 does not have.`);

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses */
export const renderError = (error: S3Error, resource: string, requestId: string): string => {
  const members = { Code: error.code, Message: error.message, ...error.details, Resource: resource };
  const elements = Object.entries({ ...members, RequestId: requestId, HostId: 'local' });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error>',
    ...elements.map(([name, value]) => `<${name}>${escapeText(value)}</${name}>`),
    '</Error>',
  ].join('');
};
