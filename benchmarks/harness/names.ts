/** Of the gateway that is measured. */
export const ORIGIN = 'https://callbacks.example.com';
export const PROCESSOR = 'bench-ocr';
