import { signal } from '@preact/signals';

export interface ToastAction {
  readonly label: string;
  /** While this is false the message is not shown, since there is nothing left to do. */
  isPossible(): boolean;
  run(): void;
}

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly kind: 'info' | 'error';
  readonly action: ToastAction | undefined;
}

const shownMs = { info: 6000, error: 10_000 };
const maxShown = 3;

/** Short messages that leave by themselves. */
export class Toasts {
  readonly shown = signal<readonly Toast[]>([]);
  #nextId = 1;

  show(text: string, action?: ToastAction, kind: Toast['kind'] = 'info'): void {
    const id = this.#nextId++;
    this.shown.value = [...this.shown.value, { id, text, kind, action }].slice(-maxShown);
    setTimeout(() => this.dismiss(id), shownMs[kind]);
  }

  dismiss(id: number): void {
    this.shown.value = this.shown.value.filter((toast) => toast.id !== id);
  }
}
