import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** Vite puts a hash of the content into these names. */
const hashedName = /^\/assets\/.+-[\w-]{8,}\.\w+$/;

export interface StaticFile {
  readonly body: Buffer<ArrayBuffer>;
  readonly contentType: string;
  readonly etag: string;
  readonly cacheControl: string;
}

/** Every file of the built page by its path. What is not in it cannot be asked for, whatever the path says. */
export type StaticFiles = ReadonlyMap<string, StaticFile>;

/** Reads the built page; empty when `directory` is absent or was never built. */
export async function loadStatic(directory: string | undefined): Promise<StaticFiles> {
  const files = new Map<string, StaticFile>();
  if (directory === undefined) return files;
  for (const path of await filesIn(directory)) {
    const url = `/${relative(directory, path).split(sep).join('/')}`;
    files.set(url, await loadFile(path, url));
  }
  const index = files.get('/index.html');
  if (index !== undefined) files.set('/', index);
  return files;
}

async function filesIn(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function loadFile(path: string, url: string): Promise<StaticFile> {
  const body = await readFile(path);
  return {
    body,
    contentType: contentTypes[extname(path)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    cacheControl: hashedName.test(url) ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
}
