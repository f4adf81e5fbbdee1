/** @returns the text of each file of the folder `app` by its path */
export declare const readAppFiles: () => Readonly<Record<string, string>>;
