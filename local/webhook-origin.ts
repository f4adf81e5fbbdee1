/** Origin at which the local processor `webhook-ocr` confirms its calls: `POSTERN_WEBHOOK_ORIGIN`. */
export const webhookOrigin = (environment: Readonly<Record<string, string | undefined>>): string =>
  environment.POSTERN_WEBHOOK_ORIGIN || 'http://127.0.0.1:5000';
