import { type FSWatcher, readFileSync, realpathSync, watch } from 'node:fs';
import { dirname, resolve } from 'node:path';

export interface WatchFileOptions {
  /** The text is another one now, and has been so for a moment. */
  readonly onChange: () => void;
  /** The file is empty now, which editors and copying programs leave behind for a moment: it is waited for more. */
  readonly onEmpty: () => void;
  readonly onError: (error: unknown) => void;
  /** How long there must be peace in the folder. Default 200. */
  readonly quietMs?: number;
}

/** In a folder in which something happens all the time, it is looked at this often all the same. */
const longestWaitMs = 2_000;

/**
 * Watches the text of a file. Its folder is watched, because editors put another file in its place, and so do those who
 * exchange a link. Returns what ends it.
 */
export function watchFile(path: string, options: WatchFileOptions): () => void {
  const { onChange, onEmpty, onError, quietMs = 200 } = options;
  const comparison = compareWith(read(path));
  let timer: NodeJS.Timeout | undefined;
  let firstAt = 0;
  const look = () => {
    timer = undefined;
    const text = read(path);
    const found = text === undefined ? 'same' : comparison(text);
    if (found === 'empty') onEmpty();
    else if (found === 'changed') onChange();
  };
  const stir = () => {
    const now = performance.now();
    if (timer === undefined) firstAt = now;
    clearTimeout(timer);
    timer = setTimeout(look, Math.max(0, Math.min(quietMs, firstAt + longestWaitMs - now)));
  };
  const watchers = foldersOf(path).map((folder) => watchFolder(folder, stir, onError));
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher?.close();
  };
}

/**
 * Tells what a text is beside the one before it. That a file is empty is told once: the log, in which that is said, may
 * lie in the folder that is watched.
 */
export function compareWith(first: string | undefined): (text: string) => 'same' | 'empty' | 'changed' {
  let known = first;
  let emptied = false;
  return (text) => {
    const before = emptied;
    emptied = text.trim() === '';
    if (emptied) return before ? 'same' : 'empty';
    if (text === known) return 'same';
    known = text;
    return 'changed';
  };
}

function watchFolder(folder: string, stir: () => void, onError: (error: unknown) => void): FSWatcher | undefined {
  try {
    return watch(folder, { persistent: false }, stir).on('error', onError);
  } catch (error) {
    onError(error);
    return undefined;
  }
}

/** Where the name stands, and where what it leads to does. */
function foldersOf(path: string): string[] {
  const named = resolve(path);
  try {
    return [...new Set([dirname(named), dirname(realpathSync(named))])];
  } catch {
    return [dirname(named)];
  }
}

/** `undefined` while there is none: one that went is one that comes back, or nothing to go by. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
