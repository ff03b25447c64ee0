import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// The same way up from here and from the bundle in dist/bin.
const root = new URL('../../', import.meta.url);

export const version: string = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).version;

/** Folder of the built page. */
export const dashboardDir = fileURLToPath(new URL('dist/dashboard', root));
