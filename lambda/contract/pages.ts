/** Files of the style sheets and the script in the packages of functions that show pages. */
export const PAGE_STYLE_FILE = 'page.css';
export const CONSOLE_STYLE_FILE = 'console.css';
export const CONSOLE_SCRIPT_FILE = 'console.js';
